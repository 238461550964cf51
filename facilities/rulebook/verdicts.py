"""Verdicts on facilities: of one, of one rule, counted by street, and what a change would do. Set-based, on any day.

Every function takes `on`, the day of judgement: rules and parameters in force on it, records of it. `only` are the ids
of facilities that may be seen, None for all of the district.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.utils import timezone

from facilities.models.credit import LISTING
from facilities.models.facilities import Facility
from facilities.models.rulebook import Rule, Verdict
from facilities.rulebook.base import AS_IT_STOOD, BOOK, Bound, Test, renamed, wide
from facilities.rules.rulebook import MET, NOT_MET, UNKNOWN, VERDICTS
from facilities.supply import OPERATING
from portal.models.policy import Parameter
from portal.rules.rights import Reach

#: The register as it stood at the end of a past day, by its history; a row that came into it later stands as it
#: came first. What the rows date themselves (opened, closed, changes of state) is read from today's.
REGISTER_THEN = f"""(
    SELECT DISTINCT ON (h.id) h.* FROM facilities_facilityhistory h
    JOIN facilities_facility now ON now.district_id = h.district_id AND now.id = h.id
    ORDER BY h.id, {AS_IT_STOOD}
)"""
OPERATING_THEN = OPERATING.replace(
    "FROM facilities_facility f", f"FROM {REGISTER_THEN} f JOIN facilities_facility d ON d.id = f.id", 1
)
for _column in ("opened_on", "closed_on", "state"):
    OPERATING_THEN = OPERATING_THEN.replace(f"f.{_column}", f"d.{_column}")


def operating(on: date) -> str:
    """SQL of the facilities that are judged on the day: as the register stands, for a past day as it stood."""
    return OPERATING if on >= timezone.localdate() else OPERATING_THEN


def judged(its: Sequence[Bound], on: date, **more) -> str:
    """The statement that judges the facilities of a day, see base.wide."""
    return wide(its, operating(on), past=on < timezone.localdate(), **more)


@dataclass(frozen=True)
class Found:
    """A verdict: what was measured (`value`, `of` how many), what is asked (`limit`)."""

    facility_id: int
    rule: Rule
    verdict: str
    value: Any
    limit: Any
    of: int | None
    street_id: int | None = None
    code: str = ""
    name: str = ""
    since: date | None = None
    #: seen on the first look of all, so perhaps older
    at_least: bool = False
    #: the list of the credit record on which the facility stands today
    listing: str | None = None

    @property
    def test(self) -> Test:
        return BOOK.tests[self.rule.key]


@dataclass(frozen=True)
class Counts:
    """How many facilities meet a rule, do not, or cannot be judged."""

    not_met: int = 0
    met: int = 0
    unknown: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.not_met + other.not_met, self.met + other.met, self.unknown + other.unknown)

    @property
    def total(self) -> int:
        return self.not_met + self.met + self.unknown

    @property
    def share(self) -> float | None:
        return 100 * self.met / self.total if self.total else None


def counts_of(found: Sequence[Found]) -> Counts:
    """How many of one facility's verdicts are which."""
    return Counts(*(sum(one.verdict == verdict for one in found) for verdict in VERDICTS))


def rules(on: date, key: str | None = None) -> list[Rule]:
    """The rules in force on the day, in the order of the rulebook; those whose test is not on the shelf are left out."""
    found = Rule.objects.current(on).select_related("clause__document").order_by("position", "key")
    if key is not None:
        found = found.filter(key=key)
    return [rule for rule in found if rule.key in BOOK.tests]


def bound(found: Sequence[Rule]) -> list[Bound]:
    return [Bound(BOOK.tests[rule.key], rule.kinds) for rule in found]


def reach(actor) -> list[int] | None:
    """Ids of the facilities whose verdicts the actor may see, None for all."""
    if Reach.ALL in actor.reaches("rule.view"):
        return None
    return list(Facility.objects.allowed(actor, "rule.view").values_list("pk", flat=True))


@dataclass(frozen=True)
class Known:
    """The parameters that tests ask for, with the days of a judgement; read once for a page."""

    on: date
    days: dict[str, Any]
    versions: list[Parameter]

    def in_force(self, day: date) -> list[Parameter]:
        return [p for p in self.versions if p.starts_on <= day and (p.ends_on is None or p.ends_on >= day)]


def known(on: date) -> Known:
    days = {name: day(on) for name, day in BOOK.days.items()}
    versions = Parameter.objects.filter(key__in=sorted(set(BOOK.parameters.values())), starts_on__lte=on)
    return Known(on, days, list(versions.order_by("key", "starts_on")))


