"""House rules that no linter knows. Each fails with the place and the cure."""

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.db.migrations.loader import MigrationLoader
from django.template.loader import get_template

ROOT = Path(settings.BASE_DIR)
STACK = [
    "core",
    "accounts",
    "villages",
    "households",
    "indicators",
    "tasks",
    "reports",
    "imports",
    "config",
]
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def sources(*patterns: str) -> Iterator[tuple[str, str]]:
    """(path, text) of our own modules, migrations aside."""
    for app in STACK:
        for path in sorted((ROOT / app).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if "/migrations/" in name or (patterns and not any(path.match(p) for p in patterns)):
                continue
            yield name, path.read_text(encoding="utf-8")


def trees(*patterns: str) -> Iterator[tuple[str, ast.Module]]:
    for name, text in sources(*patterns):
        yield name, ast.parse(text)


def ours() -> list[type[models.Model]]:
    return [m for m in apps.get_models() if m._meta.app_label in STACK]


def templates() -> dict[str, str]:
    folder = ROOT / "templates"
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*.html"))
    }


# --- Modules -------------------------------------------------------------------------------------


def test_module_names_say_what_they_hold() -> None:
    banned = {
        "tasks",
        "utils",
        "helpers",
        "signals",
        "selectors",
        "managers",
        "constants",
        "exceptions",
    }

    found = [name for name, _ in sources() if Path(name).stem in banned]

    assert not found, f"name the module after what it holds: {found}"


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_celery_is_known_to_jobs_alone() -> None:
    allowed = {"config/celery.py", "config/settings/base.py", "config/health.py"}

    found = [
        name
        for name, tree in trees()
        if any(module.split(".")[0] == "celery" for module in imported(tree))
        and name not in allowed
        and Path(name).name != "jobs.py"
    ]

    assert not found, f"move what is run in the background to jobs.py: {found}"


def test_every_job_has_an_explicit_name() -> None:
    for name, tree in trees("jobs.py"):
        for node in ast.walk(tree):
            for mark in getattr(node, "decorator_list", []):
                bare = isinstance(mark, ast.Name) and mark.id == "shared_task"
                called = (
                    isinstance(mark, ast.Call) and getattr(mark.func, "id", "") == "shared_task"
                )
                named = called and any(k.arg == "name" for k in mark.keywords)

                assert not bare, f"{name}: @shared_task(name=...)"
                assert not called or named, f"{name}: @shared_task(name=...)"


VIEWS = ["views.py", "views/*.py", "views_*/*.py", "api.py"]


# Reads in interfaces that need no scope of their own, each with its reason.
BOUND = "rows of objects that were read through for_user just before"
PUBLIC = "plans, standards and areas are nobody's secret"
READS = {
    ("villages/api.py", "theme"): BOUND,
    ("villages/views.py", "theme"): BOUND,
    ("villages/views.py", "CollectiveIncome"): BOUND,
    ("households/api.py", "HouseholdCheck"): "the check this person has just submitted",
    ("households/views/check.py", "HouseholdCheck"): "drafts of the person's own",
    ("households/views/check.py", "Area"): PUBLIC,
    ("households/views/household.py", "HouseholdProfile"): BOUND,
    ("households/views/household.py", "Member"): BOUND,
    ("indicators/api.py", "Area"): PUBLIC,
    ("indicators/views.py", "Parameter"): PUBLIC,
    ("indicators/views.py", "Village"): BOUND,
    ("indicators/views.py", "Household"): BOUND,
    ("indicators/views.py", "Member"): BOUND,
    ("reports/views/obligation.py", "model"): PUBLIC,
    ("tasks/views/slots.py", "Case"): "what stands against an exit, whoever decides on it",
}


def test_interfaces_write_through_services_and_read_through_for_user() -> None:
    found = []
    for name, text in sources(*VIEWS):
        for number, line in enumerate(text.splitlines(), 1):
            owner = re.search(r"(\w+)\.(?:objects|_default_manager)\.(\w+)", line)
            loose = owner and owner[2] not in {"for_user", "none"} and (name, owner[1]) not in READS
            if ".save(" in line or loose:
                found.append(f"{name}:{number}: {line.strip()}")

    assert not found, (
        "call a service, or read with .objects.for_user(user) (else: a reason in READS):\n"
        + "\n".join(found)
    )


