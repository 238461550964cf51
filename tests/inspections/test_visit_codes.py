"""The visit's code: who makes it, what the facility reads, what is refused; the facility's rating, once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core import signing
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from inspections.models import Inspection, VisitCode, VisitRating
from inspections.rules import visit_codes as rules
from inspections.services import visit_codes as services
from portal.access import Actor
from portal.errors import Conflict, Denied, Gone, NotFound, Refused
from portal.models import Parameter
from portal.tenancy import district_scope
from tests.inspections import factories
from tests.inspections.factories import MARCH, at

SCORES = {"basis": 5, "manner": 4, "disturbance": 3}


class Door:
    """A drawn visit with its team; the scope is open."""

    def __init__(self, cast):
        factories.reference(cast.minhang)
        self.cast = cast
        self.one, self.two = cast.actor("inspector"), cast.actor("inspector2")
        self.team = factories.team(cast)
        self.visit = factories.drawn(cast.facility, self.team)
        self.visitor = Actor.visitor(cast.minhang)

    def make(self, on: date = MARCH, actor=None) -> VisitCode:
        return services.make(self.visit, actor=actor or self.one, now=at(on, 9))

    def rate(self, on: date = MARCH, **more) -> VisitRating:
        wanted = {"scores": SCORES, "way": "code", "comment": "讲得清楚"} | more
        return services.rate(self.visit, actor=self.visitor, now=at(on, 15), **wanted)


@pytest.fixture
def door(cast):
    with district_scope(cast.minhang):
        yield Door(cast)


@pytest.fixture
def today(cast):
    """A visit under way today, and its code, for tests of pages."""
    with district_scope(cast.minhang):
        found = Door(cast)
        found.code = services.make(found.visit, actor=found.one)
        found.token = services.token_of(found.code)
    return found


@pytest.mark.parametrize(
    ("visited", "day", "may"),
    [
        (None, MARCH, False),
        (MARCH, MARCH, True),
        (MARCH, MARCH + timedelta(14), True),
        (MARCH, MARCH + timedelta(15), False),
    ],
)
def test_when_a_visit_may_be_rated(visited, day, may):
    assert rules.may_rate(visited, day, 14) is may


class TestCode:
    def test_shows_team_items_and_basis_on_its_day(self, door):
        code = door.make()
        shown = services.shown(services.read(services.token_of(code)), MARCH)
        assert [one.code for one in shown.team] == ["JC901", "JC902"]
        assert sum(len(section["items"]) for section in shown.sections) == 34
        assert door.make(actor=door.two).pk == code.pk  # one a day

    def test_of_another_day_it_shows_nothing(self, door):
        code = door.make()
        for day in (MARCH - timedelta(1), MARCH + timedelta(1)):
            with pytest.raises(Gone):
                services.shown(code, day)
        assert door.make(on=MARCH + timedelta(1)).pk != code.pk

    def test_altered_or_made_elsewhere_it_is_refused(self, door, cast):
        code = door.make()
        token = services.token_of(code)
        other = "A" if token[10] != "A" else "B"
        wrong = [
            token[:10] + other + token[11:],
            token[:-1],
            "",
            "nonsense",
            signing.dumps([code.pk, code.nonce], salt="another"),
            signing.dumps([code.pk, "guessed"], salt=services.SALT),
            signing.dumps([code.pk + 99, code.nonce], salt=services.SALT),
            signing.dumps({"pk": 1}, salt=services.SALT),
            signing.dumps(["x", "y"], salt=services.SALT),
        ]
        for one in wrong:
            with pytest.raises(NotFound):
                services.read(one)

    def test_only_the_team_makes_it_and_not_for_a_visit_that_is_over(self, door):
        for name in ("bureau", "operator", "head"):
            with pytest.raises(Denied):
                door.make(actor=door.cast.actor(name))
        code = door.make()
        Inspection.objects.update(state="cancelled")
        with pytest.raises(Conflict):
            door.make(on=MARCH + timedelta(1))
        with pytest.raises(Gone):
            services.shown(services.read(services.token_of(code)), MARCH)

    def test_one_who_dropped_out_is_not_shown(self, door):
        code = door.make()
        door.visit.all_team.filter(inspector=door.team[1]).update(dropped_at=timezone.now())
        assert [one.code for one in services.shown(code, MARCH).team] == ["JC901"]

    def test_the_own_licence_only(self, door):
        given = services.give_licence(door.team[0], factories.photo(), actor=door.one)
        again = services.give_licence(door.team[0], factories.photo("b.png"), actor=door.one)
        assert given.pk == again.pk
        with pytest.raises(NotFound):
            services.give_licence(door.team[1], factories.photo(), actor=door.one)
        with pytest.raises(Refused), transaction.atomic():
            services.give_licence(door.team[0], factories.photo("a.pdf", b"%PDF-1.7 x"), actor=door.one)
        code = door.make()
        assert services.licence_photo(code, door.team[0].pk, MARCH).pk == given.pk
        for pk, day in ((door.team[1].pk, MARCH), (door.team[0].pk, MARCH + timedelta(1))):
            with pytest.raises((NotFound, Gone)):
                services.licence_photo(code, pk, day)


class TestRating:
    def test_once_per_visit_and_never_changed(self, door):
        factories.finished(door.visit, door.one)
        door.rate()
        with pytest.raises(Conflict), transaction.atomic():
            door.rate(way="account")
        with pytest.raises(DatabaseError), transaction.atomic():
            VisitRating.objects.update(basis=1)
        assert services.counted(VisitRating.objects.all())["mean_manner"] == 4

    def test_refusals(self, door):
        with pytest.raises(Conflict), transaction.atomic():
            door.rate()  # nobody was there yet
        factories.finished(door.visit, door.one)
        for more, error in (
            ({"scores": {"basis": 5}}, Refused),
            ({"scores": SCORES | {"basis": 6}}, Refused),
            ({"comment": "长" * 501}, Refused),
            ({"on": MARCH + timedelta(15)}, Conflict),
        ):
            with pytest.raises(error), transaction.atomic():
                door.rate(**more)
        assert not VisitRating.objects.exists()


def test_the_facilitys_phone_without_sign_in(today, client):
    url = reverse("visit-door", args=["minhang", today.token])
    page = client.get(url).content.decode()
    assert "这次检查是真的" in page and "JC901" in page and "沪JC902" in page and "回避" in page
    assert "保安在岗" in page and "送出评价" not in page
    assert '<a href="tel:12345">12345</a>' in page  # until the district enters its own
    with district_scope(today.cast.minhang):
        Parameter.objects.filter(key=services.PHONE).update(value="021-1234 5678")
    assert '<a href="tel:02112345678">021-1234 5678</a>' in client.get(url).content.decode()
    assert "no-store" in client.get(url)["Cache-Control"]
    other = reverse("visit-door", args=["jinshan", today.token])
    assert client.get(other).status_code == 404
    wrong = client.get(reverse("visit-door", args=["minhang", today.token[:-2] + "xx"]))
    assert wrong.status_code == 404 and "不要凭这个码" in wrong.content.decode()
    with district_scope(today.cast.minhang):
        VisitCode.objects.update(day=timezone.localdate() - timedelta(1))
    old = client.get(url)
    assert old.status_code == 410 and "当天有效" in old.content.decode()


def test_rated_by_the_code_then_by_the_account_not_again(today, client):
    with district_scope(today.cast.minhang):
        Inspection.objects.update(
            state="finished", signed_at=timezone.now(), finished_on=timezone.localdate()
        )
    url = reverse("visit-door", args=["minhang", today.token])
    assert "评价这次检查" in client.get(url).content.decode()
    half = client.post(url + "rate/", {"basis": 5})
    assert half.status_code == 422 and "选 1 到 5 分" in half.content.decode()
    assert client.post(url + "rate/", SCORES | {"comment": "好"}).status_code == 200
    again = client.post(url + "rate/", SCORES)
    assert again.status_code == 409
    client.force_login(today.cast.bureau)
    page = client.get("/minhang/inspections/ratings/").content.decode()
    assert "1 次评价" in page and "好" in page
    client.force_login(today.cast.users["inspector"])
    assert client.get("/minhang/inspections/ratings/").status_code == 403


def test_the_teams_page(today, client):
    client.force_login(today.cast.users["inspector"])
    url = f"/minhang/inspections/{today.visit.pk}/code/"
    page = client.get(url).content.decode()
    assert "<svg" in page and f"/visit/minhang/{today.token}/" in page
    sent = client.post(url + "licence/", {"photo": factories.photo()})
    assert sent.status_code == 302 and "已附上" in client.get(url).content.decode()
    shown = client.get(f"/visit/minhang/{today.token}/").content.decode()
    assert "/licences/" in shown
