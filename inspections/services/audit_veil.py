"""What of the audit log is kept back until a visit is over: it would tell who is to be inspected, and by whom."""

from __future__ import annotations

from inspections.models import Inspection
from portal.access import Actor


def veiled(actor: Actor) -> list[tuple[str, object]]:
    """(type of subject, ids): entries about visits that are still to be made and that the actor may not know of."""
    known = Inspection.objects.known_to(actor).open().values("pk")
    hidden = Inspection.objects.open().exclude(pk__in=known)
    return [(Inspection._meta.label_lower, hidden.values("pk"))]
