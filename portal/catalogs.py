"""The English catalogues: which texts the product shows, where they come from, what is missing.

Texts are written in Chinese in code and templates. Each app keeps `locale/en/LC_MESSAGES/django.po`; the
extraction uses Babel, so that no system tool is needed. `manage.py catalog` updates, `--check` refuses. Only the
.po files are kept in the repository: bin/up, bin/test and the image compile them (portal/servers/catalogues.py).
"""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

from portal.servers import catalogues

APPS = ("portal", "facilities", "inspections", "guidance", "targets")
#: Folder of templates -> app; what is not named belongs to portal.
TEMPLATE_APPS = {
    "facilities": "facilities",
    "guidance": "guidance",
    "inspections": "inspections",
    "public": "inspections",
    "targets": "targets",
}
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "marked": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
#: Chinese that is content, not interface: official documents, reference data, invented people.
CONTENT = {
    "templates/official": "official documents are Chinese by law",
    "targets/services/reports": "the text of official reports",
    "portal/rules/official.py": "the wording of official documents",
    "portal/templatetags/official.py": "the wording of official documents",
    "portal/rules/charts.py": "the words in the figures of official documents",
    "targets/services/report_content.py": "the wording of official reports",
    "targets/rules/report_words.py": "the wording of official reports",
    "targets/rules/self_report_words.py": "the wording of official reports",
    "targets/services/self_report.py": "the wording of official reports",
    "targets/rules/minutes_words.py": "the wording of official minutes",
    "facilities/rules/notices.py": "the wording of the notice of lawful operation and of decisions",
    "facilities/services/notice_content.py": "the same",
    "facilities/services/credit_notice.py": "the same",
    "inspections/services/case_documents.py": "the wording of the documents of an inspection",
    "inspections/services/case_history.py": "the same",
    "inspections/services/case_parts.py": "the words of a case file's index",
    "inspections/services/joint_documents.py": "the same",
    "inspections/services/campaign_documents.py": "the same",
    "portal/reference": "the policy documents themselves",
    "portal/rules/clauses.py": "how the policy documents number their clauses",
    "demonstration": "invented names and stories",
    "portal/design.py": "samples on the sheet of components, a page for those who build",
    "templates/portal/design": "the sheet of components",
    "portal/settings.py": "a language's own name, the title of the API's description",
    "portal/rules/cells.py": "what people write into the cells of a spreadsheet",
    "portal/rules/headings.py": "how people begin sums and footers",
    "facilities/imports": "headings and words that people write into their spreadsheets",
    "portal/servers": "what bin/up says in the terminal, before there is a Django with catalogues",
}


@dataclass(frozen=True)
class Text:
    singular: str
    plural: str
    context: str
    place: str


def is_content(path: Path) -> bool:
    relative = path.relative_to(settings.BASE_DIR).as_posix()
    return any(relative.startswith(part) or f"/{part}" in relative for part in CONTENT)


def python_files(app: str) -> Iterator[Path]:
    for path in sorted((settings.BASE_DIR / app).rglob("*.py")):
        if "migrations" not in path.parts:
            yield path


def template_files(app: str) -> Iterator[Path]:
    root = settings.BASE_DIR / "templates"
    for path in sorted(p for p in root.rglob("*") if p.suffix in (".html", ".txt") and p.is_file()):
        first = path.relative_to(root).parts[0]
        if TEMPLATE_APPS.get(first, "portal") == app:
            yield path


def extracted(source: bytes, place: str) -> Iterator[Text]:
    for _line, message, _comments, context in extract("python", io.BytesIO(source), keywords=KEYWORDS):
        singular, plural = (message[0], message[1]) if isinstance(message, tuple) else (message, "")
        if singular:
            yield Text(singular, plural, context or "", place)


def occurrences(app: str) -> Iterator[Text]:
    """Every place of an app that shows a text through gettext."""
    for path in python_files(app):
        yield from extracted(path.read_bytes(), path.relative_to(settings.BASE_DIR).as_posix())
    for path in template_files(app):
        code = templatize(path.read_text(), origin=str(path)).encode()
        yield from extracted(code, path.relative_to(settings.BASE_DIR).as_posix())


def texts(app: str) -> list[Text]:
    """Everything of an app that is shown through gettext, each text once."""
    found: dict[tuple[str, str], Text] = {}
    for text in occurrences(app):
        found.setdefault((text.context, text.singular), text)
    return sorted(found.values(), key=lambda t: (t.place, t.singular))


def po_path(app: str) -> Path:
    return settings.BASE_DIR / app / "locale" / "en" / "LC_MESSAGES" / "django.po"


def load(app: str) -> Catalog:
    path = po_path(app)
    if not path.exists():
        return Catalog(locale="en", project="shanyu", fuzzy=False)
    return read_po(io.BytesIO(path.read_bytes()), locale="en")


def update(app: str) -> Catalog:
    """The catalogue with exactly the texts that the app shows; translations that stand are kept."""
    old = load(app)
    new = Catalog(locale="en", project="shanyu", fuzzy=False, header_comment=f"# English texts of {app}.")
    for text in texts(app):
        key = (text.singular, text.plural) if text.plural else text.singular
        known = old.get(text.singular, text.context or None)
        if known and isinstance(known.string, str) == bool(text.plural):
            known = None  # it has become a plural, or is none any more
        new.add(
            key, known.string if known else None, locations=[(text.place, None)], context=text.context or None
        )
    return new


