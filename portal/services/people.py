"""Who may sign in and as what: persons, memberships, grants, clients of the API, each change on record."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from datetime import date, timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from guardian.shortcuts import assign_perm

from portal.access import Actor
from portal.errors import Conflict, Refused
from portal.models.people import ROLE_LABELS, ApiClient, Membership, StreetGrant, User
from portal.models.places import Street, Unit
from portal.rules.rights import Role
from portal.services import audit

#: Scopes that a client of the API can have.
SCOPES = (
    "campaigns:read",
    "city:read",
    "conferences:read",
    "subsidies:read",
    "credit:read",
    "cycles:read",
    "documents:read",
    "dossier:read",
    "clocks:read",
    "devices:read",
    "devices:report",
    "emergency:read",
    "evaluations:read",
    "facilities:read",
    "guidance:read",
    "inspections:read",
    "parts:read",
    "plans:read",
    "residents:read",
    "results:read",
    "rulebook:read",
    "sites:read",
    "staff:read",
    "supervision:read",
    "targets:read",
    "tasks:read",
    "training:read",
)
#: Roles that a security administrator gives in a district; the rest belongs to other doors.
GIVEN = tuple(r for r in Role if r not in (Role.API_CLIENT, Role.PARENT, Role.CITY))
#: Roles that must not meet in one person: the three administrators are three people.
APART = {Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN}
USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{2,39}")


#: Capitals, small letters and digits that nobody takes for one another: no I, l, 1, O, o, 0.
CLEAR = ("ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnpqrstuvwxyz", "23456789")


def first_password() -> str:
    """A password to hand over once, by word too: three groups of four, none of them with letters that look alike."""
    drawn = [secrets.choice(one) for one in CLEAR] + [secrets.choice("".join(CLEAR)) for _n in range(9)]
    secrets.SystemRandom().shuffle(drawn)
    return "-".join("".join(drawn[n : n + 4]) for n in (0, 4, 8))


def create_person(*, username: str, name: str, actor: Actor, password: str = "") -> tuple[User, str]:
    """A new account and its first password, which is shown once and which the person has to change before anything
    else. Refused: a name in use, one that cannot be."""
    user = new_account(username, name, actor)
    password = password or first_password()
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Refused(" ".join(error.messages), field="password") from error
    user.set_password(password)
    return kept_account(user, actor), password


def create_account(*, username: str, name: str, actor: Actor) -> User:
    """A new account without a password, with which nobody signs in before `passwords.first_passwords` gave one.
    Refused as by create_person."""
    user = new_account(username, name, actor)
    user.set_unusable_password()
    return kept_account(user, actor)


def new_account(username: str, name: str, actor: Actor) -> User:
    actor.demand("person.manage")
    username = username.strip().lower()
    if not USERNAME.fullmatch(username):
        raise Refused(_("账号用 3 到 40 个小写字母、数字、点、横线"), field="username")
    if not name.strip():
        raise Refused(_("姓名：要填"), field="name")
    return User(username=username, name=name.strip()[:40], must_change_password=True)


def kept_account(user: User, actor: Actor) -> User:
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        raise Conflict(
            _("账号 %(username)s 已有人用，换一个") % {"username": user.username}, field="username"
        ) from error
    audit.record("portal.person.create", user, actor=actor, name=user.username)
    return user


def serve_streets(user: User, streets: list[Street], *, actor: Actor) -> None:
    """Further streets for somebody who serves streets; those that are served stay."""
    actor.demand("person.manage")
    if actor.same_person(user):
        raise Refused(_("不能给自己加街镇，请另一位安全管理员来做"), field="streets")
    held = set(StreetGrant.objects.filter(user=user).values_list("content_object_id", flat=True))
    new = [street for street in streets if street.pk not in held]
    for street in new:
        assign_perm("portal.serve_street", user, street)
    if new:
        audit.record(
            "portal.role.streets",
            user,
            actor=actor,
            name=user.name,
            changes={"streets": [street.name for street in new]},
        )


def give_role(
    user: User, role: str, *, actor: Actor, on: date, unit: Unit | None = None, streets: list[Street] = ()
) -> Membership:
    """A role in the open district from a day on. Administrators' roles never meet in one person; nobody
    gives a role to themselves; a street officer serves one street at least, and of one alone works in its office."""
    actor.demand("person.manage")
    if role not in GIVEN:
        raise Refused(_("这里不能给这个角色"), field="role")
    if actor.same_person(user):
        raise Refused(_("不能给自己加角色，请另一位安全管理员来做"), field="role")
    held = set(Membership.objects.filter(user=user).current(on).values_list("role", flat=True))
    if role in APART and held & (APART - {role}):
        raise Refused(_("系统、安全、审计管理员要由三个人分别担任"), field="role")
    if role in (Role.UNIT_HEAD, Role.DEPARTMENT, Role.INSPECTOR, Role.BUREAU) and unit is None:
        raise Refused(
            _("单位：这个角色要选单位。列表里没有的，由区教育局在政策文件的“新单位”里加上"), field="unit"
        )
    if role == Role.STREET_OFFICER and not streets:
        raise Refused(_("街镇：至少选一个"), field="streets")
    if role == Role.STREET_OFFICER and unit is None and len(streets) == 1:
        offices = list(Unit.objects.filter(street=streets[0], collective=False)[:2])
        unit = offices[0] if len(offices) == 1 else None
    if Membership.objects.filter(user=user, role=role, unit=unit).current(on).exists():
        raise Conflict(_("%(name)s 已有这个角色") % {"name": user.name}, field="role")
    # one that was taken away on the very day of its beginning comes back as the same row
    membership, _made = Membership.objects.update_or_create(
        user=user, role=role, unit=unit, starts_on=on, defaults={"ends_on": None}
    )
    for street in streets:
        assign_perm("portal.serve_street", user, street)
    audit.record(
        "portal.role.give",
        membership,
        actor=actor,
        name=f"{user.name} {ROLE_LABELS[Role(role)]}",
        changes={"role": role, "unit": str(unit or ""), "streets": [s.name for s in streets]},
    )
    return membership


def end_role(membership: Membership, *, actor: Actor, on: date) -> Membership:
    """The role ends with the day before `on`; street grants go with the last role that needs them."""
    actor.demand("person.manage")
    membership = Membership.objects.select_for_update().get(pk=membership.pk)
    if actor.same_person(membership.user):
        raise Refused(_("不能收回自己的角色"))
    if membership.ends_on is not None and membership.ends_on < on:
        return membership
    membership.ends_on = on - timedelta(days=1)
    membership.save(update_fields=["ends_on"])
    if membership.role == Role.STREET_OFFICER:
        StreetGrant.objects.filter(user=membership.user).delete()
    audit.record("portal.role.end", membership, actor=actor, name=f"{membership.user.name} {membership.role}")
    return membership


#: What people choose for themselves about how pages look.
PREFERENCES = {
    "theme": ("auto", "light", "dark"),
    "contrast": ("", "more"),
    "language": ("zh-hans", "en"),
}


def keep_preferences(user: User, given: Mapping[str, str]) -> None:
    """The person's own theme, contrast and language, common to all districts; what is none of the choices stays
    as it is. No district's record, so no audit entry."""
    changed = [name for name, choices in PREFERENCES.items() if given.get(name) in choices]
    for name in changed:
        setattr(user, name, given[name])
    if changed:
        user.save(update_fields=changed)


