"""Who belongs to a collective unit (各街镇, 联席会议成员单位): what a document does not list, the district says."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.errors import Conflict, Refused
from portal.models.places import Unit, UnitMember
from portal.services import audit


@transaction.atomic
def set_members(collective: Unit, members: Iterable[Unit], *, actor: Actor) -> bool:
    """The members from now on; what was reported before stays. False where they are the same.

    Conflict for a unit that is none of several, or whose members the document lists; Refused for a member that is
    itself collective, and for none at all.
    """
    actor.demand("unit.manage")
    collective = Unit.objects.select_for_update(of=("self",)).get(pk=collective.pk)
    if not collective.collective:
        raise Conflict(_("%(name)s不是集体单位，没有成员") % {"name": collective.name}, code="single")
    if collective.members_known:
        raise Conflict(_("%(name)s的成员由文件写明，改文件才会变") % {"name": collective.name}, code="stated")
    wanted = {unit.pk: unit for unit in members}
    if not wanted:
        raise Refused(_("成员：至少选一个"), field="members", code="none")
    for unit in wanted.values():
        if unit.collective:
            raise Refused(
                _("成员：%(name)s自己也是集体单位，选它的成员") % {"name": unit.name},
                field="members",
                code="collective",
            )
    links = UnitMember.objects.filter(collective=collective)
    before = dict(links.values_list("member_id", "member__name"))
    if before.keys() == wanted.keys():
        return False
    links.exclude(member__in=wanted).delete()
    new = [unit for pk, unit in wanted.items() if pk not in before]
    UnitMember.objects.bulk_create([UnitMember(collective=collective, member=unit) for unit in new])
    audit.record(
        "portal.unit.members",
        collective,
        actor=actor,
        name=collective.name,
        changes={
            "added": [unit.name for unit in new],
            "removed": [name for pk, name in before.items() if pk not in wanted],
        },
    )
    return True
