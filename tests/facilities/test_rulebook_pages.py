"""Pages of the rulebook, the daily look, the effect of a parameter that is tried."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from facilities import tasks
from facilities.models import Facility, RecordCheck, RulebookDay, Verdict
from facilities.queues.rulebook import waiting
from facilities.rulebook import verdicts
from facilities.services import rulebook
from portal.access import Actor
from portal.errors import Refused
from portal.models import ApiClient, Parameter
from portal.models.records import AuditEntry
from portal.tenancy import district_scope
from tests.facilities import factories
from tests.queries import at_most

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(cast):
    """Facilities in two streets: the cast's own keeps video for 10 days, one of the other street for 95."""
    with district_scope(cast.minhang):
        Facility.objects.filter(pk=cast.facility.pk).update(video_days=10, video_connected=True)
        cast.loose = factories.facility(cast.street, name="示例云青园", video_days=95)
        cast.other = factories.facility(cast.other_street, name="示例青果园", video_days=None)
    return cast


def get(client, user, name, *args, status=200, **query):
    cache.clear()
    client.force_login(user)
    response = client.get(reverse(name, args=["minhang", *args]), query)
    assert response.status_code == status
    return response


def words(response) -> str:
    return response.content.decode()


def test_the_rulebook_lists_rules_with_clause_limit_and_counts(client, place):
    page = get(client, place.bureau, "rulebook")
    rows = {one["rule"].key: one for _title, of in page.context["groups"] for one in of}
    assert (rows["video-days"]["counts"].not_met, rows["video-days"]["counts"].met) == (1, 1)
    assert rows["video-days"]["limit"] == "≥ 90 天"
    assert rows["video-days"]["weak"] and "待核对" in words(page)
    assert "闵教字〔2021〕93号" in words(page)
    assert page.context["elsewhere"]
    failed = get(client, place.bureau, "rulebook", view="failed")
    keys = {one["rule"].key for _title, of in failed.context["groups"] for one in of}
    assert "video-days" in keys and "infant-ratio" not in keys
    weak = get(client, place.bureau, "rulebook", view="weak")
    assert all(one["weak"] for _title, of in weak.context["groups"] for one in of)


def test_a_rule_says_who_fails_it_and_why(client, place):
    page = get(client, place.bureau, "rule", "video-days")
    assert [row["found"].facility_id for row in page.context["rows"]] == [place.facility.pk]
    text = words(page)
    assert "10 天" in text and "≥ 90 天" in text and "video.days.other" in text
    unknown = get(client, place.bureau, "rule", "video-days", verdict="unknown", street=place.other_street.pk)
    assert place.other.pk in [row["found"].facility_id for row in unknown.context["rows"]]
    assert "没有登记" in words(unknown)
    get(client, place.bureau, "rule", "nothing", status=404)


def test_a_rules_list_goes_on_from_the_last_code(client, place, monkeypatch):
    from facilities.views import rulebook as views

    monkeypatch.setattr(views, "SIZE", 2)
    with district_scope(place.minhang):
        made = [factories.facility(place.street, video_days=5) for _n in range(4)]
    codes = sorted([place.facility.code, *(one.code for one in made)])
    first = get(client, place.bureau, "rule", "video-days")
    assert [row["found"].code for row in first.context["rows"]] == codes[:2]
    assert not first.context["pager"]["before"]
    client.force_login(place.bureau)
    second = client.get(reverse("rule", args=["minhang", "video-days"]) + first.context["pager"]["after"])
    assert [row["found"].code for row in second.context["rows"]] == codes[2:4]
    back = client.get(reverse("rule", args=["minhang", "video-days"]) + second.context["pager"]["before"])
    assert [row["found"].code for row in back.context["rows"]] == codes[:2]
    third = client.get(reverse("rule", args=["minhang", "video-days"]) + second.context["pager"]["after"])
    assert [row["found"].code for row in third.context["rows"]] == codes[4:]
    assert not third.context["pager"]["after"]


def test_streets_and_a_street(client, place):
    page = get(client, place.bureau, "rulebook-streets")
    assert {row["name"] for row in page.context["rows"]} == {place.street.name, place.other_street.name}
    assert page.context["whole"].total == sum(row["counts"].total for row in page.context["rows"])
    one = get(client, place.bureau, "rulebook-street", place.street.pk)
    assert one.context["worst"][0]["standing"].facility_id == place.facility.pk
    assert one.context["whole"].total < page.context["whole"].total
    get(client, place.bureau, "rulebook-street", 999999, status=404)


