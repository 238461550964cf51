"""Compiles the apps' message catalogues with Babel, so that no machine needs GNU gettext."""

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


def compile_all(root: Path) -> int:
    """Writes every <app>/locale/*/LC_MESSAGES/*.mo that is older than its .po; returns how many."""
    written = 0
    for source in sorted(root.glob("*/locale/*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parts[-3])
        half = target.with_suffix(".mo.new")
        with half.open("wb") as file:
            write_mo(file, catalogue)
        half.replace(target)  # two processes may compile at once
        written += 1
    return written


if __name__ == "__main__":  # for the image, whose tree is read-only afterwards
    print(compile_all(Path(__file__).resolve().parent.parent.parent), "catalogues compiled")
