"""The city's own attested targets are proved by two of the city's people, in the city's tenant and nowhere else."""

from __future__ import annotations

import pytest
from django.utils import timezone

from portal.access import Actor
from portal.errors import Denied
from portal.rules.rights import Role
from portal.tenancy import district_scope
from targets.models import Attestation, Target
from targets.services import attestations, promises
from tests import cast as casting
from tests.portal.access.attestations import values
from tests.portal.stage import png
from tests.targets import figures as f

pytestmark = pytest.mark.django_db


@pytest.fixture
def city(cast):
    with district_scope(cast.city):
        f.only(
            {"key": "plan", "proof": "attested", "metric": "", "proof_reason": "由规划文本证明", "text": "纳入规划"},
            {"key": "places", "metric": "city_places", "text": "每千人口托位数"},
        )  # fmt: skip
        second = casting.person("city-second", "市二", Role.CITY)
        cast.users["second_officer"] = second
        cast.target = Target.objects.get(key="plan")
    return cast


def hand_in(client, city, user="city_officer"):
    client.force_login(city.users[user])
    address = f"/shanghai/targets/{city.target.pk}/attestations/new/"
    assert client.get(address).status_code == 200
    return client.post(address, values(files=png()))


def only(city) -> Attestation:
    with district_scope(city.city):
        return Attestation.objects.get()


def step(client, city, user, what, **more):
    client.force_login(city.users[user])
    row = only(city)
    return client.post(
        f"/shanghai/attestations/{row.pk}/step/", {"what": what, "version": row.version} | more
    )


def test_one_of_the_city_hands_in_and_another_confirms(client, city):
    assert hand_in(client, city).status_code == 302
    assert "确认证明" not in client.get("/shanghai/").content.decode()
    answer = step(client, city, "city_officer", "confirm")
    assert answer.status_code == 403 and "由另一个人确认" in answer.content.decode()
    assert only(city).state == "given"
    client.force_login(city.users["second_officer"])
    assert "确认证明：示例制度文件" in client.get("/shanghai/").content.decode()
    assert step(client, city, "second_officer", "confirm").status_code == 302
    row = only(city)
    assert (row.state, row.given_by.username, row.confirmed_by.username) == (
        "confirmed", city.city_officer.username, "city-second",
    )  # fmt: skip
    for page in (
        "/shanghai/city/targets/",
        f"/shanghai/city/targets/{city.target.pk}/",
        "/shanghai/attestations/?status=proved",
    ):
        said = client.get(page).content.decode()
        assert "已证明" in said and "示例制度文件" in said, page
    assert client.get(f"/shanghai/targets/{city.target.pk}/").url.endswith(
        f"/shanghai/city/targets/{city.target.pk}/"
    )


def test_sent_back_mended_and_taken_down(client, city):
    hand_in(client, city)
    assert step(client, city, "second_officer", "return", note="没有盖章").status_code == 302
    client.force_login(city.city_officer)
    assert "没有盖章" in client.get("/shanghai/").content.decode()
    row = only(city)
    changed = client.post(
        f"/shanghai/attestations/{row.pk}/edit/", values(version=row.version, title="盖章的规划文本")
    )
    assert changed.status_code == 302 and only(city).title == "盖章的规划文本"
    step(client, city, "second_officer", "confirm")
    assert step(client, city, "city_officer", "withdraw", note="换一份").status_code == 302
    with district_scope(city.city):
        (target,) = [t for t in promises.targets_in_force(timezone.localdate()) if t.key == "plan"]
        assert attestations.standing(target, timezone.localdate())[0] == "missing"


def test_in_a_district_the_city_looks_only(client, city):
    with district_scope(city.minhang):
        f.only(
            {"key": "own", "proof": "attested", "metric": "", "proof_reason": "由文件证明", "text": "本区的"}
        )
        target = Target.objects.get(key="own")
        visitor = Actor.person(city.city_officer, city.minhang, (), visiting=True)
        assert not visitor.may("attestation.give") and visitor.may("target.view")
        with pytest.raises(Denied):
            attestations.give(target, actor=visitor, files=[png()], **values())
    client.force_login(city.city_officer)
    listed = client.get("/minhang/attestations/")
    assert listed.status_code == 200 and "交证明" not in listed.content.decode()
    address = f"/minhang/targets/{target.pk}/attestations/new/"
    assert client.get(address).status_code == 403
    assert client.post(address, values(files=png())).status_code == 403
    with district_scope(city.minhang):
        assert not Attestation.objects.exists()


def test_an_expert_of_the_city_hands_in_nothing(client, city):
    with district_scope(city.city):
        expert = casting.person("city-expert", "市专家", Role.EXPERT)
    client.force_login(expert)
    assert client.get("/shanghai/attestations/").status_code == 403
    address = f"/shanghai/targets/{city.target.pk}/attestations/new/"
    assert client.post(address, values(files=png())).status_code == 403
