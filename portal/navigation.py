"""What apps show together without importing each other: navigation, cards and queues of 'today', search, dossier.

Each app registers its part in `AppConfig.ready`; portal only keeps the lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import F, IntegerField, QuerySet, Value, Window
from django.db.models.functions import JSONObject, RowNumber

from portal.rules.machine import marked


@dataclass(frozen=True)
class Entry:
    """One line of the navigation, shown to whoever has the right. `count` (actor) -> int runs only where asked."""

    group: str
    label: str
    url: str  # a URL name that takes the district's slug
    icon: str
    right: str
    order: int = 100
    #: where else pages of this line are, as addresses begin below the district's: `map/`
    also: tuple[str, ...] = ()
    #: (actor) -> whether it stands in the bar of this person's phone; else its icon says so (IN_BAR)
    in_bar: Callable[[Any], bool] | None = None
    #: `city` or `districts`: only in tenants of that kind
    of: str = ""
    #: (actor) -> whether the line stands there at all, where the right alone does not tell
    shown: Callable[[Any], bool] | None = None


@dataclass(frozen=True)
class Waiting:
    """One thing that waits for the person: a query's row, never a copied list."""

    title: str
    facts: str
    url: str
    verb: str
    due: date | None = None
    state: str = "doing"  # one of the five shapes: ok warn bad doing none
    clock: str = ""
    order: int = 100
    #: Where the button leads on a phone-sized screen, where that is another place.
    phone: str = ""


@dataclass(frozen=True)
class Card:
    """A part of 'today' that an app serves itself: one hx-get per card. `shown`: (actor) -> whether it can say
    anything to this person."""

    url: str
    right: str
    title: str
    order: int = 100
    wide: bool = False
    shown: Callable[[Any], bool] | None = None
    #: on the city's own 'today', and on no district's
    of_city: bool = False


@dataclass(frozen=True)
class Resting:
    """Something that rests on a clause of a policy document: a rule, a target, a task, a parameter …"""

    kind: str
    text: str
    url: str = ""
    note: str = ""


@dataclass(frozen=True)
class Rests:
    """Rows of one kind that rest on clauses: `facts` of each (a name -> its column) in the order of columns `order`, and
    what is `shown` of them at which clauses: (the row's clause's id, its facts) -> [(a clause's id, Resting)]."""

    rows: QuerySet
    facts: dict[str, str]
    order: tuple[str, ...]
    shown: Callable[[int | None, dict], list[tuple[int | None, Resting]]]

    def query(self, number: int) -> QuerySet:
        """The same columns for every kind: its number, the clause, the place among its kind, the facts."""
        found = self.rows.order_by().annotate(
            rests_kind=Value(number, IntegerField()),
            rests_clause=F("clause_id"),
            rests_place=Window(RowNumber(), order_by=list(self.order)),
            rests_facts=JSONObject(**self.facts),
        )
        return found.values_list("rests_kind", "rests_clause", "rests_place", "rests_facts")


@dataclass(frozen=True)
class Effect:
    """What a value that is tried would do to one kind of row: how many turn bad and good, and which, by name."""

    title: str
    note: str
    #: (words, state, number, rows as (text, facts, url))
    parts: tuple = ()


@dataclass(frozen=True)
class Line:
    """A line of the day's message: words, one of the five shapes, an address within the portal."""

    words: str
    state: str = "doing"
    url: str = ""