def test_a_facilitys_page_says_value_limit_clause_and_what_would_mend_it(client, place):
    page = get(client, place.operator, "facility-rules", place.facility.pk)
    rows = {row["key"]: row for row in page.context["rows"]}
    assert rows["video-days"]["found"].verdict == "not_met"
    assert (rows["video-days"]["value"], rows["video-days"]["limit"]) == ("10 天", "≥ 90 天")
    assert rows["video-days"]["mend"] == "扩充存储，保存天数够了再登记"
    assert rows["video-days"]["mend_url"] == reverse("facility-edit", args=["minhang", place.facility.pk])
    assert rows["video-connected"]["found"].verdict == "met" and not rows["video-connected"]["mend"]
    assert rows["certified"]["mend"] == "登记从业人员"  # nothing on record: what to enter
    assert [one["found"].verdict for one in page.context["rows"]] == sorted(
        (one["found"].verdict for one in page.context["rows"]), key=["not_met", "unknown", "met"].index
    )
    # who keeps nothing gets no link to a form
    look = get(client, place.department, "facility-rules", place.facility.pk)
    assert not any(row["mend_url"] for row in look.context["rows"])
    file = get(client, place.operator, "facility", place.facility.pk)
    assert "录像保存天数" in words(file) and file.context["rulebook"]["counts"].not_met


def test_an_officer_sees_the_own_street_only(client, place):
    page = get(client, place.officer, "rulebook-streets")
    assert [row["name"] for row in page.context["rows"]] == [place.street.name]
    get(client, place.officer, "rulebook-street", place.other_street.pk, status=404)
    get(client, place.officer, "facility-rules", place.other.pk, status=404)
    rule = get(client, place.officer, "rule", "video-days", verdict="unknown")
    assert place.other.pk not in [row["found"].facility_id for row in rule.context["rows"]]
    get(client, place.home_visitor, "rulebook", status=403)


def test_a_past_day_is_judged_by_its_parameter_and_a_day_to_come_by_none(client, place):
    with district_scope(place.minhang):
        Parameter.objects.filter(key="video.days.other").update(starts_on=date(2025, 6, 1))
    page = get(client, place.bureau, "facility-rules", place.facility.pk, on="2025-05-31")
    rows = {row["key"]: row for row in page.context["rows"]}
    assert rows["video-days"]["found"].verdict == "unknown"
    assert "2025-05-31" in words(page)
    for wrong in ("2999-01-01", "gestern", "1999-12-31"):
        page = get(client, place.bureau, "rulebook", on=wrong)
        assert page.context["on"] == timezone.localdate() and "日期看不懂" in words(page)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("rulebook", lambda p: ()),
        ("rulebook-streets", lambda p: ()),
        ("rulebook-street", lambda p: (p.street.pk,)),
        ("rulebook-card", lambda p: ()),
        ("rule", lambda p: ("video-days",)),
        ("facility-rules", lambda p: (p.facility.pk,)),
    ],
)
def test_queries_do_not_grow(client, place, name, args):
    get(client, place.bureau, name, *args(place))
    with at_most(12):
        client.get(reverse(name, args=["minhang", *args(place)]))


# ---- what operators and files are told


def test_an_operators_today_has_the_own_facility_with_what_is_not_met(place):
    with district_scope(place.minhang):
        found = waiting(place.actor("operator"))
        assert [one.url for one in found] == [reverse("facility-rules", args=["minhang", place.facility.pk])]
        assert "录像保存天数" in found[0].facts
        assert waiting(place.actor("bureau")) == []


# ---- the daily look


def looked(cast, on):
    return rulebook.look(on=on, actor=Actor.system(cast.minhang, "test"))


def spans(facility, rule="video-days"):
    rows = Verdict.objects.filter(facility=facility, rule=rule).order_by("starts_on")
    return [(one.value, one.starts_on, one.ends_on) for one in rows]


#: Records change between looks, so the looks are of today and after: an earlier day stands by its history.
DAYS = [timezone.localdate() + timedelta(n) for n in range(6)]


