"""Dated parameters of the district: looked up by key and day, never a constant in code."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.errors import NotFound, Refused
from portal.models.policy import Clause, Parameter
from portal.rules.parameters import WrongValue, read_value, show_value
from portal.services import audit
from portal.services.known_parameters import known


def parameter(key: str, on: date) -> Parameter:
    """The version in force on the day; NotFound names the key and the day."""
    found = Parameter.objects.filter(key=key).current(on).select_related("clause__document").first()
    if found is None:
        raise lacking(key, on)
    return found


def lacking(key: str, on: date) -> NotFound:
    return NotFound(
        _("参数 %(key)s 在 %(day)s 没有取值。在参数页补上") % {"key": key, "day": on.isoformat()},
        code="parameter",
    )


def value(key: str, on: date) -> Any:
    return parameter(key, on).value


def values(keys: list[str], on: date) -> dict[str, Any]:
    """Several at once, one query; keys without a value on the day are missing from the answer."""
    return dict(rows(keys, on).values_list("key", "value"))


def rows(keys: list[str], on: date) -> QuerySet[Parameter]:
    """The versions in force on the day."""
    return Parameter.objects.filter(key__in=keys).current(on)


def of(known: dict[str, Any], key: str, on: date) -> Any:
    """One of several that `values` read; NotFound as `parameter` says it."""
    if key not in known:
        raise lacking(key, on)
    return known[key]


#: How long before its day a value may be set: the longest plan has five years.
LONGEST_NOTICE = timedelta(days=5 * 366)


#: A first value may hold from here on.
FIRST = date(2000, 1, 1)


def last_of(key: str, actor: Actor) -> tuple[Parameter | None, Any]:
    """The last version, locked, or None before the first; and a value of the shape. NotFound for a key that nobody uses."""
    last = Parameter.objects.select_for_update().filter(key=key).order_by("starts_on").last()
    if last is not None:
        return last, last.value
    found = known(key, actor.district)
    if found is None:
        raise NotFound(_("没有参数 %(key)s") % {"key": key}, code="parameter")
    return None, found.like


def words_of(key: str, last: Parameter | None, actor: Actor) -> dict[str, str]:
    found = last or known(key, actor.district)
    return {"unit": found.unit, "label": found.label}


def change_possible(
    key: str, text: str, *, starts_on: date, basis: str, on: date, actor: Actor
) -> tuple[Any, Parameter | None]:
    """The value that `text` means and the last version so far, locked, if a new version from that day may be added.

    The first value of a parameter has None before it and may hold from a day that is over: nothing was counted with it.
    Refused for a day that is over, a value of another shape, no basis, and where a version from that day or later
    is there already.
    """
    actor.demand("parameter.manage")
    last, like = last_of(key, actor)
    try:
        value = read_value(text, like, key)
    except WrongValue as wrong:
        raise Refused(_(str(wrong)), field="value", code="value") from None
    if last is None and starts_on < FIRST:
        raise Refused(
            _("起日：最早从 %(day)s") % {"day": FIRST.isoformat()}, field="starts_on", code="starts_on"
        )
    if last is not None and starts_on < on:
        raise Refused(
            _("起日：不能早于今天，已经过去的日子按当时的取值算"), field="starts_on", code="starts_on"
        )
    if starts_on > on + LONGEST_NOTICE:
        raise Refused(
            _("起日：最远到 %(day)s") % {"day": (on + LONGEST_NOTICE).isoformat()},
            field="starts_on",
            code="starts_on",
        )
    if last is not None and starts_on <= last.starts_on:
        raise Refused(
            _("起日：从 %(day)s 起已有取值 %(value)s，要晚于这一天")
            % {"day": last.starts_on.isoformat(), "value": show_value(last.value, key)},
            field="starts_on",
            code="overlap",
        )
    if not basis.strip():
        raise Refused(_("依据：写明文号、条款或谁定的"), field="basis", code="basis")
    return value, last


@transaction.atomic
def change_parameter(
    key: str, text: str, *, starts_on: date, basis: str, checked: bool, on: date, actor: Actor
) -> Parameter:
    """A new version of a parameter from a day on; the version before it ends the day before.

    `text` is the value as a person writes it; `checked` says that its basis was looked up. Refused as
    `change_possible` says.
    """
    value, last = change_possible(key, text, starts_on=starts_on, basis=basis, on=on, actor=actor)
    basis = basis.strip()
    end(last, starts_on)
    changed = Parameter.objects.create(
        key=key,
        value=value,
        **words_of(key, last, actor),
        basis=basis[:200],
        weak=not checked,
        starts_on=starts_on,
    )
    audit.record(
        "portal.parameter.change",
        changed,
        actor=actor,
        name=key,
        changes={
            "value": [last and last.value, value],
            "starts_on": starts_on.isoformat(),
            "basis": basis[:200],
        },
    )
    return changed


def end(last: Parameter | None, starts_on: date) -> None:
    """The version before ends the day before."""
    if last is not None and (last.ends_on is None or last.ends_on >= starts_on):
        last.ends_on = starts_on - timedelta(days=1)
        last.save(update_fields=["ends_on"])


def change_by_document(key: str, text: str, *, clause: Clause, starts_on: date, actor: Actor) -> Parameter:
    """A new version of a parameter that a published document sets in a clause, from a day on.

    Refused for a value of another shape, and where a version from that day or later is there already.
    """
    actor.demand("document.publish")
    last, like = last_of(key, actor)
    words = words_of(key, last, actor)
    try:
        value = read_value(text, like, key)
    except WrongValue as wrong:
        raise Refused(f"{words['label']}：{_(str(wrong))}", code="value") from None
    if last is not None and starts_on <= last.starts_on:
        raise Refused(
            _("%(label)s：从 %(day)s 起已有取值 %(value)s，起日要晚于这一天")
            % {"label": last.label, "day": last.starts_on.isoformat(), "value": show_value(last.value, key)},
            code="overlap",
        )
    end(last, starts_on)
    changed = Parameter.objects.create(key=key, value=value, **words, clause=clause, starts_on=starts_on)
    audit.record(
        "portal.parameter.change",
        changed,
        actor=actor,
        name=key,
        changes={
            "value": [last and last.value, value],
            "starts_on": starts_on.isoformat(),
            "clause": str(clause),
        },
    )
    return changed
