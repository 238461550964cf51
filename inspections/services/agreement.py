"""Items answered twice: drawn at a visit's start, answered apart by the second inspector, compared afterwards."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models.credit import listing
from inspections.models import (
    Answer,
    ChecklistItem,
    DoubleDraw,
    Inspection,
    Inspector,
    SecondAnswer,
)
from inspections.rules import agreement as rules
from inspections.rules.states import ANSWERS
from inspections.services.answers import Given, demand_member, lock
from inspections.services.checklists import items_of
from portal.access import Actor
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.services import audit, parameters

SHARE, LEAST, LOW = "agreement.share_percent", "agreement.least", "agreement.low"


def draw_items(
    inspection: Inspection,
    team: list[Inspector],
    *,
    actor: Actor,
    seed: str = "",
    now: datetime | None = None,
) -> DoubleDraw | None:
    """Draws the items of a visit that has just begun and who answers them again; None where the district draws none.
    seed: 64 hex digits, in a demonstration; else chance. Both are kept, so that anybody can draw again."""
    now = now or timezone.now()
    percent = parameters.values([SHARE], timezone.localdate(now)).get(SHARE, 0)
    if not percent or len(team) < 2 or inspection.joint:  # each item of a joint visit is one department's
        return None
    seed = seed or secrets.token_hex(32)
    secret = bytes.fromhex(seed)
    keys = rules.drawn(
        secret, inspection.number, items_of(inspection).order_by().values_list("key", flat=True), percent
    )
    code = rules.second(secret, inspection.number, [one.code for one in team])
    if not keys:
        return None
    made = DoubleDraw.objects.create(
        inspection=inspection,
        second=next(one for one in team if one.code == code),
        seed=seed,
        percent=percent,
        keys=keys,
        drawn_at=now,
    )
    audit.record(
        "inspections.agreement.draw",
        inspection,
        actor=actor,
        changes={"seed": seed, "second": code, "items": keys},
    )
    return made


def draw_of(inspection: Inspection) -> DoubleDraw | None:
    """The visit's draw; no query where the visit was fetched with `double__second`."""
    try:
        return inspection.double
    except DoubleDraw.DoesNotExist:
        return None


def is_second(draw: DoubleDraw | None, actor: Actor) -> bool:
    return draw is not None and actor.user is not None and draw.second.user_id == actor.user.pk


def answers_apart(inspection: Inspection, item: ChecklistItem | None, actor: Actor) -> bool:
    """Whether the item was drawn and the actor is who answers it again."""
    draw = draw_of(inspection)
    return (
        item is not None
        and is_second(draw, actor)
        and item.key in draw.keys
        and items_of(inspection).filter(pk=item.pk).exists()
    )


def open_items(inspection: Inspection, draw: DoubleDraw) -> list[ChecklistItem]:
    """The drawn items without a second answer, in the order of the visit's sheet."""
    given = SecondAnswer.objects.filter(draw=draw).values("item")
    return list(items_of(inspection).filter(key__in=draw.keys).exclude(pk__in=given))


def pending(inspection: Inspection, actor: Actor) -> set[int]:
    """Ids of the items whose answers the actor must not see yet, because the own second answer is still to come."""
    if inspection.state != "under_way" or actor.user is None:
        return set()
    draw = draw_of(inspection)
    if not is_second(draw, actor):
        return set()
    return {one.pk for one in open_items(inspection, draw)}


def demand_seen(inspection: Inspection, item: ChecklistItem, actor: Actor) -> None:
    """Conflict where the actor would give the record's answer to an item whose second answer is still to come, or
    whose first: the record's answer is the other's."""
    if item.pk in pending(inspection, actor):
        raise Conflict(_("这一项抽中了双评：先在双评页上各判各的，再看记录"), code="double")
    if answers_apart(inspection, item, actor) and not Answer.objects.filter(
        inspection=inspection, item=item
    ).exclude(value=""):
        raise Conflict(_("这一项抽中了双评，你已经判过。记录里的等组里另一人来判"), code="double")


