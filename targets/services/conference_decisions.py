"""What follows from a meeting of the joint conference: decisions settled, the meeting closed. docs/conference.md."""

from __future__ import annotations

from datetime import date, datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.translation import ngettext

from portal.access import Actor
from portal.errors import Conflict
from portal.services import audit
from portal.services.steps import step
from portal.templatetags.ui import day_words
from targets.models.conferences import Conference, ConferenceDecision, DecisionUnit
from targets.rules import conferences as rules
from targets.services.conferences import fixed, kept, locked, noted


def decisions_of(row: Conference) -> tuple[dict[int, list[ConferenceDecision]], list[ConferenceDecision]]:
    """(item's id -> its decisions, open decisions of meetings that were confirmed before this one)."""
    before = Q(state="open", item__conference__on__lte=row.on)
    found = with_line(ConferenceDecision.objects.filter(Q(item__conference=row) | before))
    own: dict[int, list[ConferenceDecision]] = {}
    others = []
    for one in found.order_by("item__conference__on", "item__position", "position", "pk"):
        if one.item.conference_id == row.pk:
            own.setdefault(one.item_id, []).append(one)
        else:
            others.append(one)
    return own, sorted(others, key=lambda one: one.due_on or date.max)


def with_line(rows: QuerySet) -> QuerySet:
    """Decisions with all that a line shows; `named`: their units' names by role."""
    units = DecisionUnit.objects.filter(decision=OuterRef("pk")).order_by("role", "pk")
    named = ArraySubquery(units.values(json=JSONObject(role="role", name="unit__name")))
    return rows.select_related("item__conference", "task").annotate(named=named)


def decisions():
    """Decisions of confirmed minutes with their units."""
    units = Prefetch("units", DecisionUnit.objects.select_related("unit"))
    rows = ConferenceDecision.objects.exclude(state="draft")
    return rows.select_related("item__conference", "task").prefetch_related(units)


@transaction.atomic
def settle(
    decision: ConferenceDecision, action: str, *, note: str, version: int, actor: Actor,
    now: datetime | None = None,
) -> ConferenceDecision:  # fmt: skip
    """`done` or `drop`, with a word on it: the task leaves the matrix after this day, nobody reports on it any more."""
    actor.demand("conference.keep")
    row, now = locked(decision.item.conference, version), now or timezone.now()
    decision = (
        ConferenceDecision.objects.select_for_update(of=("self",)).select_related("task").get(pk=decision.pk)
    )
    before, decision.state = decision.state, step(rules.DECISION, decision, action)
    decision.note, decision.settled_at, decision.settled_by = noted(note), now, actor.user
    decision.save()
    if decision.task is not None:
        decision.task.ends_on = max(timezone.localdate(now), decision.task.starts_on)
        decision.task.save(update_fields=["ends_on"])
    audit.record(
        f"targets.conference_decision.{action}", decision, actor=actor,
        changes={"state": [before, decision.state], "note": decision.note},
    )  # fmt: skip
    kept(row, "settle", row.state, actor=actor, decision=str(decision))
    return decision


@transaction.atomic
def close(row: Conference, *, version: int, actor: Actor) -> Conference:
    """Nothing is left to do. Conflict while a decision is open."""
    actor.demand("conference.keep")
    row = locked(row, version)
    before = row.state
    # what is closed is told as such, not as fixed
    row.state = step(rules.CONFERENCE, row, "close", None if before in rules.FIXED else fixed(row))
    still = ConferenceDecision.objects.filter(item__conference=row, state="open")
    count = still.count()
    if count:
        first = still.order_by("due_on").first()
        raise Conflict(
            ngettext(
                "还有 %(n)d 项决定在办（%(first)s%(day)s），办结以后再关",
                "还有 %(n)d 项决定在办（%(first)s%(day)s），办结以后再关",
                count,
            )
            % {
                "n": count,
                "first": first,
                "day": f" {day_words(first.due_on)}" if first.due_on else "",
            },
            code="open",
        )
    return kept(row, "close", before, actor=actor)
