"""Accounts and residents in bulk: only where a shared password may be, with the refusals of the single services."""

from __future__ import annotations

from datetime import date

import pytest

from portal.access import Actor
from portal.errors import Conflict, Denied, Refused
from portal.models import User
from portal.models.people import Membership, StreetGrant
from portal.services import bulk
from portal.tenancy import district_scope

pytestmark = pytest.mark.django_db
PASSWORD, DAY = "Shanyu-2026", date(2026, 1, 1)


@pytest.fixture
def system(cast):
    with district_scope(cast.minhang):
        yield Actor.system(cast.minhang, "test")


@pytest.fixture
def invented(system):
    bulk.mark_demonstration(system.district, actor=system)
    return system


def rows(cast) -> list[dict]:
    return [
        {"username": "tb-head", "name": "示例", "role": "unit_head", "unit": cast.bureau_unit},
        {"username": "tb-street", "name": "示例", "role": "street_officer", "streets": [cast.street]},
    ]


def test_a_shared_password_is_for_invented_districts_only(cast, system):
    with pytest.raises(Refused, match="演示"):
        bulk.create_people(rows(cast), password=PASSWORD, actor=system, on=DAY)
    assert not User.objects.filter(username="tb-head").exists()


def test_people_with_roles_and_streets(cast, invented):
    made = bulk.create_people(rows(cast), password=PASSWORD, actor=invented, on=DAY)
    assert all(user.check_password(PASSWORD) for user in made.values())
    head = Membership.objects.get(user=made["tb-head"])
    assert (head.role, head.unit, head.starts_on) == ("unit_head", cast.bureau_unit, DAY)
    assert StreetGrant.objects.get(user=made["tb-street"]).content_object == cast.street
    with pytest.raises(Conflict, match="tb-head"):
        bulk.create_people(rows(cast), password=PASSWORD, actor=invented, on=DAY)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"username": "Grün"}, Refused),
        ({"username": "tb-street"}, Refused),  # twice in the batch
        ({"name": " "}, Refused),
        ({"unit": None}, Refused),
        ({"role": "city"}, Refused),
        ({"role": "street_officer"}, Refused),
        ({"role": "audit_admin"}, Refused),
    ],
)
def test_a_wrong_row_refuses_the_batch(cast, invented, change, error):
    wrong = rows(cast)
    wrong[0] |= change
    with pytest.raises(error, match="第"):
        bulk.create_people(wrong, password=PASSWORD, actor=invented, on=DAY)
    assert not User.objects.filter(username__startswith="tb-").exists()


def test_a_weak_password_and_a_wrong_actor_are_refused(cast, invented):
    with pytest.raises(Refused):
        bulk.create_people(rows(cast), password="kurz", actor=invented, on=DAY)
    with pytest.raises(Denied):
        bulk.create_people(rows(cast), password=PASSWORD, actor=cast.actor("officer"), on=DAY)
    with pytest.raises(Denied):
        bulk.mark_demonstration(cast.jinshan, actor=cast.actor("officer"))
