"""Secrets that a first start makes and every later start reads: one file each, readable by us alone."""

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path

#: Letters, digits, - and _ only: they stand in URLs and configuration files without quoting.
MAKERS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(50),
    "FIELD_KEYS": lambda: base64.urlsafe_b64encode(os.urandom(32)).decode(),
    "HASH_KEY": lambda: secrets.token_hex(32),
    "POSTGRES_PASSWORD": lambda: secrets.token_urlsafe(24),
    "OWNER_PASSWORD": lambda: secrets.token_urlsafe(24),
    "APP_PASSWORD": lambda: secrets.token_urlsafe(24),
    "VALKEY_PASSWORD": lambda: secrets.token_urlsafe(24),
}


def make() -> dict[str, str]:
    """Fresh ones that are kept nowhere, for tests."""
    return {name: maker() for name, maker in MAKERS.items()}


def load(folder: Path) -> dict[str, str]:
    """Reads every secret from `folder`, making those that are missing; FIELD_KEYS lost is data lost."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    values = {}
    for name, maker in MAKERS.items():
        path = folder / name.lower()
        if not path.exists() or not path.read_text().strip():
            half = path.with_suffix(".new")
            with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(maker() + "\n")
                file.flush()
                os.fsync(file.fileno())
            half.rename(path)
        values[name] = path.read_text().strip()
    return values
