"""The fixed cast: one of each role in Minhang, a stranger in Jinshan who must see nothing, the city."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import date

import pytest
from django.db import connection
from guardian.shortcuts import assign_perm

from facilities.models import Facility
from portal.access import Actor
from portal.models import District, Membership, Parameter, Street, Unit, User
from portal.rules.rights import Role
from portal.tenancy import district_scope

PASSWORD = "Correct-Horse-1"
#: argon2 of PASSWORD is slow to make; tests that sign in through the form call `user.set_password`.
START = date(2020, 1, 1)


@dataclass
class Cast:
    """`minhang` with people of every role, `jinshan` with the stranger (its bureau), `city`."""

    minhang: District
    jinshan: District
    city: District
    street: Street
    other_street: Street
    bureau_unit: Unit
    health_unit: Unit
    facility: Facility
    foreign_facility: Facility
    users: dict[str, User] = field(default_factory=dict)

    def __getattr__(self, name):
        try:
            return self.__dict__["users"][name]
        except KeyError:
            raise AttributeError(name) from None

    def actor(self, name: str) -> Actor:
        """The actor in Minhang (the stranger: in Jinshan); needs the district's scope to be open."""
        return Actor.of(self.users[name], self.jinshan if name == "stranger" else self.minhang)


def district(pk: int, slug: str, name: str, level: str = "district", prefix: str = "") -> District:
    found, _ = District.objects.get_or_create(
        pk=pk, defaults={"slug": slug, "name": name, "level": level, "prefix": prefix}
    )
    return found


def street(code: str, name: str, kind: str) -> Street:
    return Street.objects.get_or_create(code=code, defaults={"name": name, "kind": kind})[0]


def unit(slug: str, name: str, kind: str) -> Unit:
    return Unit.objects.get_or_create(slug=slug, defaults={"name": name, "kind": kind})[0]


def facility(code: str, name: str, of: Street, **values) -> Facility:
    defaults = {
        "name": name,
        "kind": "nursery",
        "state": "operating",
        "ownership": "for_profit",
        "street": of,
        "address": "示例路 1 号",
        "places": 60,
        "opened_on": date(2021, 3, 1),
    }
    return Facility.objects.create(code=code, **(defaults | values))


def person(username: str, name: str, role: Role | None, of: Unit | None = None) -> User:
    user, _ = User.objects.get_or_create(username=username, defaults={"name": name, "password": "!"})
    if role is not None:
        Membership.objects.get_or_create(user=user, role=role, unit=of, starts_on=START)
    return user


#: Name of the database in which everybody stands, and who they are; set by keep().
kept: tuple[str, Cast] | None = None


def keep(name: str) -> None:
    """Builds everybody for good in the database that is connected."""
    global kept
    kept = name, make()


@pytest.fixture
def cast(db) -> Cast:
    """Everybody, as they were made; what a test changes in them is its own."""
    if kept is not None and connection.settings_dict["NAME"] == kept[0]:
        return copy.deepcopy(kept[1])
    return make()


def make() -> Cast:
    """Builds everybody; needs no open scope."""
    minhang = district(310112, "minhang", "闵行区", prefix="MH")
    jinshan = district(310116, "jinshan", "金山区", prefix="JS")
    city = district(310000, "shanghai", "上海市", "city")
    users = {}
    for one in (minhang, jinshan):
        with district_scope(
            one
        ):  # chance would veil another item in each run; tests/inspections/test_agreement.py asks
            Parameter.objects.filter(key="agreement.share_percent").update(value=0)
    with district_scope(minhang):
        qibao = street("310112102", "七宝镇", "town")
        gumei = street("310112006", "古美街道", "subdistrict")
        education = unit("minhang-education", "区教育局", "education")
        health = unit("minhang-health", "区卫健委", "health")
        place = facility("TS0001", "示例云杉托育园", qibao)
        facility("TS0002", "示例青果托育园", gumei)
        for name, role, of in (
            ("bureau", Role.BUREAU, education),
            ("clerk", Role.BUREAU, education),
            ("head", Role.UNIT_HEAD, education),
            ("officer", Role.STREET_OFFICER, None),
            ("department", Role.DEPARTMENT, health),
            ("inspector", Role.INSPECTOR, education),
            ("inspector2", Role.INSPECTOR, health),
            ("reviewer", Role.REVIEWER, education),
            ("operator", Role.OPERATOR, None),
            ("desk", Role.DESK, None),
            ("home_visitor", Role.HOME_VISITOR, None),
            ("expert", Role.EXPERT, None),
            ("auditor", Role.AUDITOR, None),
            ("system_admin", Role.SYSTEM_ADMIN, None),
            ("security_admin", Role.SECURITY_ADMIN, None),
            ("audit_admin", Role.AUDIT_ADMIN, None),
            ("parent", Role.PARENT, None),
        ):
            users[name] = person(f"cast-{name}", f"示例{name}", role, of)
        assign_perm("portal.serve_street", users["officer"], qibao)
        for name in ("operator", "desk"):
            assign_perm("facilities.keep_facility", users[name], place)
    with district_scope(jinshan):
        zhujing = street("310116101", "朱泾镇", "town")
        users["stranger"] = person(
            "cast-stranger", "示例stranger", Role.BUREAU, unit("jinshan-education", "区教育局", "education")
        )
        foreign = facility("TS9001", "示例异区托育园", zhujing)
    with district_scope(city):
        users["city_officer"] = person("cast-city", "示例city", Role.CITY)
    return Cast(minhang, jinshan, city, qibao, gumei, education, health, place, foreign, users)