def save(app: str, catalog: Catalog) -> None:
    path = po_path(app)
    if not len(catalog) and not path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    out = io.BytesIO()
    write_po(out, catalog, width=110, sort_output=False, omit_header=False, include_lineno=False)
    lines = [
        line
        for line in out.getvalue().decode().splitlines()
        if not line.startswith(
            ('"POT-Creation-Date', '"PO-Revision-Date', '"Generated-By', '"Last-Translator', '"Language-Team')
        )
    ]
    path.write_text("\n".join(lines).rstrip() + "\n")
    catalogues.compile_all(settings.BASE_DIR)


#: What a person must type or read as it stands may be Chinese, in quotation marks.
QUOTED = re.compile(r"“[^”]*”")
PLACEHOLDER = re.compile(r"%\([a-z_]+\)[sd]|%[sd]|\{[a-z_]*\}")


def problems(app: str) -> list[str]:
    """What a reader of English would miss, one line each."""
    found = []
    catalog = load(app)
    shown = texts(app)
    for text in shown:
        message = catalog.get(text.singular, text.context or None)
        strings = (
            []
            if message is None
            else [message.string]
            if isinstance(message.string, str)
            else list(message.string)
        )
        if not strings or not all(strings):
            found.append(f"{text.place}: not translated: {text.singular}")
            continue
        for string in strings:
            if (
                CHINESE.search(QUOTED.sub("", string))
                and not text.singular == string
                and not message.user_comments
            ):
                found.append(f"{text.place}: Chinese in the English text: {string}")
            if set(PLACEHOLDER.findall(string)) - set(PLACEHOLDER.findall(text.singular + text.plural)):
                found.append(f"{text.place}: unknown placeholder in: {string}")
    keys = {(t.context, t.singular) for t in shown}
    for message in catalog:
        if message.id:
            singular = message.id[0] if isinstance(message.id, tuple) else message.id
            if (message.context or "", singular) not in keys:
                found.append(f"{app}: no longer shown: {singular}")
    return found


def clashes() -> list[str]:
    """Texts with two fates: counted here and not there (the catalogue keeps one form), or with two translations.

    Django joins the catalogues of all apps into one, so that the second translation would never be seen.
    """
    found, counted, english = [], {}, {}
    for app in APPS:
        for text in occurrences(app):
            first = counted.setdefault((text.context, text.singular), text)
            if bool(first.plural) != bool(text.plural):
                found.append(f"{first.place}, {text.place}: with and without plural: {text.singular}")
        for message in load(app):
            if message.id:
                key = (message.context, message.id if isinstance(message.id, str) else message.id[0])
                if english.setdefault(key, message.string) != message.string:
                    found.append(f"{app}: another translation than in an app before it: {key[1]}")
    return found


CALLS = set(KEYWORDS) | {"N_"}


def bare_python(path: Path) -> Iterator[str]:
    """Chinese string literals outside of gettext calls, docstrings, comments and lines marked `# content`."""
    source = path.read_text()
    tree, lines = ast.parse(source), source.splitlines()
    fine: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in CALLS:
                fine.update(id(n) for argument in node.args for n in ast.walk(argument))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            fine.add(id(node.value))
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "verbose_name":
            fine.update(id(n) for n in ast.walk(node.value))
        # for developers, of the product and of the API's clients: never on a page
        if isinstance(node, ast.keyword) and node.arg in ("help_text", "description", "summary"):
            fine.update(id(n) for n in ast.walk(node.value))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in fine:
            if CHINESE.search(node.value) and "# content" not in lines[node.lineno - 1]:
                yield f"{path.relative_to(settings.BASE_DIR)}:{node.lineno}: {node.value.strip()[:60]}"


TRANSLATED = re.compile(
    r"\{%\s*blocktrans(?:late)?\b.*?\{%\s*endblocktrans(?:late)?\s*%\}|\{%.*?%\}|\{#.*?#\}|\{\{.*?\}\}"
    r"|\{%\s*comment\s*%\}.*?\{%\s*endcomment\s*%\}|<!--.*?-->",
    re.DOTALL,
)
TAG_LITERAL = re.compile(
    r"\{%\s*+(?!translate|trans\b|blocktrans|comment|load|extends|include)(.*?)%\}|\{\{(.*?)\}\}", re.DOTALL
)
LITERAL = re.compile(r"""(_\()?(["'])((?:(?!\2).)*[\u4e00-\u9fff](?:(?!\2).)*)\2""")


def bare_template(path: Path) -> Iterator[str]:
    """Chinese in a template outside of translate tags, also as an argument of a tag without `_()`."""
    source = path.read_text()
    name = path.relative_to(settings.BASE_DIR)
    for line in TRANSLATED.sub("", source).splitlines():
        if CHINESE.search(line):
            yield f"{name}: {line.strip()[:60]}"
    for match in TAG_LITERAL.finditer(source):
        for literal in LITERAL.finditer(match.group(1) or match.group(2) or ""):
            if not literal.group(1):
                yield f"{name}: {literal.group(3)[:60]}"


def bare() -> list[str]:
    """Texts that would stay Chinese for a reader of English."""
    found = []
    for app in APPS:
        for path in python_files(app):
            if not is_content(path):
                found += bare_python(path)
        for path in template_files(app):
            if not is_content(path):
                found += bare_template(path)
    return found
