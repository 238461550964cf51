"""Dated parameters of the district: looked up by key and day, never a constant in code."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from portal.errors import NotFound
from portal.models.policy import Parameter


def parameter(key: str, on: date) -> Parameter:
    """The version in force on the day; NotFound names the key and the day."""
    found = Parameter.objects.filter(key=key).current(on).select_related("clause__document").first()
    if found is None:
        raise NotFound(
            _("参数 %(key)s 在 %(day)s 没有取值。在参数页补上") % {"key": key, "day": on.isoformat()},
            code="parameter",
        )
    return found


def value(key: str, on: date) -> Any:
    return parameter(key, on).value


def values(keys: list[str], on: date) -> dict[str, Any]:
    """Several at once, one query; keys without a value on the day are missing from the answer."""
    return dict(Parameter.objects.filter(key__in=keys).current(on).values_list("key", "value"))