def arguments(
    found: Sequence[Bound], on: date, *, changed: dict[str, Any] | None = None, base: Known | None = None
) -> dict[str, Any]:
    """What the statement names: days, parameters in force (`changed`: key -> a value to try instead), kinds."""
    base, changed = base or known(on), changed or {}
    here = {p.key: p.value for p in base.in_force(on)} | changed
    then = {p.key: p.value for p in base.in_force(base.days.get("year_end", on))}
    values = {
        name: (then if name in BOOK.of_year else here).get(key) for name, key in BOOK.parameters.items()
    }
    return base.days | values | {f"kinds_{n}": list(one.kinds) for n, one in enumerate(found)}


def rows(statement: str, values: dict) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def narrowed(values: dict, only: Iterable[int] | None, streets: Iterable[int] | None) -> dict:
    """Keywords for `wide`, and their arguments put into `values`."""
    if only is not None:
        values["facility_ids"] = list(only)
    if streets is not None:
        values["street_ids"] = list(streets)
    return {"some": only is not None, "streets": streets is not None}


def read(found: Sequence[Rule], row: tuple, since: dict) -> list[Found]:
    """A row of `wide` as verdicts, in the order of the rules; those that do not bind are left out."""
    facility_id, street_id, code, name, _kind, *columns = row
    verdicts = []
    for number, rule in enumerate(found):
        judged, value, limit, of = columns[4 * number : 4 * number + 4]
        if judged is None:
            continue
        verdict = VERDICTS[judged]
        began, first = since.get((facility_id, rule.key, verdict), (None, False))
        verdicts.append(
            Found(facility_id, rule, verdict, value, limit, of, street_id, code, name, began, first)
        )
    return verdicts


def of_all(
    on: date,
    *,
    verdict: str = NOT_MET,
    only: Iterable[int] | None = None,
    after: str = "",
    limit: int = 100,
) -> list[list[Found]]:
    """The facilities that have this verdict on some rule, by code after a code; of each all such verdicts."""
    found = rules(on)
    if not found:
        return []
    its = bound(found)
    values = arguments(its, on) | {"verdict": VERDICTS.index(verdict), "place": after}
    some = " OR ".join(f"j{n} = %(verdict)s" for n in range(len(its)))
    inner = judged(its, on, **narrowed(values, only, None))
    answer = rows(
        f"SELECT * FROM ({inner} OFFSET 0) w WHERE ({some}) AND code > %(place)s"
        f" ORDER BY code LIMIT {int(limit)}",
        values,
    )
    since = open_since([row[0] for row in answer], on)
    return [[one for one in read(found, row, since) if one.verdict == verdict] for row in answer]


def of_facility(facility_id: int, on: date) -> list[Found]:
    """All verdicts on one facility, not met first, then unknown; empty where it does not operate on the day."""
    found = rules(on)
    if not found:
        return []
    its = bound(found)
    values = arguments(its, on)
    statement = judged(its, on, **narrowed(values, [facility_id], None))
    answer = rows(statement, values)
    if not answer:
        return []
    verdicts = read(found, answer[0], open_since([facility_id], on))
    order = (NOT_MET, UNKNOWN, MET)
    return sorted(verdicts, key=lambda one: (order.index(one.verdict), one.rule.position))


def open_since(
    facility_ids: Iterable[int], on: date, rule: str | None = None
) -> dict[tuple, tuple[date, bool]]:
    """(facility, rule, verdict) -> (since when, whether seen on the first look), of what held on the day."""
    kept = Verdict.objects.current(on).filter(facility_id__in=list(facility_ids))
    if rule is not None:
        kept = kept.filter(rule=rule)
    return {
        (row[0], row[1], row[2]): (row[3], row[4])
        for row in kept.values_list("facility_id", "rule", "value", "starts_on", "first_look")
    }


def of_rule(
    rule: Rule,
    on: date,
    *,
    verdict: str = NOT_MET,
    only: Iterable[int] | None = None,
    streets: Iterable[int] | None = None,
    after: str = "",
    before: str = "",
    limit: int = 50,
    base: Known | None = None,
) -> list[Found]:
    """Facilities with this verdict by their code, after (or before) a code; up to `limit`."""
    its = bound([rule])
    values = arguments(its, on, base=base) | {"verdict": VERDICTS.index(verdict), "place": after or before}
    inner = judged(its, on, **narrowed(values, only, streets))
    place = " AND code > %(place)s" if after else " AND code < %(place)s" if before else ""
    found = rows(
        f"SELECT facility_id, street_id, code, name, v0, l0, o0, {LISTING} FROM ({inner}) w WHERE j0 = %(verdict)s{place}"
        f" ORDER BY code {'DESC' if before and not after else ''} LIMIT {int(limit)}",
        values,
    )
    if before and not after:
        found.reverse()
    since = open_since([row[0] for row in found], on, rule.key)
    answer = []
    for pk, street_id, code, name, value, asked, of, listing in found:
        began, first = since.get((pk, rule.key, verdict), (None, False))
        answer.append(
            Found(pk, rule, verdict, value, asked, of, street_id, code, name, began, first, listing)
        )
    return answer


