"""Takes the pictures of `scripts/screenshots`: follows the links of each person's pages, one address
of each kind, and says what is wrong with a page beside the name of its picture.
"""

import argparse
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

PEOPLE = [
    "by_township", "by_city", "by_agency", "by_import", "by_county", "by_leader", "by_helper",
    "by_informant", "by_system", "by_security", "by_audit", "ra_township",
]  # fmt: skip
WIDTHS = {1366: 768, 390: 844}
LEFT_OUT = re.compile(r"/(logout|export|template|marked|api|static|reveal)(/|$)")
ONCE_MORE = ("/", "/dashboard/")  # differ from person to person
SPILL = "document.documentElement.scrollWidth - window.innerWidth"


def kind(address: str) -> str:
    """Addresses that differ in numbers and conditions show one page; the dashboard one for each level."""
    parts = urlsplit(address)
    path = re.sub(r"/\d[\d-]*/", "/N/", re.sub(r"/[A-Z]{3}-\d\d/", "/CODE/", parts.path))
    area = re.search(r"area=\d+?(0*)(&|$)", parts.query)
    if path == "/dashboard/" and area:
        path += f"{12 - len(area[1]) // 2 * 2}-digits"
    return path


def sign_in(browser: Browser, root: str, username: str) -> Page:
    """A signed-in page; the sign-in page of the demonstration fills in the password itself."""
    page = browser.new_context(locale="zh-CN").new_page()
    page.goto(f"{root}/accounts/login/")
    page.click(f'[data-fill-username="{username}"]')
    page.click(".ql-login-card button[type=submit]")
    if "/login" in page.url:
        sys.exit(f"{username} cannot sign in")
    return page


def addresses(page: Page, root: str) -> Iterator[str]:
    for link in page.eval_on_selector_all("a[href]", "links => links.map(a => a.href)"):
        if link.startswith(root) and not LEFT_OUT.search(link):
            yield link.split("#")[0]


def picture(page: Page, folder: Path, name: str) -> list[str]:
    """Both widths of the page that is open; what is wrong with it."""
    wrong = []
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(150)
        if (spill := page.evaluate(SPILL)) > 0:
            wrong.append(f"{width}: {spill} px wider than the window")
        page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1366, "height": 768})
    return wrong


def walk(browser: Browser, root: str, username: str, folder: Path, seen: set[str]) -> None:
    """Every page this person can reach whose kind nobody has shown yet."""
    page = sign_in(browser, root, username)
    said: list[str] = []
    page.on(
        "console", lambda message: said.append(message.text) if message.type == "error" else None
    )
    page.on("pageerror", lambda error: said.append(str(error)))
    mine = set()
    waiting = [f"{root}/", f"{root}/dashboard/"] if username != "by_helper" else [f"{root}/"]
    while waiting:
        address = waiting.pop(0)
        key = kind(address)
        if key in mine or (key in seen and key not in ONCE_MORE):
            continue
        mine.add(key)
        seen.add(key)
        said.clear()
        answer = page.goto(address)
        page.wait_for_load_state("networkidle")
        name = f"{username}-{key.strip('/').replace('/', '_') or 'workbench'}"
        wrong = picture(page, folder, name)
        if answer and answer.status >= 400:
            wrong.append(f"status {answer.status}")
        print("\t".join([name, *wrong, *said]), flush=True)
        waiting += list(addresses(page, root))
    page.context.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("people", nargs="*", default=PEOPLE)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    root = f"http://localhost:{os.environ.get('PORT', '8000')}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
        )
        front = browser.new_page()
        front.goto(f"{root}/accounts/login/")
        picture(front, options.folder, "anybody-login")
        seen: set[str] = set()
        for username in options.people:
            walk(browser, root, username, options.folder, seen)
        browser.close()


if __name__ == "__main__":
    main()
