"""Texts that become public: refused while they hold the number or the name of a person. Asked where they are written, and
again where they go out, for what was written before. docs/results.md."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from portal.errors import Conflict, Refused
from portal.models.people import Membership
from portal.models.places import Street, Unit
from portal.rules import personal

#: Each app's persons on record: of the names that are asked for, those that somebody of the open district has. Which
#: register somebody stands in nobody is told.
Source = Callable[[set[str]], Iterable[str]]
SOURCES: list[Source] = []


def register(source: Source) -> None:
    if source not in SOURCES:
        SOURCES.append(source)


def among(names: Iterable[str]) -> RawSQL:
    """For `field__in`: one array, for a long text has thousands of pieces."""
    return RawSQL("SELECT unnest(%s::text[])", [sorted(names)])


def of_accounts(names: set[str]) -> set[str]:
    """People who sign in in the district."""
    rows = Membership.objects.filter(user__name__in=among(names)).order_by()
    return set(rows.values_list("user__name", flat=True))


register(of_accounts)


def persons(texts: Iterable[str]) -> set[str]:
    """Names of persons on record that stand in the texts; one question to each app, however many texts. What a unit or a
    street is called is nobody's name, though an account may be kept under it."""
    wanted = set().union(*(personal.candidates(text) for text in texts))
    found = {name for source in SOURCES for name in source(wanted)} if wanted else set()
    if found:
        for model in (Unit, Street):
            found -= set(model.objects.filter(name__in=found).values_list("name", flat=True))
    return found


def demand(text: str, *, field: str, label: str, names: bool = True) -> None:
    """Refused where a text that somebody writes holds a mobile or identity number, or the name of a person on record;
    names the field and the way out. `names` is off for what only those read who know the person anyway."""
    sentence = ""
    if kind := personal.found(text):
        sentence = _(personal.PROBLEMS[kind])
    elif names and (name := personal.first_named(text, persons([text]))):
        sentence = _("这里会公开，不能有在册人员的姓名“%(name)s”。不写人名再存") % {"name": name}
    if sentence:
        raise Refused(f"{label}：{sentence}", field=field, code="personal", errors={field: sentence})


def demand_none(texts: Iterable[str], way_out: str, *, names: bool = True) -> None:
    """Conflict before something is published of which a text holds such a number or name; `way_out`: where it is
    mended. `names` is off for what is registered under somebody's name, and public so."""
    texts = list(texts)
    for text in texts:
        if personal.found(text):
            raise Conflict(
                _("“%(text)s”里有电话或证件号码，不能公示。%(way_out)s")
                % {"text": text[:40], "way_out": way_out},
                code="personal",
            )
    known = persons(texts) if names else set()
    for text in texts if known else ():
        if name := personal.first_named(text, known):
            raise Conflict(
                _("“%(text)s”里有在册人员的姓名“%(name)s”，不能公示。%(way_out)s")
                % {"text": text[:40], "name": name, "way_out": way_out},
                code="personal",
            )


def strings(content: object) -> Iterable[str]:
    """Every text in what JSON can hold."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict):
        for one in content.values():
            yield from strings(one)
    elif isinstance(content, list | tuple):
        for one in content:
            yield from strings(one)