def test_the_look_keeps_changes_only(place):
    with district_scope(place.minhang):
        first = looked(place, DAYS[0])
        assert first.began == Verdict.objects.count() and first.ended == 0
        assert not Verdict.objects.filter(rule="video-days", facility=place.loose).exists()  # met is not kept
        again = looked(place, DAYS[0])
        assert (again.began, again.ended) == (0, 0)
        assert looked(place, DAYS[1]).began == 0
        Facility.objects.filter(pk=place.facility.pk).update(video_days=None)
        looked(place, DAYS[2])
        Facility.objects.filter(pk=place.facility.pk).update(video_days=120)
        looked(place, DAYS[3])
        Facility.objects.filter(pk=place.facility.pk).update(video_days=3)
        looked(place, DAYS[4])
        assert spans(place.facility) == [
            ("not_met", DAYS[0], DAYS[1]),
            ("unknown", DAYS[2], DAYS[2]),
            ("not_met", DAYS[4], None),
        ]
        assert RulebookDay.objects.get().looked_on == DAYS[4]
        assert AuditEntry.objects.filter(action="facilities.rulebook.look").count() == 4


def test_the_same_day_again_follows_the_records_of_now(place):
    with district_scope(place.minhang):
        looked(place, DAYS[0])
        Facility.objects.filter(pk=place.facility.pk).update(video_days=120)
        looked(place, DAYS[0])
        assert spans(place.facility) == []


def test_the_look_goes_forwards_only(place):
    with district_scope(place.minhang):
        looked(place, DAYS[2])
        with pytest.raises(Refused, match=DAYS[2].isoformat()):
            looked(place, DAYS[1])


def test_since_when_stands_on_the_pages(client, place):
    today = timezone.localdate()
    with district_scope(place.minhang):
        place.work = factories.employment(place.loose)
        for day in (9, 4):
            if day == 4:
                RecordCheck.objects.create(
                    staff=place.work.staff, checked_on=today - timedelta(5), found=True
                )
            looked(place, today - timedelta(day))
        old = {f.rule.key: f for f in verdicts.of_facility(place.other.pk, today)}["video-days"]
        new = {f.rule.key: f for f in verdicts.of_facility(place.loose.pk, today)}["no-record"]
        assert (old.since, old.at_least) == (today - timedelta(9), True)  # found so on the first look
        assert (new.since, new.at_least) == (today - timedelta(4), False)
    page = get(client, place.bureau, "rule", "video-days", verdict="unknown")
    said = {row["found"].facility_id: row["since"] for row in page.context["rows"]}
    assert said[place.other.pk].endswith("以前")
    page = get(client, place.bureau, "rule", "no-record")
    assert [row["since"][-1] for row in page.context["rows"]] == ["起"]
    file = get(client, place.bureau, "facility", place.loose.pk)
    assert "不符合：在岗人员都没有违法犯罪记录" in words(file)


def test_a_facility_that_closes_ends_its_verdicts(place):
    with district_scope(place.minhang):
        looked(place, DAYS[0])
        Facility.objects.filter(pk=place.facility.pk).update(state="closed", closed_on=DAYS[1])
        looked(place, DAYS[1])
        assert not Verdict.objects.filter(facility=place.facility, ends_on__isnull=True).exists()


def test_the_task_looks_at_today(place):
    began, ended = tasks.look_at_rules(place.minhang.pk)
    with district_scope(place.minhang):
        assert began == Verdict.objects.count() and ended == 0
        assert RulebookDay.objects.get().looked_on == timezone.localdate()


# ---- a parameter that is tried


def post(client, user, key="video.days.other", **values):
    cache.clear()
    client.force_login(user)
    given = {"starts_on": timezone.localdate().isoformat(), "basis": "示例通知〔2026〕1号", "value": "120"}
    return client.post(reverse("parameter", args=["minhang", key]), given | values)


