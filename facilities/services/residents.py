"""Residents of the streets: entered by the bureau, proposed by the street, decided, corrected by a new version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Population
from facilities.rules import residents as rules
from facilities.rules.states import POPULATION
from facilities.services.refusals import refuse, refuse_field
from portal.access import Actor
from portal.errors import Conflict, Denied
from portal.models.places import Street
from portal.rules.rights import Reach
from portal.services import audit
from portal.services.bulk import BATCH, refuse_row


def labels() -> dict[str, str]:
    return {kind: _(label) for kind, label in rules.KINDS.items()} | {
        "year": _("年份"),
        "counted_on": _("统计时点"),
        "source": _("来源"),
        "note": _("更正说明"),
    }


def figures(
    street: Street, year: int, state: str = "in_force", *, lock: bool = False
) -> dict[str, Population]:
    """kind -> the figure of a street's year that is in force (or proposed)."""
    rows = Population.objects.filter(street=street, year=year, state=state)
    if lock:
        rows = rows.select_for_update()
    return {row.kind: row for row in rows}


def last_versions(street: Street, year: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for kind, version in Population.objects.filter(street=street, year=year).values_list("kind", "version"):
        found[kind] = max(version, found.get(kind, 0))
    return found


def replaced(row: Population) -> None:
    row.state = POPULATION.next_state(row.state, "replace")
    row.save(update_fields=["state"])


def enter_figures(
    street: Street,
    year: int,
    counts: Mapping[str, int | None],
    *,
    counted_on: date | None,
    source: str,
    actor: Actor,
    note: str = "",
    on: date | None = None,
) -> list[Population]:
    """Enters the figures of a street's year: new versions of those that differ from what is in force.

    The bureau's are in force at once; a street officer's wait for the bureau, and replace what the street proposed
    before. counts: kind -> persons, None where nothing is said. A correction of a figure in force needs a note.
    Returns what was made, nothing when everything stood already. Refused with every problem at once.
    """
    if not Street.objects.allowed(actor, "residents.enter").filter(pk=street.pk).exists():
        raise Denied(_("只能填自己街镇的人口数"))
    today = on or timezone.localdate()
    Street.objects.select_for_update().get(pk=street.pk)  # one at a time writes a street's figures
    given = {kind: count for kind, count in counts.items() if count is not None}
    if unknown := given.keys() - rules.KINDS.keys():
        raise TypeError(f"no kinds of residents: {sorted(unknown)}")
    problems = rules.frame_problems(year, counted_on, source, today)
    if not given:
        problems.append(("total", "nothing", {}))
    standing = figures(street, year, lock=True)
    proposed = figures(street, year, "proposed", lock=True)
    problems += rules.problems({kind: row.count for kind, row in standing.items()} | given, year)
    decides = Reach.ALL in actor.reaches("residents.enter")
    source = source.strip()
    changed = {
        kind: count
        for kind, count in given.items()
        if kind not in standing
        or (standing[kind].count, standing[kind].source, standing[kind].counted_on)
        != (count, source, counted_on)
    }
    corrected = [kind for kind in changed if kind in standing and standing[kind].count != changed[kind]]
    if corrected and len(note.strip()) < 2:
        problems.append(("note", "note", {}))
    refuse(problems, rules.PROBLEMS, labels())
    if not decides:  # what the street proposed already, word for word, stays
        changed = {
            kind: count
            for kind, count in changed.items()
            if kind not in proposed
            or (proposed[kind].count, proposed[kind].source, proposed[kind].counted_on)
            != (count, source, counted_on)
        }
    if not changed:
        return []
    versions = last_versions(street, year)
    now = timezone.now()
    state = POPULATION.next_state(POPULATION.initial, "accept") if decides else POPULATION.initial
    made, entry = [], {}
    for kind, count in changed.items():
        before = standing.get(kind)
        if kind in proposed:
            replaced(proposed[kind])
        if before is not None and decides:
            replaced(before)
        made.append(
            Population.objects.create(
                street=street,
                year=year,
                kind=kind,
                count=count,
                source=source,
                counted_on=counted_on,
                version=versions.get(kind, 0) + 1,
                state=state,
                note=note.strip(),
                entered_by=actor.user,
                decided_by=actor.user if decides else None,
                decided_at=now if decides else None,
            )
        )
        entry[kind] = [before.count if before else None, count]
    audit.record(
        "facilities.population.enter" if decides else "facilities.population.propose",
        street,
        actor=actor,
        name=f"{street.name} {year}",
        changes=entry | {"year": year, "source": source, "note": note.strip()},
    )
    return made


def decide_figures(
    street: Street, year: int, *, accept: bool, seen: Iterable[int], actor: Actor, note: str = ""
) -> list[Population]:
    """The bureau puts the street's proposal for a year in force, or refuses it with a reason.

    seen: ids of the proposed figures that the person looked at; Conflict when they are others by now.
    """
    actor.demand("residents.decide")
    Street.objects.select_for_update().get(pk=street.pk)
    proposed = figures(street, year, "proposed", lock=True)
    if {row.pk for row in proposed.values()} != set(seen) or not proposed:
        raise Conflict(
            _("%(street)s %(year)d 年的报数刚变过。按现在的数再看一次")
            % {"street": street.name, "year": year},
            code="stale",
        )
    if not accept and len(note.strip()) < 2:
        refuse_field("note", _("写明为什么不采用，街镇看得到"))
    standing = figures(street, year, lock=True)
    if accept:
        refuse(
            rules.problems(
                {kind: row.count for kind, row in standing.items()}
                | {kind: row.count for kind, row in proposed.items()},
                year,
            ),
            rules.PROBLEMS,
            labels(),
        )
    entry = {}
    for kind, row in proposed.items():
        before = standing.get(kind)
        if accept and before is not None:
            replaced(before)
        row.state = POPULATION.next_state(row.state, "accept" if accept else "refuse")
        row.decided_by, row.decided_at, row.decision_note = actor.user, timezone.now(), note.strip()[:200]
        row.save(update_fields=["state", "decided_by", "decided_at", "decision_note"])
        entry[kind] = [before.count if before else None, row.count]
    audit.record(
        "facilities.population.accept" if accept else "facilities.population.refuse",
        street,
        actor=actor,
        name=f"{street.name} {year}",
        changes=entry | {"year": year, "note": note.strip()},
    )
    return list(proposed.values())


def record_many(
    rows: list[tuple[Street, int, str, int]],
    *,
    source: str,
    actor: Actor,
    counted_on: Mapping[int, date] | None = None,
    on: date | None = None,
    note: str = "",
) -> int:
    """Figures from (street, year, kind, count), all of one source, in force at once; the same figures again change
    nothing. counted_on: year -> day, the year's end unless given. Returns how many new versions were made; Refused
    with the row's number. A constant number of statements per 2,000 rows.
    """
    actor.demand("residents.enter")
    if Reach.ALL not in actor.reaches("residents.enter"):
        raise Denied(_("整批人口数由区里导入"))
    today = on or timezone.localdate()
    days = counted_on or {}
    standing, versions = {}, {}
    for one in Population.objects.filter(year__in={row[1] for row in rows}):
        key = (one.street_id, one.year, one.kind)
        versions[key] = max(one.version, versions.get(key, 0))
        if one.state == "in_force":
            standing[key] = one
    counts: dict[tuple[int, int], dict[str, int]] = {}
    for key, one in standing.items():
        counts.setdefault(key[:2], {})[key[2]] = one.count
    first_of: dict[tuple[int, int, str], int] = {}
    for number, (street, year, kind, count) in enumerate(rows, 1):
        if kind not in rules.KINDS:
            refuse_row(number, _("种类：没有“%(kind)s”") % {"kind": kind}, "kind")
        if (street.pk, year, kind) in first_of:
            refuse_row(
                number,
                _("%(what)s 和第 %(other)d 行重复")
                % {
                    "what": f"{street.name} {year} {_(rules.KINDS[kind])}",
                    "other": first_of[street.pk, year, kind],
                },
                "kind",
            )
        first_of[street.pk, year, kind] = number
        day = days.get(year) or (date(year, 12, 31) if 1 <= year <= 9999 else None)
        problems = rules.frame_problems(year, day, source, today)
        refuse_first(number, problems or rules.problems({kind: count}, year))
        counts.setdefault((street.pk, year), {})[kind] = count
    for (street_id, year), whole in counts.items():
        if found := rules.problems(whole, year):
            number = min(n for (s, y, _kind), n in first_of.items() if (s, y) == (street_id, year))
            refuse_first(number, found)
    made, old, now = [], [], timezone.now()
    for street, year, kind, count in rows:
        key, day = (street.pk, year, kind), days.get(year, date(year, 12, 31))
        before = standing.get(key)
        if before is not None:
            if (before.count, before.source, before.counted_on) == (count, source, day):
                continue
            old.append(before.pk)
        made.append(
            Population(
                street=street,
                year=year,
                kind=kind,
                count=count,
                source=source,
                counted_on=day,
                version=versions.get(key, 0) + 1,
                state=POPULATION.next_state(POPULATION.initial, "accept"),
                note=note,
                entered_by=actor.user,
                decided_by=actor.user,
                decided_at=now,
            )
        )
    if old:
        Population.objects.filter(pk__in=old).update(state=POPULATION.next_state("in_force", "replace"))
    Population.objects.bulk_create(made, batch_size=BATCH)
    if made:
        audit.record(
            "facilities.population.record_many", None, actor=actor, name=source, changes={"count": len(made)}
        )
    return len(made)


def refuse_first(number: int, problems: list) -> None:
    for field, key, facts in problems[:1]:
        refuse_row(number, f"{labels().get(field, field)}：{_(rules.PROBLEMS[key]) % facts}", field)
