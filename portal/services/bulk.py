"""Many rows at once, for the demonstration and later for imports: the same rules as the single services, one
audit entry for the batch, a constant number of statements per 2,000 rows."""

from __future__ import annotations

from collections import Counter
from datetime import date

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Permission
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.errors import Conflict, Refused
from portal.models.people import Membership, StreetGrant, User
from portal.models.places import District
from portal.rules.rights import Role
from portal.services import audit
from portal.services.people import APART, GIVEN, USERNAME

BATCH = 2000
WITH_UNIT = (Role.UNIT_HEAD, Role.DEPARTMENT, Role.INSPECTOR, Role.BUREAU)


def refuse_row(number: int, sentence: str, field: str = "") -> None:
    raise Refused(
        _("第 %(row)d 行 %(what)s") % {"row": number, "what": sentence}, field=field, code="row", row=number
    )


def mark_demonstration(district: District, *, actor: Actor) -> District:
    """Marks a district as one whose facilities and persons are invented; every page says so from then on."""
    if not actor.process:
        actor.demand("person.manage")
    if not district.demonstration:
        district.demonstration = True
        district.save(update_fields=["demonstration"])
        audit.record("portal.district.demonstration", district, actor=actor)
    return district


def create_people(rows: list[dict], *, password: str, actor: Actor, on: date) -> dict[str, User]:
    """Accounts with one shared password, each with a role from `on`; {username: user}.

    rows: dictionaries with username, name, role, and unit, streets if the role asks for them. Only for a
    district marked as a demonstration, because a shared password is public. Refused with the row's number for
    what create_person and give_role would refuse; Conflict for a name in use.
    """
    actor.demand("person.manage")
    if not actor.district.demonstration:
        raise Refused(_("共用密码只给演示的区"), code="not_a_demonstration")
    try:
        validate_password(password)
    except ValidationError as error:
        raise Refused(" ".join(error.messages), field="password") from error
    seen: set[str] = set()
    for number, row in enumerate(rows, 1):
        _check_person(number, row, seen, actor)
    taken = User.objects.filter(username__in=seen).order_by("username").first()
    if taken is not None:
        raise Conflict(
            _("账号 %(username)s 已有人用，换一个") % {"username": taken.username}, field="username"
        )
    hashed = make_password(password)
    users = User.objects.bulk_create(
        [User(username=row["username"], name=row["name"], password=hashed) for row in rows], batch_size=BATCH
    )
    Membership.objects.bulk_create(
        [
            Membership(user=user, role=row["role"], unit=row.get("unit"), starts_on=on)
            for user, row in zip(users, rows, strict=True)
        ],
        batch_size=BATCH,
    )
    permission = Permission.objects.get(codename="serve_street", content_type__app_label="portal")
    StreetGrant.objects.bulk_create(
        [
            StreetGrant(user=user, permission=permission, content_object=street)
            for user, row in zip(users, rows, strict=True)
            for street in row.get("streets", ())
        ],
        batch_size=BATCH,
    )
    audit.record(
        "portal.person.create_many",
        None,
        actor=actor,
        name=_("%(n)d 个账号") % {"n": len(users)},
        changes={"count": len(users), "roles": dict(Counter(str(row["role"]) for row in rows))},
    )
    return {user.username: user for user in users}


def _check_person(number: int, row: dict, seen: set[str], actor: Actor) -> None:
    if not USERNAME.fullmatch(row["username"]):
        refuse_row(number, _("账号用 3 到 40 个小写字母、数字、点、横线"), "username")
    if row["username"] in seen:
        refuse_row(number, _("账号：%(username)s 出现两次") % {"username": row["username"]}, "username")
    seen.add(row["username"])
    if not 1 <= len(row["name"].strip()) <= 40:
        refuse_row(number, _("姓名：要填"), "name")
    role = Role(row["role"])
    if role not in GIVEN and not (role == Role.CITY and actor.district.is_city):
        refuse_row(number, _("这里不能给这个角色"), "role")
    if role in APART and row.get("unit") is not None:
        refuse_row(number, _("管理员不属于单位"), "unit")
    if role in WITH_UNIT and row.get("unit") is None:
        refuse_row(
            number, _("单位：这个角色要选单位。列表里没有的，由区教育局在政策文件的“新单位”里加上"), "unit"
        )
    if role == Role.STREET_OFFICER and not row.get("streets"):
        refuse_row(number, _("街镇：至少选一个"), "streets")