@dataclass
class Registry:
    entries: list[Entry] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    queues: list[Callable] = field(default_factory=list)
    searches: list[Callable] = field(default_factory=list)
    #: portal.dossier.Stream: a facility's events
    streams: list = field(default_factory=list)
    #: (document, actor) -> [Rests]
    clauses: list[Callable] = field(default_factory=list)
    #: (key of a parameter, value, from which day, actor) -> Effect, or None where nothing hangs on it
    effects: list[Callable] = field(default_factory=list)
    #: actor -> [(type of subject, ids)]: entries of the audit log that the actor may not read yet
    veils: list[Callable] = field(default_factory=list)
    #: what ends on a day: portal.clocks.clock.Clock
    clocks: list = field(default_factory=list)
    #: (facility, actor) -> [Line]: what stands on a facility's page
    facts: list[Callable] = field(default_factory=list)
    #: (actor of the task, day, first day) -> ((person, day of the last digest) -> [Line]): what the day's one message
    #: tells a person. The first part reads the district once; no last digest is before its first day
    digests: list[Callable] = field(default_factory=list)

    def waiting(self, actor) -> list[Waiting]:
        """Everything that waits for the actor, from all apps, by due date."""
        found = [item for queue in self.queues for item in queue(actor)]
        return sorted(found, key=lambda w: (w.due is None, w.due or date.max, w.order, w.title))

    def resting(self, document, actor) -> dict[int | None, list[Resting]]:
        """What of all apps rests on the clauses of a document, by the clause's id; one query, however many kinds."""
        kinds = [kind for provider in self.clauses for kind in provider(document, actor)]
        first, *others = (kind.query(number) for number, kind in enumerate(kinds))
        found: dict[int | None, list[Resting]] = {}
        rows = sorted(first.union(*others, all=True), key=lambda row: (row[0], row[2]))
        for number, clause, _place, facts in rows:
            for at, one in kinds[number].shown(clause, facts):
                found.setdefault(at, []).append(one)
        return found

    def effects_of(self, key: str, value, starts_on: date, actor) -> list[Effect]:
        """What a new value of a parameter would change, from all apps; empty where nothing hangs on it."""
        found = [effect(key, value, starts_on, actor) for effect in self.effects]
        return [one for one in found if one is not None]

    def facts_of(self, facility, actor) -> list[Line]:
        """What all apps say of a facility on its page."""
        return [line for fact in self.facts for line in fact(facility, actor)]

    def veiled(self, actor) -> list[tuple[str, object]]:
        """What the audit log keeps back from the actor until it is public."""
        return [one for veil in self.veils for one in veil(actor)]

    def search(self, actor, text: str) -> list[Hit]:
        return [hit for search in self.searches for hit in search(actor, text)]

    def dossier(self) -> list:
        """The streams of all apps in an order that no start of the program changes: places in it stand in addresses.

        Backwards, because the keys of one kind are numbered as things happen, and a day's latest stands first.
        """
        return sorted(self.streams, key=lambda stream: stream.key, reverse=True)


@dataclass(frozen=True)
class Event:
    """A line of a facility's dossier."""

    day: date
    state: str
    fact: str
    detail: str = ""
    url: str = ""
    #: of portal.dossier.KINDS, and the row's id
    kind: str = ""
    number: int = 0


@dataclass(frozen=True)
class Hit:
    """A line of the search from everywhere."""

    title: str
    facts: str
    url: str
    icon: str = "chevron-right"
    #: markup that stands behind the title
    mark: str = ""


REGISTRY = Registry()

#: Groups of the navigation in order.
GROUPS = ["", marked("监管"), marked("规划"), marked("服务"), marked("公开"), marked("设置")]


#: What only a district does: the city's own tenant has no facilities and no inspections.
OF_DISTRICTS = {marked("监管"), marked("服务")}


def belongs(entry: Entry, district) -> bool:
    """Whether the line is for tenants of this kind."""
    return entry.of in ("", "city" if district.is_city else "districts")


def groups_for(actor, district, reverse: Callable) -> Iterable[dict]:
    for name in GROUPS:
        if district.is_city and name in OF_DISTRICTS:
            continue
        items = [
            {
                "label": e.label,
                "url": reverse(e.url, args=[district.slug]),
                "icon": e.icon,
                "name": e.url,
                "also": [f"/{district.slug}/{beginning}" for beginning in e.also],
                "first": bool(e.in_bar and e.in_bar(actor)),
            }
            for e in sorted(REGISTRY.entries, key=lambda e: e.order)
            if e.group == name
            and actor.may(e.right)
            and belongs(e, district)
            and (e.shown is None or e.shown(actor))
        ]
        if items:
            yield {"label": name, "items": items}
