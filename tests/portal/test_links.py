"""Links between the project's own pages lead somewhere."""

import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.S)
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.M)


def pages() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    ).stdout.split()  # fmt: skip
    found = [ROOT / name for name in listed] or [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return [path for path in found if path.exists()]


def links(text: str) -> list[str]:
    """Targets of links, without those in code."""
    return LINK.findall(CODE.sub("", text))


def anchors(path: Path) -> set[str]:
    """What `#…` may say of a page: its headings, small, without signs, with hyphens for blanks."""
    heads = HEADING.findall(re.sub(r"```.*?```", "", path.read_text(), flags=re.S))
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", head) for head in heads)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in plain}


def broken(path: Path) -> list[str]:
    found = []
    for target in links(path.read_text()):
        if re.match(r"[a-z]+:", target):
            continue  # of another place
        name, _, anchor = target.partition("#")
        there = (path.parent / unquote(name)).resolve() if name else path
        if not there.exists() or not there.is_relative_to(ROOT):
            found.append(target)
        elif anchor and unquote(anchor) not in anchors(there):
            found.append(target)
    return found


@pytest.mark.parametrize("path", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path):
    assert broken(path) == []


def test_every_page_of_docs_can_be_reached_from_the_readme():
    seen, open_ends = set(), [ROOT / "README.md"]
    while open_ends:
        path = open_ends.pop()
        if path in seen:
            continue
        seen.add(path)
        if path.is_dir():
            open_ends += path.glob("*.md")
        elif path.suffix == ".md":
            names = (target.partition("#")[0] for target in links(path.read_text()) if ":" not in target)
            open_ends += [(path.parent / unquote(name)).resolve() for name in names if name]
    assert [path for path in pages() if path.is_relative_to(ROOT / "docs") and path not in seen] == []


def test_a_broken_link_is_seen(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    page = tmp_path / "a.md"
    page.write_text("# One thing\n[b](b.md) [a](#one-thing) [c](#other) `[d](d.md)` [e](https://example.org)")
    assert broken(page) == ["b.md", "#other"]
