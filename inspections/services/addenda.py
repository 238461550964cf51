"""What happens to a draw's visit after the draw: an appended, hashed record beside the evidence."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.utils import timezone

from inspections.models import Draw, DrawAddendum, PublicRecord
from inspections.rules import draw as rules
from inspections.rules.frozen import canonical
from inspections.services import chains, draws
from portal.access import Actor
from portal.services import audit


def record_addendum(
    draw: Draw, kind: str, content: dict, *, actor: Actor, at: datetime | None = None
) -> DrawAddendum:
    """Appends to a draw what became of one of its visits; each record holds the hash of the one before.

    `content` has strings, integers, booleans, lists and dicts only, and codes instead of names. Its hash is
    public at once; its body tells who was drawn, so it becomes public together with the evidence. Few facilities
    and inspectors could be meant: the salt, which nobody can know before the link is public, keeps the hash from
    being guessed.
    """
    draw = draws.locked(draw)
    at = at or timezone.now()
    last = draw.addenda.order_by("-number").first()
    number = last.number + 1 if last else 1
    body = canonical(
        {
            "protocol": "shuangsuiji-1 addendum",
            "evidence_sha256": draw.evidence_sha256,
            "number": number,
            "previous": last.sha256 if last else "",
            "kind": str(kind),
            "at": at.isoformat(timespec="seconds"),
            "content": content,
            "salt": rules.ticket(chains.link(draw.chain, draw.month), "addendum", str(number)).hex(),
        }
    )
    sha256 = hashlib.sha256(body).hexdigest()
    addendum = DrawAddendum.objects.create(
        draw=draw, number=number, kind=kind, content=body, sha256=sha256, at=at, by=actor.user
    )
    draws.publish(draw, PublicRecord.Kind.ADDENDUM, sha256, at, body if draw.published_at else None)
    audit.record(
        "inspections.draw.addendum",
        draw,
        actor=actor,
        changes={"number": number, "kind": str(kind), "sha256": sha256},
    )
    return addendum
