"""The environment of a running bin/up, so that `manage.py …` in a second terminal finds its database."""

import os
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def data_folder() -> Path:
    """PORTAL_DATA, or var/ beside manage.py."""
    return Path(os.environ.get("PORTAL_DATA") or ROOT / "var").resolve()


def write(path: Path, values: Mapping[str, str]) -> None:
    """Keeps the variables in a file that only we can read."""
    half = path.with_suffix(".new")
    with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.writelines(f"{name}={value}\n" for name, value in sorted(values.items()))
    half.replace(path)


def adopt() -> None:
    """Takes on what a running bin/up wrote, where nothing was set by hand; the file lasts as long as it."""
    by_hand = {"DATABASE_URL", "DATABASE_URL_FILE", "SECRET_KEY", "SECRET_KEY_FILE", "PORTAL_BUILD"}
    if by_hand & os.environ.keys():
        return
    path = data_folder() / "environment"
    try:
        lines = path.read_text().splitlines()
    except (FileNotFoundError, PermissionError):
        return
    for line in lines:
        name, _, value = line.partition("=")
        os.environ.setdefault(name, value)
