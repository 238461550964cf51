"""Many devices at once, for the demonstration and the benches: one audit entry, a constant number of statements."""

from __future__ import annotations

from django.utils.translation import gettext as _

from inspections.models import VideoDevice
from inspections.rules import devices as rules
from inspections.services.devices import WORDS
from portal.access import Actor
from portal.services import audit
from portal.services.bulk import BATCH, refuse_row


def enter_devices(rows: list[dict], *, actor: Actor) -> list[VideoDevice]:
    """Devices from dictionaries as keep_device takes them. Refused, with the number of the row, for a code or a place
    that cannot be, a code twice, days that contradict each other; nothing is entered then."""
    actor.demand("device.manage")
    made, seen = [], set(VideoDevice.objects.values_list("code", flat=True))
    for number, row in enumerate(rows, 1):
        one = VideoDevice(**row)
        if not rules.code_of(one.code) or one.code in seen:
            refuse_row(number, _("设备编号 %(code)s 不能用，或已经有了") % {"code": one.code}, "code")
        fits = {
            "place": rules.place_ok(one.place),
            "days": rules.days_ok(one.installed_on, one.retired_on),
        }
        for key in [key for key, fine in fits.items() if not fine]:
            refuse_row(number, _(WORDS[key]), key)
        seen.add(one.code)
        made.append(one)
    VideoDevice.objects.bulk_create(made, batch_size=BATCH)
    audit.record("inspections.device.enter_many", None, actor=actor, changes={"new": len(made)})
    return made
