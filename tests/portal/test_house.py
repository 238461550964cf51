"""The house rules that a program can see: rooms, lengths, names, and what must not stand in the repository."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from portal.first_migration import FirstMigration

ROOT = Path(settings.BASE_DIR)
APPS = ("portal", "facilities", "inspections", "guidance", "targets")
LONGEST = 450
#: Modules over the limit that were looked at, each with the reason why it is one piece.
REVIEWED: dict[str, str] = {
    "portal/rules/rights.py": "the one table of rights, read as a whole",
}
MODULES = sorted(
    path.relative_to(ROOT).as_posix()
    for app in APPS
    for path in (ROOT / app).rglob("*.py")
    if "migrations" not in path.parts
)
#: Methods by which rows are written. `update` is a dictionary's, too, and is looked at apart.
WRITES = {
    "save", "create", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "_raw_delete",
}  # fmt: skip


def room(module: str) -> str:
    """views, services, forms … of a module, as a module of its own or a package."""
    parts = module.removesuffix(".py").split("/")
    return parts[1] if len(parts) > 1 else ""


def of_rooms(*rooms: str) -> list[str]:
    return [m for m in MODULES if room(m) in rooms]


def tree(module: str) -> ast.Module:
    return ast.parse((ROOT / module).read_text(), module)


def imports(module: str) -> set[str]:
    found = set()
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def written_rows(source: ast.Module) -> list[str]:
    """Calls that write rows: `x.save()`, `X.objects.create()`, `rows.filter(…).update(…)`."""
    found = []
    for node in ast.walk(source):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        name, on = node.func.attr, ast.unparse(node.func.value)
        if name in WRITES or (name == "update" and re.search(r"objects|filter\(|all\(\)|_set\b", on)):
            found.append(f"{node.lineno}: {on}.{name}()")
    return found


def repository() -> list[Path]:
    """Every file of the repository that is text, those not yet committed included."""
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        pytest.skip("not a git repository")
    paths = [ROOT / line for line in done.stdout.splitlines()]
    return [p for p in paths if p.is_file() and b"\0" not in p.read_bytes()[:4096]]


def test_no_module_is_a_giant():
    long = {m for m in MODULES if (ROOT / m).read_text().count("\n") > LONGEST}
    assert long - set(REVIEWED) == set()
    assert set(REVIEWED) - long == set(), "short again: take it off the list"


def test_no_module_is_a_drawer_for_everything():
    words = re.compile(r"(^|_)(utils?|helpers?|managers?|handlers?|misc|common)(_|$)")
    assert [m for m in MODULES if words.search(Path(m).stem)] == []


@pytest.mark.parametrize("module", of_rooms("views", "tasks", "forms", "api"))
def test_what_asks_and_answers_writes_no_row(module):
    assert written_rows(tree(module)) == []


def test_a_written_row_is_seen():
    source = ast.parse("row.save()\nX.objects.filter(a=1).update(a=2)\nfacts.update(a=1)\nX.objects.create()")
    assert len(written_rows(source)) == 3


@pytest.mark.parametrize("module", of_rooms("services"))
def test_a_service_knows_no_request(module):
    unwanted = (
        "django.http",
        "django.shortcuts",
        "django.forms",
        "rest_framework",
        "django.template.response",
    )
    rooms = re.compile(rf"^({'|'.join(APPS)})\.(views|forms|api|tasks)\b")
    assert [name for name in imports(module) if name.startswith(unwanted) or rooms.match(name)] == []
    arguments = {
        argument.arg
        for node in ast.walk(tree(module))
        if isinstance(node, ast.FunctionDef)
        for argument in (*node.args.args, *node.args.kwonlyargs)
    }
    assert "request" not in arguments


@pytest.mark.parametrize("module", of_rooms("services"))
def test_the_actor_of_a_service_is_named(module):
    """`actor` is keyword-only in each change that a module offers to others: nobody passes a user by place."""
    found = [
        node.name
        for node in tree(module).body
        if isinstance(node, ast.FunctionDef)
        and any(a.arg == "actor" for a in node.args.args)
        and any(isinstance(n, ast.Attribute) and n.attr == "record" for n in ast.walk(node))
    ]
    others = [
        m
        for m in MODULES
        if m != module and room(m) in ("views", "tasks", "api", "management", "demonstration")
    ]
    calls = {f".{name}(": name for name in found}
    assert [f"{m}: {n}" for m in others for call, n in calls.items() if call in (ROOT / m).read_text()] == []


@pytest.mark.parametrize("module", of_rooms("rules"))
def test_rules_know_plain_values_only(module):
    assert [name for name in imports(module) if name.split(".")[0] in ("django", "psycopg", "celery")] == []


def test_the_district_is_set_in_one_place():
    found = [m for m in MODULES if "set_config(" in (ROOT / m).read_text()]
    assert found == ["portal/tenancy.py"]


def test_scopes_are_opened_at_the_doors_only():
    """The request, the task, the command; the demonstration and the start are commands."""
    scopes = {"district_scope", "city_scope", "public_scope", "signin_scope"}
    doors = re.compile(r"^portal/(middleware|api|tasks|tenancy)\.py$|/management/commands/|/demonstration")
    also = {
        "portal/views/session.py": "sign-in: which districts has this person",
        "portal/services/reference.py": "load_reference goes through all districts",
        "portal/services/passwords.py": "a password is one in all districts; each one's log is told",
    }
    found = [
        m for m in MODULES
        if not doors.search(m) and m not in also
        and any(
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in scopes
            for node in ast.walk(tree(m))
        )
    ]  # fmt: skip
    assert found == []


@pytest.mark.parametrize("app", APPS)
def test_a_first_migration_lays_its_tables_at_once(app):
    """Made anew by makemigrations it would derive from Django's and take a minute more on each empty database."""
    module = importlib.import_module(f"{app}.migrations.0001_initial")
    assert issubclass(module.Migration, FirstMigration)


