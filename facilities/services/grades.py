"""The risk grade as the register keeps it. What leads to it, and who decides, stands above: inspections/services/grades.py
is the only caller, for a proposal that is confirmed as for a grade set by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Facility
from facilities.services.facilities import refuse_stale, touched
from facilities.services.refusals import refuse_field
from portal.access import Actor
from portal.errors import Denied, Refused
from portal.services import audit


@dataclass(frozen=True)
class Wanted:
    """A grade for one facility with what led to it. `version`: of the facility as the person saw it, None where the page
    was about something else that is checked."""

    facility: Facility
    grade: str
    reason: str
    version: int | None = None


def lock(facilities: Sequence[Facility], *, actor: Actor) -> dict[int, Facility]:
    """The rows by id, locked in their order; Denied for one out of reach."""
    ids = sorted({facility.pk for facility in facilities})
    rows = Facility.objects.allowed(actor, "grade.confirm").filter(pk__in=ids)
    found = {row.pk: row for row in rows.select_for_update(of=("self",)).order_by("pk")}
    if len(found) != len(ids):
        raise Denied(_("你的角色不能做这件事"))
    return found


def set_grades(wanted: Sequence[Wanted], *, actor: Actor) -> dict[int, Facility]:
    """Writes grades A to D, each facility's change on record with its reason; who has the grade already is left as it is.

    Three statements however many there are. Refused for another letter, without a reason, and for what is closed;
    Conflict where a facility is no longer the version that was seen.
    """
    rows = lock([one.facility for one in wanted], actor=actor)
    entries, changed = [], []
    for one in wanted:
        row = rows[one.facility.pk]
        if one.grade not in Facility.Grade.values:
            refuse_field("grade", _("风险等级是 A、B、C、D 中的一个"))
        if not 2 <= len(one.reason.strip()) <= 200:
            refuse_field("reason", _("写原因，2 到 200 个字"))
        if row.state == "closed":
            raise Refused(_("%(name)s已停办，资料不再改") % {"name": row.name}, code="closed")
        refuse_stale(row, one.version)
        if row.grade == one.grade:
            continue
        entry = {
            "grade": [row.grade, one.grade],
            "reason": one.reason.strip(),
            "version": [row.version, row.version + 1],
        }
        row.grade, row.version, row.changed_at = one.grade, row.version + 1, timezone.now()
        changed.append(row)
        entries.append((row, entry))
    if changed:
        Facility.objects.bulk_update(changed, ["grade", "version", "changed_at"], batch_size=1000)
        touched()
        audit.record_many("facilities.facility.grade", entries, actor=actor)
    return rows