def test_a_new_value_shows_who_would_newly_fail_before_it_is_saved(client, place):
    page = post(client, place.bureau)
    assert page.status_code == 200
    text = words(page)
    assert "会多 1 家次不符合" in text and place.loose.name in text and "会多 0 家次符合" in text
    with district_scope(place.minhang):
        assert Parameter.objects.get(key="video.days.other").value == 90
    seen = page.context["form"]["seen"].value()
    changed_his_mind = post(client, place.bureau, value="8", seen=seen)
    assert changed_his_mind.status_code == 200 and "会多 1 家次符合" in words(changed_his_mind)
    assert post(client, place.bureau, seen=seen).status_code == 302
    with district_scope(place.minhang):
        assert [p.value for p in Parameter.objects.filter(key="video.days.other").order_by("starts_on")] == [
            90,
            120,
        ]
        rule = verdicts.rules(timezone.localdate(), "video-days")[0]
        failing = {f.facility_id for f in verdicts.of_rule(rule, timezone.localdate())}
        assert failing == {place.facility.pk, place.loose.pk}


def test_what_is_refused_is_refused_before_any_effect(client, place):
    page = post(client, place.bureau, value="viele")
    assert page.status_code == 422 and "会多" not in words(page)
    assert post(client, place.officer).status_code == 403


def test_a_parameter_on_which_no_rule_hangs_is_saved_at_once(client, place):
    assert post(client, place.bureau, key="order.days_high", value="7").status_code == 302


# ---- REST and the command

TOKEN = "sy_minhang_rulebook-of-the-test-0123456789"


def rest(client, place, query=""):
    with district_scope(place.minhang):
        ApiClient.objects.get_or_create(
            token_sha256=hashlib.sha256(TOKEN.encode()).hexdigest(),
            defaults={
                "name": "示例规则",
                "scopes": ["rulebook:read"],
                "starts_on": date(2024, 1, 1),
                "created_by": place.system_admin,
            },
        )
    return client.get(f"/api/v1/rulebook/{query}", HTTP_AUTHORIZATION=f"Bearer {TOKEN}")


def test_rest_gives_rules_with_counts_and_verdicts_in_pages(client, place):
    body = rest(client, place).json()
    video = next(rule for rule in body["results"] if rule["key"] == "video-days")
    assert (video["not_met"], video["met"], video["weak"], video["clause"]) == (1, 1, True, None)
    with district_scope(place.minhang):
        made = [factories.facility(place.street, video_days=5) for _n in range(3)]
    seen, query = [], "verdicts/?rule=video-days&limit=2"
    while query:
        page = rest(client, place, query).json()
        seen += [row["facility"] for row in page["results"]]
        query = f"verdicts/?rule=video-days&limit=2&cursor={page['next']}" if page["next"] else ""
    assert seen == sorted([place.facility.code, *(one.code for one in made)])
    row = rest(client, place, f"verdicts/?facility={place.facility.code}").json()["results"][0]
    assert row == {
        "facility": place.facility.code, "rule": "video-days", "verdict": "not_met", "value": "10", "of": None,
        "limit": "90", "since": None,
    }  # fmt: skip
    every = rest(client, place, "verdicts/?limit=1").json()
    assert {one["verdict"] for one in every["results"]} == {"not_met"} and every["next"]
    assert rest(client, place, "verdicts/?on=2024-01-05&rule=video-days").json()["on"] == "2024-01-05"
    for wrong, status in (
        ("verdicts/?rule=nothing", 404), ("verdicts/?facility=nobody", 404), ("verdicts/?rule=a&facility=b", 400),
        ("verdicts/?verdict=good", 400), ("verdicts/?limit=0", 400), ("?on=2999-01-01", 400), ("?x=1", 400),
    ):  # fmt: skip
        assert rest(client, place, wrong).status_code == status, wrong


def test_the_command_says_what_the_pages_say(place, capsys):
    call_command("rulebook", "--district", "minhang", "--facility", place.facility.code)
    assert "不符合　录像保存天数　10 天　≥ 90 天" in capsys.readouterr().out
    call_command("rulebook", "--district", "minhang", "--rule", "video-days", "--look")
    out = capsys.readouterr().out
    assert place.facility.code in out and place.loose.code not in out
    with district_scope(place.minhang):
        assert Verdict.objects.filter(facility=place.facility, rule="video-days").exists()
    call_command("rulebook", "--district", "minhang")
    assert "video-days" in capsys.readouterr().out
    for wrong in (["--district", "nowhere"], ["--district", "minhang", "--on", "x"]):
        with pytest.raises(CommandError):
            call_command("rulebook", *wrong)