CLOCK_FREE = [
    "services.py",
    "services/*.py",
    "querysets.py",
    "querysets/*.py",
    "models.py",
    "models/*.py",
    "definitions/*.py",
    "engine.py",
    "permissions.py",
    "deadlines.py",
]
CLOCKS = {"now", "today", "localdate", "localtime", "business_now", "utcnow"}


def test_only_interfaces_read_the_clock() -> None:
    """One exception: a user's rights are asked for everywhere, so the model reads the business date."""
    found = []
    for name, tree in trees(*CLOCK_FREE):
        if name == "accounts/models.py":
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = ast.unparse(node.func.value)
                if node.func.attr in CLOCKS and owner.split(".")[-1] in {
                    "clock",
                    "timezone",
                    "date",
                    "datetime",
                }:
                    found.append(f"{name}:{node.lineno}: {ast.unparse(node)}")

    assert not found, "pass on= or at= from the interface:\n" + "\n".join(found)


def test_environment_is_read_in_one_place() -> None:
    allowed = {"config/env.py"}

    found = [
        name
        for name, text in sources()
        if re.search(r"os\.(environ|getenv)", text)
        and name not in allowed
        and not name.startswith("config/supervisor/")
    ]

    assert not found, f"read it in config/env.py: {found}"


# --- Models --------------------------------------------------------------------------------------

# on_delete other than PROTECT, each with its reason.
MAY_CASCADE: dict[str, str] = {
    "indicators.RunBatch.run": "a batch is a part of its run",
    "tasks.TaskAgency.task": "rows of the plan's own list, replaced when the plan is loaded again",
    "tasks.Target.task": "rows of the plan's own list, replaced when the plan is loaded again",
}


def test_relations_point_down_the_stack_and_protect() -> None:
    for model in ours():
        level = STACK.index(model._meta.app_label)
        for field in model._meta.get_fields():
            if not isinstance(field, models.ForeignKey) or field.model is not model:
                continue
            other = field.related_model._meta.app_label
            if other in STACK and field.related_model is not get_user_model():
                assert STACK.index(other) <= level, f"{field}: points up to {other}"
            name = f"{model._meta.label}.{field.name}"
            protects = field.remote_field.on_delete is models.PROTECT
            assert protects or name in MAY_CASCADE, f"{name}: PROTECT, or a reason in MAY_CASCADE"


def test_models_and_fields_are_named_in_chinese() -> None:
    inherited = {"password", "last_login", "is_superuser", "username", "first_name", "last_name"}
    inherited |= {"email", "is_staff", "is_active", "date_joined", "groups", "user_permissions"}
    unnamed = []
    for model in ours():
        if not CHINESE.search(str(model._meta.verbose_name)):
            unnamed.append(model._meta.label)
        for field in [*model._meta.fields, *model._meta.many_to_many]:
            plain = field.primary_key and not field.is_relation
            user = model._meta.label == "accounts.User" and field.name in inherited
            parent = getattr(field.remote_field, "parent_link", False)
            if not (plain or user or parent or CHINESE.search(str(field.verbose_name))):
                unnamed.append(str(field))

    assert not unnamed, f"give a verbose_name a clerk would use: {unnamed}"


UNITS = {
    "yuan",
    "m2",
    "ratio",
    "pct",
    "years",
    "days",
    "km",
    "mu",
    "kg",
    "litres",
    "minutes",
    "metres",
    "value",
}


def test_decimal_fields_say_their_unit() -> None:
    found = [
        str(field)
        for model in ours()
        for field in model._meta.fields
        if isinstance(field, models.DecimalField) and not UNITS & set(field.name.split("_"))
    ]

    assert not found, f"say the unit in the name: {found}"


def test_constraints_and_indexes_are_named_after_their_app() -> None:
    for model in ours():
        for thing in [*model._meta.constraints, *model._meta.indexes]:
            assert thing.name.startswith(model._meta.app_label), (
                f"{model._meta.label}: {thing.name}"
            )


# --- Migrations ----------------------------------------------------------------------------------


def test_migrations_are_named_and_linear() -> None:
    loader = MigrationLoader(None)
    for app in STACK:
        names = [name for label, name in loader.disk_migrations if label == app]
        assert not [n for n in names if "auto_" in n], f"{app}: name migrations for what they do"
        assert len(loader.graph.leaf_nodes(app)) <= 1, f"{app}: two leaves, merge the branches"


# --- Templates -----------------------------------------------------------------------------------


