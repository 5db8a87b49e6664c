"""Vendored files are what the record says, and templates hold nothing that the CSP refuses."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.template import engines

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def names(paths):
    return [str(path.relative_to(ROOT / "templates")) for path in paths]


def test_vendored_files_agree_with_their_record():
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "vendor", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_scripts_and_styles_name_no_source_map():
    for path in (ROOT / "static").rglob("*"):
        if path.suffix in {".js", ".css"}:
            assert "sourceMappingURL" not in path.read_text(), path


@pytest.mark.parametrize("name", names(TEMPLATES))
def test_template_compiles(name):
    engines["django"].get_template(name)


@pytest.mark.parametrize("name", names(TEMPLATES))
def test_template_has_no_inline_script_style_or_handler(name):
    text = (ROOT / "templates" / name).read_text()
    assert not re.search(r"<[^>]*\s(on[a-z]+|style)=", text)
    assert not re.search(r"<style\b|<script(?![^>]*\bsrc=)[^>]*>", text)
    assert not re.search(r"""(?:src|href)=["']https?://""", text)


def test_icons_named_in_templates_are_in_the_sprite():
    sprite = next((ROOT / "static" / "vendor").glob("bootstrap-icons-*/icons.svg")).read_text()
    known = set(re.findall(r'id="i-([a-z0-9-]+)"', sprite))
    for path in TEMPLATES:
        used = set(re.findall(r'{% icon "([a-z0-9-]+)"', path.read_text()))
        assert used <= known, f"{path.name}: add to scripts/vendor: {sorted(used - known)}"


def test_theme_keeps_to_the_oldest_browser():
    css = (ROOT / "static" / "css" / "theme.css").read_text()
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    for feature in (
        ":has(",
        ":is(",
        ":where(",
        "aspect-ratio",
        "color-mix",
        "@layer",
        "@container",
        "inset:",
    ):
        assert feature not in css
