"""One message a person and day: to whom, with what, once however often it is sent; the inbox and its number."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from facilities.models import Facility
from portal import tasks
from portal.access import Actor
from portal.celery import app
from portal.models import Membership, Message
from portal.services import messages
from portal.services.reference import load_reference
from portal.tenancy import district_scope
from tests.facilities import factories

ON = date(2026, 3, 18)
pytestmark = pytest.mark.django_db


@pytest.fixture
def system(cast):
    load_reference()
    cache.clear()
    with district_scope(cast.minhang):
        Facility.objects.update(insured_until=None)
        yield Actor.system(cast.minhang, "test")


def send(system, on=ON) -> int:
    return messages.send_digests(messages.recipients(on), on=on, actor=system)


def of(user) -> list[list[str]]:
    return [[line["words"] for line in row.lines] for row in Message.objects.filter(user=user).order_by("on")]


def test_bureau_street_and_operator_are_told_what_they_reach_once_a_day(cast, system):
    Facility.objects.filter(pk=cast.facility.pk).update(insured_until=ON + timedelta(30))
    factories.facility(cast.street, insured_until=ON + timedelta(7))
    factories.facility(cast.other_street, insured_until=ON - timedelta(1))
    assert set(messages.recipients(ON)) == {
        cast.users[name].pk for name in ("bureau", "clerk", "department", "head", "officer", "operator")
    }
    assert send(system) == 4  # a head is told of overdue orders only
    assert of(cast.bureau) == [
        [
            "新过期 1 项：责任险 1",
            "7 天内到期，新增 1 项：责任险 1",
            "30 天内到期，新增 1 项：责任险 1",
            "一共 1 项已过期",
        ]
    ]
    assert of(cast.bureau) == of(cast.clerk)
    assert of(cast.officer) == [["7 天内到期，新增 1 项：责任险 1", "30 天内到期，新增 1 项：责任险 1"]]
    assert of(cast.operator) == [["30 天内到期，新增 1 项：责任险 1"]]
    assert send(system) == 0  # the same day again
    assert Message.objects.count() == 4


def test_nothing_new_and_nothing_over_is_no_message(cast, system):
    Facility.objects.filter(pk=cast.facility.pk).update(insured_until=ON + timedelta(20))
    assert send(system) == 0
    assert not Message.objects.exists()


def test_what_is_over_is_said_again_each_day_in_one_line(cast, system):
    Facility.objects.filter(pk=cast.facility.pk).update(insured_until=ON - timedelta(200))
    assert send(system) == 4
    assert of(cast.operator) == [["一共 1 项已过期"]]


def test_a_day_that_was_missed_is_made_up(cast, system):
    Facility.objects.filter(pk=cast.facility.pk).update(insured_until=ON + timedelta(90))
    assert send(system) == 4  # 90 days ahead
    other = factories.facility(cast.street, insured_until=ON + timedelta(8))
    later = ON + timedelta(5)  # it came within seven days on the day after; four days without a worker
    assert send(system, later) == 3
    assert of(cast.bureau)[1] == ["7 天内到期，新增 1 项：责任险 1"]
    other.insured_until = ON - timedelta(1)
    other.save()
    assert send(system, later + timedelta(400)) == 4  # no further back than a fortnight
    assert of(cast.bureau)[2] == ["一共 2 项已过期"]


def test_somebody_whose_role_has_ended_is_not_told(cast, system):
    Facility.objects.filter(pk=cast.facility.pk).update(insured_until=ON + timedelta(7))
    Membership.objects.filter(user=cast.operator).update(ends_on=ON - timedelta(1))
    cast.clerk.is_active = False
    cast.clerk.save()
    send(system)
    assert set(Message.objects.values_list("user", flat=True)) == {cast.bureau.pk, cast.officer.pk}


def test_a_message_is_in_the_persons_language(cast, system):
    cast.bureau.language = "en"
    cast.bureau.save()
    Facility.objects.filter(pk=cast.facility.pk).update(insured_until=ON + timedelta(7))
    send(system)
    assert of(cast.bureau) != of(cast.clerk)
    assert not any("到期" in row.title for row in Message.objects.filter(user=cast.bureau))


def test_two_workers_with_the_same_message_tell_once(cast, system, monkeypatch):
    """The second has looked before the first one wrote."""
    Facility.objects.filter(pk=cast.facility.pk).update(insured_until=ON + timedelta(7))
    first = messages.lines_of

    def meanwhile(told, person, since):
        monkeypatch.setattr(messages, "lines_of", first)
        messages.send_digests([person.user.pk], on=ON, actor=system)
        return first(told, person, since)

    monkeypatch.setattr(messages, "lines_of", meanwhile)
    messages.send_digests([cast.operator.pk], on=ON, actor=system)
    assert Message.objects.filter(user=cast.operator).count() == 1


# ---- tasks


def test_the_task_goes_through_districts_and_people(cast, monkeypatch, django_capture_on_commit_callbacks):
    load_reference()
    today = timezone.localdate()
    with district_scope(cast.minhang):
        Facility.objects.filter(pk=cast.facility.pk).update(insured_until=today + timedelta(7))
    monkeypatch.setattr(tasks, "AT_ONCE", 3)
    sent = []
    monkeypatch.setattr(app, "send_task", lambda name, args: sent.append((name, args)))
    with django_capture_on_commit_callbacks(execute=True):
        tasks.digest_district(cast.minhang.pk)
    assert [name for name, _args in sent] == ["portal.digest_people"] * 2
    assert [len(args[1]) for _name, args in sent] == [3, 3]
    for _name, args in sent * 2:
        tasks.digest_people(*args)
    with district_scope(cast.minhang):
        assert Message.objects.count() == 4
    assert tasks.digest_people(cast.minhang.pk, ["x"]) is None
    assert tasks.digest_people(cast.minhang.pk, [1], "yesterday") is None


# ---- the inbox


def test_the_inbox_counts_until_it_is_read(cast, client, django_capture_on_commit_callbacks):
    load_reference()
    cache.clear()
    today = timezone.localdate()
    with district_scope(cast.minhang):
        Facility.objects.filter(pk=cast.facility.pk).update(insured_until=today + timedelta(7))
        with django_capture_on_commit_callbacks(execute=True):
            messages.send_digests(
                messages.recipients(today), on=today, actor=Actor.system(cast.minhang, "test")
            )
        mine, other = (Message.objects.get(user=user) for user in (cast.officer, cast.operator))
    client.force_login(cast.officer)
    inbox = reverse("messages", args=["minhang"])

    def page() -> str:
        return client.get(inbox).content.decode()

    assert '消息<span class="n">1</span>' in page() and "未读" in page()
    assert client.get(reverse("message", args=["minhang", other.pk])).status_code == 404
    with django_capture_on_commit_callbacks(execute=True):
        text = client.get(reverse("message", args=["minhang", mine.pk])).content.decode()
    assert "7 天内到期，新增 1 项：责任险 1" in text and "/minhang/clocks/?light=7" in text
    assert '<span class="n">1</span>' not in page() and "未读" not in page()
    client.force_login(cast.operator)
    assert "未读" in page()
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(reverse("messages-read", args=["minhang"])).status_code == 302
    assert "未读" not in page()