def answer_again(
    inspection: Inspection, given: Mapping[int, Given], *, actor: Actor, now: datetime | None = None
) -> list[SecondAnswer]:
    """The second inspector's own answers by the item's id, while the visit is under way; each is given once.

    Nothing of the record changes. Denied to anybody else, NotFound for an item that was not drawn, Conflict for one that
    was answered again already.
    """
    actor.demand("agreement.answer")
    inspection = lock(inspection)
    demand_member(inspection, actor, "agreement.answer")
    draw = draw_of(inspection)
    if not is_second(draw, actor):
        raise Denied(_("这次检查的双评不归你判"), code="not_second")
    if inspection.state != "under_way":
        raise Conflict(
            _("检查 %(number)s 已经不在进行中，双评没有存") % {"number": inspection.number}, code="state"
        )
    now = now or timezone.now()
    known = {one.pk: one for one in items_of(inspection).filter(key__in=draw.keys)}
    done = set(SecondAnswer.objects.filter(draw=draw).values_list("item", flat=True))
    if set(given) - known.keys():
        raise NotFound(_("有一项没有抽中双评"), code="item")
    if done & set(given):
        raise Conflict(_("有一项已经判过，双评只判一次。刷新页面看还剩哪些"), code="stale")
    rows = []
    for pk, one in given.items():
        if one.value not in ANSWERS:
            raise Refused(_("选“符合”“不符合”或“未查”"), field=f"value-{pk}", code="value")
        note = one.note.strip()
        if len(note) > rules.NOTE:
            raise Refused(_("说明最多 %(n)d 个字") % {"n": rules.NOTE}, field=f"note-{pk}", code="note")
        rows.append(
            SecondAnswer(draw=draw, item=known[pk], value=one.value, note=note, by=draw.second, at=now)
        )
    made = SecondAnswer.objects.bulk_create(rows)
    audit.record("inspections.agreement.answer", inspection, actor=actor, changes={"items": len(made)})
    return made


# --- What came of it --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pair:
    """One item of one visit, answered by two people."""

    visit: Inspection
    item: ChecklistItem
    first: str
    again: str
    first_by: Inspector
    again_by: Inspector
    note: str
    origin: str

    @property
    def same(self) -> bool:
        return self.first == self.again

    @property
    def people(self) -> tuple[str, str]:
        return tuple(sorted((self.first_by.code, self.again_by.code)))


def pairs(actor: Actor, year: int | None = None) -> list[Pair]:
    """All pairs that the actor may know of, the latest visit first; four queries.

    Of visits that are over. A drawn one whose evidence is not public yet is known to the bureau alone. An answer that the
    same person gave twice is no pair.
    """
    actor.demand("agreement.view")
    rows = SecondAnswer.objects.filter(draw__inspection__state__in=("finished", "published"))
    if not actor.may("draw.witness"):
        rows = rows.filter(
            Q(draw__inspection__draw__isnull=True) | Q(draw__inspection__draw__state="published")
        )
    if year is not None:
        rows = rows.filter(draw__inspection__finished_on__year=year)
    rows = rows.select_related("draw__inspection__facility", "item__version__checklist", "by").order_by(
        "-draw__inspection__finished_on", "draw__inspection", "pk"
    )
    rows = list(rows.annotate(listing=listing("draw__inspection__facility")))
    first = {
        (one.inspection_id, one.item_id): one
        for one in Answer.objects.filter(inspection__in={row.draw.inspection_id for row in rows})
        .filter(item__in={row.item_id for row in rows})
        .only("inspection", "item", "value", "by", "district")
    }
    inspectors = {one.user_id: one for one in Inspector.objects.filter(user__isnull=False)}
    found = []
    for row in rows:
        given = first.get((row.draw.inspection_id, row.item_id))
        by = inspectors.get(given.by_id) if given is not None else None
        if given is None or given.value not in ANSWERS or by is None or by.pk == row.by_id:
            continue
        visit = row.draw.inspection
        visit.listing = row.listing
        found.append(Pair(visit, row.item, given.value, row.value, by, row.by, row.note, row.origin))
    return found


def key_of(pair: Pair, of: str) -> str:
    """Under which heading a pair counts: its item, its list, or its two people."""
    if of == "lists":
        return pair.item.version.checklist.key
    if of == "people":
        return "~".join(pair.people)
    return pair.item.key


OF = ("items", "lists", "people")


@dataclass
class Line:
    key: str
    pairs: list[Pair]
    found: rules.Agreement
    few: bool
    low: bool

    @property
    def item(self) -> ChecklistItem:
        return self.pairs[0].item


def limits(on: date) -> tuple[float, float]:
    """How many pairs it takes to say anything, and the kappa below which a heading is marked."""
    values = parameters.values([LEAST, LOW], on)
    return values.get(LEAST, 0), values.get(LOW, 0)


def lines(found: list[Pair], of: str, limit: tuple[float, float]) -> list[Line]:
    """The agreement under each heading, `limit` as `limits` gives it; those that are too few last, the lowest kappa
    first."""
    least, low = limit
    groups: dict[str, list[Pair]] = {}
    for pair in found:
        groups.setdefault(key_of(pair, of), []).append(pair)
    made = []
    for key, mine in groups.items():
        answers = [(one.first, one.again) for one in mine]
        if of == "people":  # always the same of the two first
            one_is = mine[0].people[0]
            answers = [(p.first, p.again) if p.first_by.code == one_is else (p.again, p.first) for p in mine]
        result = rules.agreement(answers)
        few = result.n < least
        made.append(Line(key, mine, result, few, not few and result.kappa is not None and result.kappa < low))
    return sorted(made, key=lambda one: (one.few, one.found.kappa is None, one.found.kappa or 0, one.key))


def whole(found: list[Pair]) -> rules.Agreement | None:
    return rules.agreement([(one.first, one.again) for one in found])
