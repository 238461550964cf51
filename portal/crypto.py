"""Encryption of single fields, and the keyed hash by which a person is known without the number."""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import models

from portal.tenancy import Withheld


@lru_cache(maxsize=4)
def _fernet(keys: str) -> MultiFernet:
    if not keys:
        raise RuntimeError("FIELD_KEYS is not set: nothing can be encrypted or read; see docs/operation.md")
    return MultiFernet([Fernet(key.strip()) for key in keys.split(",") if key.strip()])


def encrypt(data: bytes) -> bytes:
    return _fernet(settings.FIELD_KEYS).encrypt(data)


def decrypt(token: bytes) -> bytes:
    return _fernet(settings.FIELD_KEYS).decrypt(bytes(token))


def keyed_hash(text: str) -> str:
    """HMAC-SHA-256 in hex; the same for the same text in every district."""
    return hmac.new(settings.HASH_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


class EncryptedField(Withheld, models.BinaryField):
    """Text that stands encrypted in the database; reading the attribute gives the text. Withheld from the
    reading roles."""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("editable", True)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value, expression, connection):
        return None if value is None else decrypt(bytes(value)).decode()

    def get_db_prep_value(self, value, connection, prepared=False):
        if value is None or isinstance(value, (bytes, memoryview)):
            return super().get_db_prep_value(value, connection, prepared)
        return super().get_db_prep_value(encrypt(str(value).encode()), connection, prepared)

    def value_to_string(self, obj):
        return ""