def counted(
    found: Sequence[Rule],
    on: date,
    *,
    only: Iterable[int] | None = None,
    streets: Iterable[int] | None = None,
    base: Known | None = None,
) -> dict[int, dict[str, Counts]]:
    """Street -> key of a rule -> counts; one statement."""
    its = bound(found)
    if not its:
        return {}
    values = arguments(its, on, base=base)
    inner = judged(its, on, values=False, **narrowed(values, only, streets))
    columns = ", ".join(
        f"count(*) FILTER (WHERE j{n} = {value})" for n in range(len(its)) for value in range(len(VERDICTS))
    )
    answer: dict[int, dict[str, Counts]] = {}
    for street_id, *numbers in rows(
        f"SELECT street_id, {columns} FROM ({inner} OFFSET 0) w GROUP BY street_id", values
    ):
        answer[street_id] = {
            rule.key: Counts(*numbers[3 * n : 3 * n + 3])
            for n, rule in enumerate(found)
            if any(numbers[3 * n : 3 * n + 3])
        }
    return answer


def summed(counted: dict[int, dict[str, Counts]]) -> dict[str, Counts]:
    """Counts of the whole district by rule."""
    found: dict[str, Counts] = {}
    for by_rule in counted.values():
        for key, counts in by_rule.items():
            found[key] = found.get(key, Counts()) + counts
    return found


@dataclass(frozen=True)
class Standing:
    """A facility with the number of rules that it does not meet, and that cannot be judged."""

    facility_id: int
    street_id: int
    code: str
    name: str
    not_met: int
    unknown: int


def worst(
    found: Sequence[Rule],
    on: date,
    *,
    only: Iterable[int] | None = None,
    streets: Iterable[int] | None = None,
    limit: int = 20,
    base: Known | None = None,
) -> list[Standing]:
    """Facilities with something that is not met, most first."""
    its = bound(found)
    if not its:
        return []
    values = arguments(its, on, base=base)
    inner = judged(its, on, values=False, **narrowed(values, only, streets))

    def many(value: int) -> str:
        return " + ".join(f"(j{n} = {value} IS TRUE)::int" for n in range(len(its)))

    return [
        Standing(*row)
        for row in rows(
            "SELECT * FROM (SELECT facility_id, street_id, code, name,"
            f" {many(0)} AS not_met, {many(2)} AS unknown FROM ({inner} OFFSET 0) w) s"
            f" WHERE not_met > 0 ORDER BY not_met DESC, unknown DESC, code LIMIT {int(limit)}",
            values,
        )
    ]


@dataclass(frozen=True)
class Turned:
    """A facility whose verdict a tried value would change."""

    rule: Rule
    facility_id: int
    street_id: int
    code: str
    name: str
    before: str
    after: str
    value: Any
    of: int | None


def tried(key: str, value: Any, starts_on: date, on: date) -> list[Turned] | None:
    """Whose verdict would change if the parameter `key` were `value`: by today's records, the rules in force on the
    day from which it would hold, everything else as it is. None where no rule asks for the parameter."""
    found = [rule for rule in rules(starts_on) if key in BOOK.keys_of(BOOK.tests[rule.key])]
    if not found:
        return None
    its = bound(found)
    now, then = arguments(its, on), arguments(its, on, changed={key: value})
    inner = judged(its, on)
    changes = []
    statement = f"FROM ({inner}) a JOIN ({renamed(inner, 'new_')}) b ON b.facility_id = a.facility_id"
    values = now | {f"new_{name}": one for name, one in then.items()}
    for n, rule in enumerate(found):
        for row in rows(
            f"SELECT b.facility_id, b.street_id, b.code, b.name, a.j{n}, b.j{n}, b.v{n}, b.o{n} {statement}"
            f" WHERE a.j{n} IS DISTINCT FROM b.j{n} ORDER BY b.code",
            values,
        ):
            pk, street_id, code, name, before, after, measured, of = row
            changes.append(
                Turned(
                    rule,
                    pk,
                    street_id,
                    code,
                    name,
                    "" if before is None else VERDICTS[before],
                    "" if after is None else VERDICTS[after],
                    measured,
                    of,
                )
            )
    return changes
