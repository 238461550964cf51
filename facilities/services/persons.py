"""Whose names stand in the register: asked of a text before it is published (portal/services/publicity.py)."""

from __future__ import annotations

from facilities.models import (
    Applicant,
    BanDecision,
    Facility,
    HandOver,
    StaffMember,
    Trainer,
    Volunteer,
)
from facilities.services import children
from portal.services import publicity


def named(names: set[str]) -> set[str]:
    """Those of the names that somebody on file has: staff, heads, applicants, trainers, volunteers, people of bans and
    hand-overs, children and parents. Three queries, whatever the texts."""
    asked = publicity.among(names)
    plain = [
        model.objects.filter(**{f"{field}__in": asked}).order_by().values_list(field, flat=True)
        for model, field in (
            (Facility, "head"),
            (Applicant, "name"),
            (Trainer, "name"),
            (Volunteer, "name"),
            (BanDecision, "name"),
            (HandOver, "name"),
        )
    ]
    staff = StaffMember.objects.filter(name__in=asked).order_by().values_list("name", flat=True)
    return set(staff.union(*plain)) | children.names_on_file(names)
