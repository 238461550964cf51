"""Many rows at once, for the demonstration and later for imports: the same rules as the single services, one
audit entry for the batch, a constant number of statements per 2,000 rows."""

from __future__ import annotations

from django.utils.translation import gettext as _

from inspections.models import Inspector, InspectorStreet
from portal.access import Actor
from portal.services import audit
from portal.services.bulk import BATCH, refuse_row


def enter_inspectors(rows: list[dict], *, actor: Actor) -> list[Inspector]:
    """Inspectors from dictionaries with code, name, unit, user, licence_number, licence_from, licence_until,
    streets (that they serve). A code twice, a licence that ends before it begins, nobody's street is refused."""
    actor.demand("inspector.manage")
    seen: set[str] = set()
    for number, row in enumerate(rows, 1):
        if row["code"] in seen:
            refuse_row(number, _("编号：%(code)s 出现两次") % {"code": row["code"]}, "code")
        seen.add(row["code"])
        if row["licence_until"] < row["licence_from"]:
            refuse_row(number, _("执法证止：不能早于执法证起"), "licence_until")
        if not row["streets"]:
            refuse_row(number, _("街镇：至少选一个"), "streets")
    inspectors = Inspector.objects.bulk_create(
        [Inspector(**{key: value for key, value in row.items() if key != "streets"}) for row in rows],
        batch_size=BATCH,
    )
    InspectorStreet.objects.bulk_create(
        [
            InspectorStreet(inspector=inspector, street=street)
            for inspector, row in zip(inspectors, rows, strict=True)
            for street in row["streets"]
        ],
        batch_size=BATCH,
    )
    audit.record(
        "inspections.inspector.enter_many",
        None,
        actor=actor,
        name=_("%(n)d 名检查人员") % {"n": len(inspectors)},
        changes={"count": len(inspectors)},
    )
    return inspectors
