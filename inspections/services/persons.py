"""Whose names stand in the records of inspections: asked of a text before it is published."""

from __future__ import annotations

from inspections.models import Complaint, Inspector, Recusal
from portal.crypto import keyed_hash
from portal.services import publicity


def name_hash(name: str) -> str:
    """Of somebody who complained: '' where no name was left."""
    return keyed_hash(f"complainant:{name}") if name else ""


def named(names: set[str]) -> set[str]:
    """Those of the names that an inspector, somebody who complained, or somebody who asked for a recusal has."""
    asked = publicity.among(names)
    recusals = Recusal.objects.filter(name__in=asked).order_by().values_list("name", flat=True)
    inspectors = Inspector.objects.filter(name__in=asked).order_by().values_list("name", flat=True)
    hashed = {name_hash(name): name for name in names}
    complaints = Complaint.objects.filter(name_hash__in=publicity.among(hashed)).order_by()
    found = complaints.values_list("name_hash", flat=True)
    return set(inspectors.union(recusals)) | {hashed[one] for one in found}
