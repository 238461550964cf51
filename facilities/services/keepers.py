"""Who keeps a facility's file: which accounts of operators and desks reach it.

The security administrator gives a person the role; which facilities the role reaches is the register's business, and the
bureau's. Neither can do both.
"""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _
from guardian.shortcuts import assign_perm

from facilities.models import Facility, FacilityGrant
from facilities.services.refusals import refuse_field
from portal.access import Actor
from portal.errors import Denied, Refused
from portal.models.people import Membership, User
from portal.rules.rights import Role
from portal.services import audit

#: Roles that reach facilities by a grant.
ROLES = (Role.OPERATOR, Role.DESK)


def entrust(facility: Facility, *, actor: Actor, username: str) -> FacilityGrant:
    """Lets an operator's or a desk's account reach the facility.

    Refused for an account that is none, that has neither role in this district today, or that reaches it already, and
    for a closed facility.
    """
    if not Facility.objects.allowed(actor, "facility.entrust").filter(pk=facility.pk).exists():
        raise Denied(_("你的角色不能做这件事"))
    row = Facility.objects.select_for_update().get(pk=facility.pk)
    if row.state == "closed":
        raise Refused(_("%(name)s已停办，不再交给谁管") % {"name": row.name}, code="closed")
    here = Membership.objects.filter(role__in=ROLES).current(timezone.localdate())
    user = User.objects.filter(
        username=username.strip(), is_active=True, pk__in=here.values("user_id")
    ).first()
    if user is None:
        refuse_field(
            "username",
            _("本区没有这个账号，或它还没有举办者、宝宝屋前台的角色。开户、给角色找安全管理员"),
            "unknown",
        )
    if FacilityGrant.objects.filter(user=user, content_object=row).exists():
        refuse_field("username", _("这个账号已经在管%(name)s") % {"name": row.name}, "twice")
    grant = assign_perm("facilities.keep_facility", user, row)
    audit.record("facilities.grant.give", row, actor=actor, changes={"username": user.username})
    return grant


def release(grant: FacilityGrant, *, actor: Actor) -> None:
    """The account no longer reaches the facility, from now on; what it did stays on record."""
    row = Facility.objects.allowed(actor, "facility.entrust").filter(pk=grant.content_object_id).first()
    if row is None:
        raise Denied(_("你的角色不能做这件事"))
    username = grant.user.username
    if not FacilityGrant.objects.filter(pk=grant.pk).delete()[0]:
        raise Refused(_("这个账号已经不管%(name)s了") % {"name": row.name}, code="ended")
    audit.record("facilities.grant.end", row, actor=actor, changes={"username": username})
