"""A clock: what ends when of one noun, and its rows as SQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Cast


@dataclass(frozen=True, eq=False)
class Clock:
    """What ends when, of one noun.

    rows: (day) -> queryset of what still counts on the day: no successor, not left, not closed. base: the path of
    its day. row: the path of the id of what ends. facility: the path of its facility, '' where it belongs to none.
    what: a path whose values `words` puts into words, '' where the label says all. who, code: paths of a person's
    name, shown masked, and of a number; of another row, `staff__name`, both are of the same. page: a URL name, page_id
    the path of its id, anchor a place on it. right: who sees it.
    """

    key: str
    label: str
    right: str
    rows: Callable[[date], QuerySet]
    base: str
    facility: str = "facility"
    row: str = "pk"
    months: str = ""
    what: str = ""
    words: dict[str, Any] = field(default_factory=dict)
    who: str = ""
    code: str = ""
    page: str = ""
    page_id: str = ""
    anchor: str = ""
    order: int = 100

    @property
    def person(self) -> str:
        """The reference by which a row names another's `who` and `code`; '' where they are its own."""
        return next((path.split("__")[0] for path in (self.who, self.code) if "__" in path), "")


@dataclass(frozen=True)
class Inner:
    """A clock's rows on a day as SQL, with the columns of `COLUMNS`; the models of its facilities and persons."""

    sql: str
    params: tuple
    place: type[models.Model] | None
    person: type[models.Model] | None

    @property
    def places(self) -> str:
        return connection.ops.quote_name(self.place._meta.db_table)


#: Of a clock's rows. `c_street` of rows that are facilities themselves; `c_who` a name, or the id of the person.
COLUMNS = ("c_base", "c_row", "c_facility", "c_street", "c_what", "c_who", "c_code", "c_person", "c_page")

NONE = Cast(Value(None), models.BigIntegerField())


@lru_cache(maxsize=256)
def inner(clock: Clock, on: date) -> Inner | None:
    """None where the clock has no row on any account."""
    rows = clock.rows(on)
    place = {"": None, "self": rows.model}.get(clock.facility) or (
        rows.model._meta.get_field(clock.facility).related_model if clock.facility else None
    )
    own = not clock.person
    values = rows.order_by().annotate(
        c_base=F(clock.base),
        c_row=F(clock.row),
        c_facility=F(path(clock, "pk")) if clock.facility else Value(0, models.BigIntegerField()),
        c_street=F("street_id") if clock.facility == "self" else NONE,
        c_what=Cast(F(clock.what), models.TextField()) if clock.what else text(),
        c_who=F(clock.who) if clock.who and own else text(),
        c_code=F(clock.code) if clock.code and own else text(),
        c_person=NONE if own else F(f"{clock.person}_id"),
        c_page=F(clock.page_id) if clock.page_id else NONE,
    )
    try:
        sql, params = values.values_list(*COLUMNS).query.sql_with_params()
    except EmptyResultSet:
        return None
    person = None if own else rows.model._meta.get_field(clock.person).related_model
    return Inner(sql, tuple(params), place, person)


def names_of(clock: Clock) -> tuple[str, ...]:
    """Fields of the person that a row of the clock names."""
    return tuple(path.split("__")[-1] for path in (clock.who, clock.code) if path)


def path(clock: Clock, name: str) -> str:
    """A field of the clock's facility; `pk` where the rows are facilities themselves."""
    return name if clock.facility == "self" else f"{clock.facility}__{name}"


def text(value: str = "") -> Value:
    return Value(value, models.TextField())