def test_underscore_means_fragment() -> None:
    for name, text in templates().items():
        if name.startswith("django/"):
            continue  # the form renderer's own names
        fragment = Path(name).name.startswith("_")
        extends = "{% extends" in text
        root = name.startswith("layouts/base")
        assert not (fragment and extends), f"{name}: a fragment never extends"
        assert fragment or extends or root, (
            f"{name}: a page extends a layout; a fragment has an underscore"
        )


def test_every_template_is_used() -> None:
    by_django = ("django/", "registration/logged_out", "errors/")
    by_status = re.compile(r"^(400|403|404|409|413|429|500|503)\.html$")
    code = "\n".join([*(text for _, text in sources()), *templates().values()])

    def used(name: str) -> bool:
        if name in code or name.startswith(by_django) or by_status.match(name):
            return True
        if name.endswith("_table.html"):  # core.listing finds it beside its page
            return name.replace("/_", "/").replace("_table.html", "_list.html") in templates()
        # Django finds `<app>/<model>_<action>.html` for a generic view of that model by itself.
        found = re.match(r"(\w+)/(\w+?)_(list|detail|form|confirm_delete)\.html$", name)
        return bool(found and any(m._meta.model_name == found[2].replace("_", "") for m in ours()))

    unused = [name for name in templates() if not used(name)]
    assert not unused, f"delete or use: {unused}"


@pytest.mark.parametrize("name", sorted(templates()))
def test_template_compiles_and_holds_no_inline_code(name: str) -> None:
    text = templates()[name]

    get_template(name)

    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text), (
        "no inline handlers: use data- attributes"
    )
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", text), (
        "no inline scripts"
    )
    assert not re.search(r"\sstyle\s*=", text), "no inline styles: the policy refuses them"
    assert "|safe" not in text, "build safe text in Python, with format_html"
    assert not re.search(r"(?:src|href)=[\"'](?:https?:)?//", text), "no foreign hosts"


def test_chinese_in_templates_goes_through_translate() -> None:
    """Chinese msgids everywhere, so that a second language needs only a catalogue."""
    found = []
    for name, text in templates().items():
        if name.startswith("style/"):
            continue  # the style page shows samples, for developers
        bare = re.sub(r"{%\s*(blocktranslate|comment)\b.*?{%\s*end\1\s*%}", "", text, flags=re.S)
        bare = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}|<!--.*?-->", "", bare, flags=re.S)
        found += [
            f"{name}: {line.strip()[:60]}" for line in bare.splitlines() if CHINESE.search(line)
        ]

    assert not found, "use {% translate %}:\n" + "\n".join(found)


# --- Text in code --------------------------------------------------------------------------------

# Modules whose Chinese is data (official names, headers of sheets, made-up people), not interface.
CHINESE_DATA = [
    "households/search.py",  # how names of villages end
    "config/*",
    "core/views.py",
    "core/forms.py",
    "core/templatetags/ui.py",
    "core/work.py",
    "accounts/models.py",
    "*/management/*",
    "imports/columns/*",
    "imports/parsing/*",
    "indicators/definitions/*",
    "indicators/quality/rules/*",
    "indicators/quality/declare.py",
    "indicators/policy/*",
    "indicators/standards.py",
    "indicators/facts.py",
    "households/identity.py",
]
TRANSLATES = {
    "_",
    "_lazy",
    "gettext",
    "gettext_lazy",
    "ngettext",
    "ngettext_lazy",
    "pgettext",
    "pgettext_lazy",
}


def bare_chinese(tree: ast.Module) -> Iterator[ast.Constant]:
    """Chinese text constants outside gettext and docstrings."""
    passed: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = (
                node.func.attr
                if isinstance(node.func, ast.Attribute)
                else getattr(node.func, "id", "")
            )
            if called in TRANSLATES:
                passed |= {id(inner) for inner in ast.walk(node)}
        if isinstance(node, ast.Expr):
            passed |= {id(node.value)}
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and CHINESE.search(node.value)
        ) and id(node) not in passed:
            yield node


def test_chinese_in_code_goes_through_gettext() -> None:
    found = [
        f"{name}:{node.lineno}: {node.value[:40]}"
        for name, tree in trees()
        if not any(fnmatch(name, pattern) for pattern in CHINESE_DATA)
        for node in bare_chinese(tree)
    ]

    assert not found, "wrap in gettext, or add the data module to CHINESE_DATA:\n" + "\n".join(
        found
    )


def test_no_machine_paths_in_committed_text() -> None:
    found = [name for name, text in sources() if re.search(r"/(work|root)/\w", text)]

    assert not found, f"no paths of one machine: {found}"
