"""What is appended to a draw afterwards, and the publication of its evidence when the last visit is over."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef

from inspections.models import Draw, DrawAddendum, Inspection, PublicRecord
from inspections.rules.states import DRAW, OPEN
from inspections.services import chains, draw_visits, draws
from inspections.services.addenda import record_addendum
from portal.access import Actor
from portal.services import audit
from portal.services.steps import step


def append_cancelled(draw: Draw, *, actor: Actor, at: datetime) -> int:
    """An addendum for each visit of the draw that was struck off and has none yet; returns how many."""
    told = {addendum.facts["content"].get("object") for addendum in draw.addenda.filter(kind="cancelled")}
    visits = draw.inspections.filter(state="cancelled").select_related("facility").order_by("position")
    new = [visit for visit in visits if visit.facility.code not in told]
    for visit in new:
        facts = {"object": visit.facility.code, "reason": visit.cancel_reason or "void"}
        record_addendum(draw, DrawAddendum.Kind.CANCELLED, facts, actor=actor, at=at)
    return len(new)


def publish_evidence(draw: Draw, *, actor: Actor, at: datetime | None = None) -> bool:
    """Makes the evidence file public if the draw's last visit is made or struck off; says whether it is public.

    A void draw's evidence follows with that of the draw that replaces it: both use the same link. And it waits for
    an earlier month of the chain that is frozen and not drawn yet: that month's link follows from this one's by
    hashing, and whoever knows it could choose the throw. `month.status` says so.
    """
    _on, at = chains.moment(None, at)
    chains.lock(f"draw {draw.chain.scheme_key}")  # no earlier month is frozen meanwhile
    draw = draws.locked(draw)
    if draw.published_at is not None:
        return True
    if draw.evidence is None or draw_visits.open_visits(draw).exists():
        return False
    if (
        draw.state == "void"
        and not Draw.objects.filter(
            chain=draw.chain, month=draw.month, pk__gt=draw.pk, state="published"
        ).exists()
    ):
        return False
    earlier = Draw.objects.filter(chain=draw.chain, month__lt=draw.month)
    if earlier.filter(state__in=("frozen", "witnessed")).exists():
        return False
    append_cancelled(draw, actor=actor, at=at)
    if draw.state != "void":
        draw.state = step(DRAW, draw, "publish")
    draw.published_at = at
    draw.save(update_fields=["state", "published_at"])
    draws.publish(draw, PublicRecord.Kind.EVIDENCE, draw.evidence_sha256, at, draw.evidence_file)
    for addendum in draw.addenda.all():
        draws.publish(
            draw,
            PublicRecord.Kind.ADDENDUM,
            addendum.sha256,
            at,
            bytes(addendum.content),
            str(addendum.number),
        )
    audit.record(
        "inspections.draw.publish", draw, actor=actor, changes={"evidence_sha256": draw.evidence_sha256}
    )
    return True


def publish_due(*, actor: Actor, at: datetime | None = None) -> int:
    """Publishes the evidence of every draw of the district that may be published; returns how many it were."""
    open_visits = Inspection.objects.filter(draw=OuterRef("pk"), state__in=OPEN)
    waiting = (
        Draw.objects.filter(published_at__isnull=True, evidence__isnull=False)
        .exclude(Exists(open_visits))
        .order_by("year", "month", "-pk")  # the replacing draw before the void one
    )
    return sum(publish_evidence(draw, actor=actor, at=at) for draw in waiting)
