"""Passwords: the own one changed, a first one handed over; who may hand over whose."""

from __future__ import annotations

import logging
from datetime import date

from axes.utils import reset
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.errors import Refused
from portal.models.people import Membership, User
from portal.models.places import District
from portal.services import audit
from portal.services.people import GIVEN, first_password
from portal.tenancy import district_scope, signin_scope

#: First passwords at once: each costs a hash, which is slow on purpose, and the page is waited for.
AT_ONCE = 40

log = logging.getLogger(__name__)


def works_elsewhere(user: User, on: date) -> bool:
    """Whether the person has, on the day or later, a role in another district than the open one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT works_elsewhere(%s, %s)", [user.pk, on])
        return cursor.fetchone()[0]


def change_password(user: User, new: str, *, on: date) -> User:
    """The person's own new password; the old one has been asked for. Every session but the one at hand ends with it
    (Django's session hash), and so does a lock after five failures.

    Opens the scope of each district in which the person works, to leave an entry there; no other may be open.
    Refused: one that Django's validators do not take, and the old one again.
    """
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        if user.check_password(new):
            raise Refused(_("新密码：和现在的一样，换一个"), field="new")
        try:
            validate_password(new, user)
        except ValidationError as error:
            raise Refused(" ".join(error.messages), field="new") from error
        user.set_password(new)
        user.must_change_password = False
        user.save(update_fields=["password", "must_change_password"])
        told = 0
        for district, memberships in _places(user, on):
            with district_scope(district):
                actor = Actor.person(user, district, memberships)
                audit.record("portal.person.change_password", user, actor=actor, name=user.username)
                told += 1
        log.info("password changed: user %s, told in %s districts", user.pk, told)
    reset(username=user.username)
    return user


def _places(user: User, on: date) -> list[tuple[District, list[Membership]]]:
    """The districts in which the person works on the day, each with the memberships there."""
    with signin_scope(user.pk):
        memberships = list(Membership.objects.filter(user=user).current(on))
    districts = District.objects.filter(pk__in={m.district_id for m in memberships}).order_by("pk")
    return [(one, [m for m in memberships if m.district_id == one.pk]) for one in districts]


def _hand_over(user: User) -> str:
    """A first password, which the person has to change before anything else."""
    password = first_password()
    user.set_password(password)
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    reset(username=user.username)
    return password


def reset_password(user: User, *, actor: Actor, on: date) -> str:
    """A new first password, shown once; the person's sessions end with it (Django's session hash), and so does a lock
    after five failures.

    Refused for oneself, for somebody whose role here has ended, and for somebody who works in another district too: a
    district's administrator would get into the other district with it.
    """
    actor.demand("person.manage")
    if actor.same_person(user):
        raise Refused(_("自己的密码在“修改密码”里改"), code="own_password")
    if not Membership.objects.filter(user=user).current(on).exists():
        raise Refused(
            _(
                "%(name)s 在本区的角色已经结束，本区不能重设密码。"
                "要回来工作的，先加上角色；在别的区工作的，由那个区的安全管理员重设"
            )
            % {"name": user.name},
            code="role_ended",
        )
    if works_elsewhere(user, on):
        raise Refused(
            _(
                "%(name)s 也在别的区工作，一个区不能重设。"
                "本人记得密码的，自己在“修改密码”里改；不记得的，由运维人员用 manage.py password 重设"
            )
            % {"name": user.name},
            code="works_elsewhere",
        )
    password = _hand_over(user)
    audit.record("portal.person.reset_password", user, actor=actor, name=user.username)
    return password


def waiting(on: date) -> QuerySet[User]:
    """Accounts of the open district that have no password yet, with a role on the day."""
    here = Membership.objects.filter(role__in=GIVEN).current(on)
    return User.objects.filter(
        password__startswith=UNUSABLE_PASSWORD_PREFIX, is_active=True, pk__in=here.values("user_id")
    ).order_by("username")


def first_passwords(*, actor: Actor, on: date, most: int = AT_ONCE) -> list[tuple[User, str]]:
    """First passwords for up to `most` accounts that came in by a list and have none yet, each shown once.

    Left out: oneself, and who works in another district too.
    """
    actor.demand("person.manage")
    made = []
    for user in waiting(on).select_for_update(of=("self",))[:most]:
        if actor.same_person(user) or works_elsewhere(user, on):
            continue
        made.append((user, _hand_over(user)))
        audit.record("portal.person.first_password", user, actor=actor, name=user.username)
    if not made:
        raise Refused(_("没有等着初始密码的账号"), code="none_waiting")
    return made


def reset_from_console(user: User, *, on: date) -> str:
    """A new first password for anybody, by whoever runs the installation; an entry in each district where the person
    works. No scope may be open."""
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        password = _hand_over(user)
        for district, _memberships in _places(user, on):
            with district_scope(district):
                actor = Actor.system(district, "manage.py password")
                audit.record("portal.person.reset_password", user, actor=actor, name=user.username)
    return password