def create_client(
    *, name: str, scopes: list[str], actor: Actor, on: date, ends_on: date | None = None
) -> tuple[ApiClient, str]:
    """A client of the API and its token, `sy_<district>_<secret>`, which is shown once; its hash is kept."""
    actor.demand("client.manage")
    if not name.strip():
        raise Refused(_("名称：要填"), field="name")
    unknown = [s for s in scopes if s not in SCOPES]
    if unknown or not scopes:
        raise Refused(_("权限：从 %(scopes)s 里选") % {"scopes": "、".join(SCOPES)}, field="scopes")
    if ends_on is not None and ends_on <= on:
        raise Refused(_("止日：要晚于今天"), field="ends_on")
    token = f"sy_{actor.district.slug}_{secrets.token_urlsafe(32)}"
    client = ApiClient.objects.create(
        name=name.strip()[:80],
        token_sha256=hashlib.sha256(token.encode()).hexdigest(),
        scopes=sorted(set(scopes)),
        starts_on=on,
        ends_on=ends_on,
        created_by=actor.user,
    )
    audit.record(
        "portal.client.create", client, actor=actor, name=client.name, changes={"scopes": client.scopes}
    )
    return client, token


def end_client(client: ApiClient, *, actor: Actor, on: date) -> ApiClient:
    """The token stops working at once."""
    actor.demand("client.manage")
    client = ApiClient.objects.select_for_update().get(pk=client.pk)
    client.ends_on = on - timedelta(days=1)
    client.save(update_fields=["ends_on"])
    audit.record("portal.client.end", client, actor=actor, name=client.name)
    return client
