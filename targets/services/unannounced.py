"""Figures of streets that would tell whom to expect: which of them somebody may not see yet."""

from __future__ import annotations

from django.db.models import BooleanField, ExpressionWrapper, OuterRef, QuerySet

from inspections.services import undisclosed
from portal.access import Actor
from targets.metrics.registry import FAMILIES
from targets.models import Report, Snapshot

UNANNOUNCED = frozenset(m.key for family in FAMILIES if family.unannounced for m in family.metrics)


def with_veil(rows: QuerySet, *, actor: Actor, path: str = "") -> QuerySet:
    """Snapshots, or rows that have one at `path`, that know at once whether its months are `undisclosed`."""
    if undisclosed.knows_streets(actor):
        return rows
    veil = undisclosed.condition(OuterRef(f"{path}starts_on"), OuterRef(f"{path}ends_on"))
    return rows.annotate(undisclosed=ExpressionWrapper(veil, BooleanField()))


def veiled_metrics(actor: Actor, snapshot: Snapshot | None) -> frozenset[str]:
    """The metrics of which the actor sees the district's figure and no street's, in this snapshot, today."""
    if snapshot is None or undisclosed.knows_streets(actor):
        return frozenset()
    veil = getattr(snapshot, "undisclosed", None)
    if veil is None:
        veil = undisclosed.undisclosed(snapshot.starts_on, snapshot.ends_on)
    return UNANNOUNCED if veil else frozenset()


def told_differences(snapshot: Snapshot, veiled: frozenset[str]) -> list[dict]:
    """What differs from the snapshot before, without the streets of veiled figures."""
    return [d for d in snapshot.differs if not (d["street"] and d["metric"] in veiled)]


def reports_known_to(actor: Actor):
    """The reports that the actor may read: a draft, with its table of streets, whoever drafts or issues it only."""
    rows = Report.objects.allowed(actor, "report.view")
    if actor.may("report.draft") or actor.may("report.issue"):
        return rows
    return rows.filter(state="issued")
