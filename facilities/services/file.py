"""How every change of a facility's file begins and ends: the facility locked, the register's figures followed."""

from __future__ import annotations

from django.utils.translation import gettext as _

from facilities.models import Facility
from facilities.services.facilities import touched
from facilities.services.figures import FIGURES
from portal.access import Actor
from portal.errors import Conflict, Denied, Refused
from portal.models.records import StoredFile
from portal.services import audit
from portal.services.files import store_file


def begin(facility: Facility, *, actor: Actor, right: str = "facility.keep") -> Facility:
    """The facility's row, locked; Denied out of reach, Refused when it is closed."""
    if not Facility.objects.allowed(actor, right).filter(pk=facility.pk).exists():
        if actor.may("facility.keep"):
            raise Denied(_("这一项由区里登记，要改就申请变更"))
        raise Denied(_("只能改自己机构的资料"))
    row = Facility.objects.select_for_update().get(pk=facility.pk)
    if row.state == "closed":
        raise Refused(_("%(name)s已停办，资料不再改") % {"name": row.name}, code="closed")
    return row


def finish(row: Facility, action: str, *, actor: Actor, changes: dict, sums: tuple[str, ...] = ()) -> None:
    """Follows the figures named in `sums`, moves the register's number on if one moved, writes the audit entry."""
    entry = dict(changes)
    moved = {}
    for field in sums:
        value = FIGURES[field](row)
        if getattr(row, field) != value:
            moved[field] = [_plain(getattr(row, field)), _plain(value)]
            setattr(row, field, value)
    if moved:
        row.version += 1
        row.save(update_fields=[*moved, "version", "changed_at"])
        touched()
        entry["figures"] = moved
    audit.record(action, row, actor=actor, changes=entry)


def _plain(value):
    return value if value is None or isinstance(value, int) else str(value)


def not_stale(row, version: int | None) -> None:
    if version is not None and row.version != version:
        raise Conflict(
            _("%(name)s刚被改过。没有存你的改动：按现在的内容再改一次") % {"name": row.name},
            code="stale",
            version=row.version,
        )


def stored(upload, *, actor: Actor) -> StoredFile | None:
    """The file behind an upload, or None for none."""
    return store_file(upload, actor=actor) if upload else None