def test_packages_say_nothing_in_their_init():
    """An empty __init__.py; models are what Django looks for there, and commands are found by folder."""
    found = [
        m
        for m in MODULES
        if m.endswith("__init__.py") and "/models/" not in m and (ROOT / m).read_text().strip()
    ]
    assert found == []


FOREIGN = re.compile(
    r"""(?:src|href|action|url|@import|fetch)\s*[=(:]?\s*["'(]?\s*(?:https?:)?//(?!\{)[\w.-]+""", re.I
)


def test_no_page_asks_another_host():
    asked = []
    for folder, endings in (("templates", (".html",)), ("static/css", (".css",)), ("static/js", (".js",))):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in endings:
                text = re.sub(r"https?://www\.w3\.org/\S+", "", path.read_text())
                asked += [f"{path.name}: {hit}" for hit in FOREIGN.findall(text)]
    assert asked == []


def test_a_foreign_host_is_seen():
    for text in (
        "<script src='https://example.org/a.js'>",
        "@import url(//example.org/a.css)",
        'href="//example.org"',
    ):
        assert FOREIGN.search(text), text
    assert not FOREIGN.search("<a href=\"{% url 'today' district.slug %}\">")


def test_no_file_names_a_registry_or_a_path_of_somebodys_machine():
    names = ["py" + "pi.org", "pythonhosted" + ".org", "npm" + "js.", "jsdelivr" + ".net", "unpkg" + ".com"]
    names += ["/wor" + "k/", "/home" + "/", "/Use" + "rs/"]
    found = []
    for path in repository():
        text = path.read_text(errors="replace")
        found += [f"{path.relative_to(ROOT)}: {name}" for name in names if name in text]
    assert found == []


def test_no_file_holds_a_secret():
    """Private keys, tokens of our own form, passwords in addresses; the placeholders of documentation pass."""
    shapes = {
        "private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
        "token": re.compile(r"\bsy_[a-z]+_[A-Za-z0-9_-]{43}\b"),
        "password in an address": re.compile(
            r"(?:postgres(?:ql)?|redis)://[^\s:/@{}$<]*:(?!password@)[^\s@{}$<]{8,}@"
        ),
        "Fernet key": re.compile(r"(?<![\w/+-])[A-Za-z0-9_-]{43}=(?![\w=])"),
    }
    found = []
    for path in repository():
        if path.name in ("run.txt", "test.txt", "uv.txt"):
            continue  # hashes of packages
        text = path.read_text(errors="replace")
        found += [f"{path.relative_to(ROOT)}: {name}" for name, shape in shapes.items() if shape.search(text)]
    assert found == []
