"""Cameras and alarm buttons: what the platform reports over REST, what is out, who sees it; weeks that are watched."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import product

import pytest
from django.db import ProgrammingError, transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from facilities.models import Facility
from inspections.models import (
    DeviceOutage,
    DeviceState,
    Inspection,
    VideoDevice,
    VideoPlayer,
    WatchList,
    WatchSlot,
)
from inspections.rules import devices as rules
from inspections.services import device_queue, device_reports, watch
from portal.access import Actor
from portal.errors import Conflict, Refused
from portal.models import AuditEntry
from portal.tenancy import district_scope, public_scope
from tests.facilities import factories as facilities
from tests.inspections import factories
from tests.inspections.test_results_api import grant
from tests.inspections.test_watch_rules import verify
from tests.portal.spreadsheets import cells_of
from tests.queries import at_most

pytestmark = pytest.mark.django_db
TOKEN = "sy_minhang_video-secret"
REPORTS, LIST = "/api/v1/devices/reports/", "/api/v1/devices/"


def device(facility, code: str, **values) -> VideoDevice:
    given = {"kind": "camera", "place": "小一班活动室", "installed_on": date(2024, 9, 1)}
    return VideoDevice.objects.create(facility=facility, code=code, **(given | values))


@pytest.fixture
def town(cast, client):
    """Two cameras and a button in Qibao, of them one camera in a 宝宝屋; one camera in Gumei."""
    grant(cast, cast.minhang, TOKEN, ("devices:report", "devices:read"))
    with district_scope(cast.minhang):
        factories.reference(cast.minhang)
        cast.house = facilities.facility(cast.street, kind="baby_house", name="示例七宝宝宝屋")
        cast.cam = device(cast.facility, "CAM-1")
        cast.baby = device(cast.house, "CAM-2", place="活动区")
        cast.button = device(cast.facility, "BTN-1", kind="alarm", place="接待处")
        cast.far = device(facilities.facility(cast.other_street), "CAM-3")
    cast.client = client
    return cast


def send(town, *reports: dict, token: str = TOKEN, body=None):
    return town.client.post(
        REPORTS,
        {"reports": list(reports)} if body is None else body,
        content_type="application/json",
        HTTP_AUTHORIZATION=f"Bearer {token}",
    )


def said(code: str, minutes: int = 0, working: bool = True, kept=None) -> dict:
    at = timezone.now() - timedelta(minutes=minutes)
    return {"device": code, "at": at.isoformat(), "working": working, "kept_days": kept}


def open_faults() -> set[tuple[str, str]]:
    rows = DeviceOutage.objects.filter(ended_at__isnull=True)
    return set(rows.values_list("device__code", "fault"))


def test_a_report_moves_the_state_and_the_same_again_changes_nothing(town):
    reports = [said("CAM-1", kept=90), said("CAM-2", kept=29), said("BTN-1", working=False), said("NOPE")]
    first = send(town, *reports)
    assert first.json() == {"moved": 3, "stale": 0, "unknown": ["NOPE"]}
    with district_scope(town.minhang):
        assert open_faults() == {("CAM-2", "short"), ("BTN-1", "off")}
        short = DeviceOutage.objects.get(fault="short")
        assert (short.kept_days, short.required_days) == (29, 30)
    again = send(town, *reports)
    assert again.json() == {"moved": 0, "stale": 3, "unknown": ["NOPE"]}
    with district_scope(town.minhang):
        assert DeviceOutage.objects.count() == 2


def test_an_older_report_that_comes_late_does_not_undo_a_newer_one(town):
    send(town, said("CAM-1", minutes=5, working=False))
    assert send(town, said("CAM-1", minutes=9)).json()["stale"] == 1
    with district_scope(town.minhang):
        assert open_faults() == {("CAM-1", "off")}


def test_of_several_reports_of_one_device_the_newest_counts(town):
    answer = send(
        town, said("CAM-1", minutes=9, working=False), said("CAM-1", minutes=1), said("CAM-1", minutes=5)
    )
    assert answer.json()["moved"] == 1
    with district_scope(town.minhang):
        assert DeviceState.objects.get().working and not open_faults()


def test_what_came_back_ends_its_outage(town):
    send(town, said("CAM-1", minutes=30, working=False, kept=10))
    send(town, said("CAM-1", minutes=10, working=True, kept=10))
    with district_scope(town.minhang):
        assert open_faults() == {("CAM-1", "short")}
        off = DeviceOutage.objects.get(fault="off")
        assert off.ended_at - off.began_at == pytest.approx(timedelta(minutes=20), abs=timedelta(seconds=5))


def test_what_the_database_finds_is_what_the_rule_says(town):
    """Every combination of what a device can report, against rules.devices.faults."""
    codes = {}
    with district_scope(town.minhang):
        combinations = product(("camera", "alarm"), (True, False), (None, 0, 29, 30, 89, 90), (5, 90))
        for n, (kind, working, kept, minutes) in enumerate(combinations):
            for place, required in ((town.facility, 90), (town.house, 30)):
                code = f"X{n}-{required}"
                device(place, code, kind=kind)
                codes[code] = (kind, working, kept, required, minutes)
    sent = [said(c, minutes, working, kept) for c, (_k, working, kept, _r, minutes) in codes.items()]
    assert send(town, *sent).json()["moved"] == len(codes)
    now = timezone.now()
    with district_scope(town.minhang):
        device_reports.see_silence(actor=Actor.system(town.minhang, "test"), now=now)
        found: dict[str, set[str]] = {}
        for code, fault in open_faults():
            found.setdefault(code, set()).add(fault)
        for code, (kind, working, kept, required, minutes) in codes.items():
            silent = now - timedelta(minutes=60)
            expected = rules.faults(kind, working, kept, required, now - timedelta(minutes=minutes), silent)
            got = found.get(code, set())
            assert ("silent" in got) == (expected == {"silent"}), code
            if "silent" not in expected:
                assert got == expected, code


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ([], "reports"),
        ({"reports": {}}, "reports"),
        ({"reports": [], "more": 1}, "more"),
        ({"reports": [{"device": "CAM-1"}]}, "reports[0].at"),
        ({"reports": [said("CAM-1"), said("CAM-1") | {"kept_days": -1}]}, "reports[1].kept_days"),
        ({"reports": [said("CAM-1"), said("CAM-1") | {"kept_days": "多"}]}, "reports[1].kept_days"),
        ({"reports": [said("CAM-1"), said("CAM-1") | {"at": "昨天"}]}, "reports[1].at"),
        ({"reports": [said("CAM-1"), said("CAM-1") | {"at": "2099-01-01T00:00:00+08:00"}]}, "reports[1].at"),
        ({"reports": [said("CAM-1"), 7]}, "reports[1]"),
        ({"reports": [said("CAM-1")] * 1001}, "reports"),
        ({"reports": [said("CAM-1") | {"device": "x\x00"}]}, "reports[0].device"),
    ],
)
def test_a_message_that_is_wrong_is_refused_with_its_place_and_nothing_is_taken(town, body, place):
    answer = send(town, body=body)
    assert answer.status_code == 400 and answer.json()["field"] == place
    with district_scope(town.minhang):
        assert not DeviceState.objects.exists()


def test_what_is_no_json_is_refused(town):
    answer = town.client.post(
        REPORTS, "reports", content_type="application/json", HTTP_AUTHORIZATION=f"Bearer {TOKEN}"
    )
    assert answer.status_code == 400


def test_a_token_without_the_scope_reports_nothing(town):
    grant(town, town.minhang, "sy_minhang_other", ("facilities:read",))
    assert send(town, said("CAM-1"), token="sy_minhang_other").status_code == 403
    assert town.client.get(LIST, HTTP_AUTHORIZATION="Bearer sy_minhang_other").status_code == 403


def test_another_districts_devices_are_unknown(town):
    grant(town, town.jinshan, "sy_jinshan_video", ("devices:report",))
    answer = send(town, said("CAM-1"), token="sy_jinshan_video")
    assert answer.json() == {"moved": 0, "stale": 0, "unknown": ["CAM-1"]}


def test_a_message_of_a_thousand_costs_what_one_of_ten_does(town):
    with district_scope(town.minhang):
        VideoDevice.objects.bulk_create(
            VideoDevice(facility=town.facility, code=f"M{n}", place="走廊", installed_on=date(2024, 1, 1))
            for n in range(1000)
        )
    reports = [said(f"M{n}", kept=90) for n in range(1000)]
    with at_most(9):
        assert send(town, *reports).json()["moved"] == 1000


def test_who_has_not_been_heard_for_an_hour_is_out_once(town):
    send(town, said("CAM-1", minutes=61), said("CAM-2", minutes=59))
    with district_scope(town.minhang):
        actor = Actor.system(town.minhang, "test")
        assert device_reports.see_silence(actor=actor) == 3
        assert device_reports.see_silence(actor=actor) == 0
        assert open_faults() == {("CAM-1", "silent"), ("BTN-1", "silent"), ("CAM-3", "silent")}
    send(town, said("CAM-1"))
    with district_scope(town.minhang):
        assert ("CAM-1", "silent") not in open_faults()


def test_where_no_care_is_given_any_more_nothing_is_out(town):
    """A facility that pauses takes its alerts along; what is still silent when it opens again begins anew."""
    now = timezone.now()
    with district_scope(town.minhang):
        actor = Actor.system(town.minhang, "test")
        device_reports.see_silence(actor=actor, now=now)
        before = open_faults()
        assert before
        Facility.objects.update(state="suspended")
        assert device_reports.see_silence(actor=actor, now=now + timedelta(hours=2)) == 0
        assert open_faults() == set()
        assert not DeviceOutage.objects.filter(ended_at__lt=F("began_at")).exists()
        Facility.objects.update(state="operating")
        device_reports.see_silence(actor=actor, now=now + timedelta(hours=4))
        assert open_faults() == before and DeviceOutage.objects.count() == 2 * len(before)


def test_the_list_over_rest_gives_state_and_faults_page_by_page(town):
    send(town, said("CAM-1", kept=80), said("CAM-2", kept=30))

    def asked(query: str) -> dict:
        return town.client.get(f"{LIST}?{query}", HTTP_AUTHORIZATION=f"Bearer {TOKEN}").json()

    first = asked("limit=2")
    rest = asked(f"limit=2&cursor={first['next']}")
    rows = {row["code"]: row for row in first["results"] + rest["results"]}
    assert set(rows) == {"CAM-1", "CAM-2", "BTN-1", "CAM-3"} and rest["next"] is None
    assert rows["CAM-1"]["faults"] == ["short"] and rows["CAM-1"]["kept_days"] == 80
    assert rows["CAM-3"]["heard_at"] is None
    assert [row["code"] for row in asked("state=short")["results"]] == ["CAM-1"]
    assert {row["code"] for row in asked("state=fine")["results"]} == {"CAM-2", "BTN-1", "CAM-3"}
    assert [row["code"] for row in asked(f"facility={town.house.code}")["results"]] == ["CAM-2"]
    assert asked("state=x")["field"] == "state"


def url(name: str, *args) -> str:
    return reverse(name, args=["minhang", *args])


def page_codes(town, user, **query) -> set[str]:
    town.client.force_login(user)
    return {row.code for row in town.client.get(url("devices"), query).context["page"].rows}


def test_everybody_sees_the_devices_within_reach_and_the_file_is_the_same(town):
    send(town, said("CAM-1", kept=80))
    assert page_codes(town, town.bureau) == {"CAM-1", "CAM-2", "BTN-1", "CAM-3"}
    assert page_codes(town, town.officer) == {"CAM-1", "CAM-2", "BTN-1"}
    assert page_codes(town, town.operator) == {"CAM-1", "BTN-1"}
    assert page_codes(town, town.bureau, state="fault") == {"CAM-1"}
    assert page_codes(town, town.bureau, kind="alarm") == {"BTN-1"}
    assert page_codes(town, town.bureau, facility="nope") == set()
    for name, first in (("devices", "CAM-1"), ("outages", town.facility.code)):
        sheet = town.client.get(url("export", name), {"state": "fault"})
        cells = cells_of(b"".join(sheet.streaming_content) if sheet.streaming else sheet.content)
        assert any(row and row[0] == first for row in cells), name


def test_an_outage_stands_on_the_pages_and_says_how_long(town):
    send(town, said("CAM-1", minutes=300, working=False), said("CAM-2", minutes=3, kept=12))
    town.client.force_login(town.bureau)
    with at_most(12):
        page = town.client.get(url("outages"))
    text = page.content.decode()
    assert "没有工作" in text and "录像只存了 12 天，要 30 天" in text and "5 小时" in text
    with at_most(12):
        one = town.client.get(url("device", town.cam.pk)).content.decode()
    assert "没有恢复" in one
    with district_scope(town.minhang):
        waiting = device_queue.waiting(town.actor("operator"))
        assert [row.title for row in waiting] == ["1 台设备有告警"]
        system, today = Actor.system(town.minhang, "x"), timezone.localdate()
        lasting = timezone.localdate(timezone.now() - timedelta(minutes=60))  # when its four hours were over
        tomorrow = lasting + timedelta(1)
        told = device_queue.digest(system, tomorrow, today - timedelta(3))
        assert [line.words for line in told(town.actor("officer"), lasting)] == ["新增 1 台设备告警"]
        assert told(town.actor("inspector"), lasting) == []
        # the message of the day after says nothing of it again
        again = device_queue.digest(system, tomorrow + timedelta(1), today - timedelta(3))
        assert again(town.actor("officer"), tomorrow) == []


def test_a_device_is_entered_changed_and_taken_out_of_service(town):
    town.client.force_login(town.bureau)
    given = {
        "code": "cam-9", "facility": town.facility.code, "kind": "camera", "place": "门口", "installed_on": "2025-01-01",
        "retired_on": "",
    }  # fmt: skip
    assert town.client.post(url("device-new"), given).status_code == 302
    with district_scope(town.minhang):
        made = VideoDevice.objects.get(code="CAM-9")
    send(town, said("CAM-9", working=False))
    changed = given | {"retired_on": timezone.localdate().isoformat(), "version": "1"}
    assert town.client.post(url("device-edit", made.pk), changed).status_code == 302
    assert town.client.post(url("device-edit", made.pk), changed).status_code == 409
    with district_scope(town.minhang):
        assert not open_faults()
        actions = AuditEntry.objects.filter(action__startswith="inspections.device").order_by("pk")
        assert list(actions.values_list("action", flat=True)) == [
            "inspections.device.enter", "inspections.device.change",
        ]  # fmt: skip
    assert send(town, said("CAM-9")).json()["unknown"] == ["CAM-9"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", "摄像头"), ("code", "CAM-1"), ("facility", "NONE"), ("kind", "x"), ("place", " "),
        ("installed_on", "2099-01-01"), ("retired_on", "2024-01-01"), ("installed_on", "0001-01-01"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_at_its_field(town, field, value):
    town.client.force_login(town.bureau)
    given = {
        "code": "NEW-1", "facility": town.facility.code, "kind": "camera", "place": "门口", "installed_on": "2025-01-01",
        "retired_on": "",
    } | {field: value}  # fmt: skip
    answer = town.client.post(url("device-new"), given)
    assert answer.status_code == 422
    with district_scope(town.minhang):
        assert not VideoDevice.objects.filter(code="NEW-1").exists()


def test_the_player_is_an_https_address_with_the_device(town):
    town.client.force_login(town.bureau)
    for bad in ("http://x.cn/{device}", "https://x.cn/", "javascript:{device}"):
        assert town.client.post(url("video-player"), {"url": bad}).status_code == 422
    town.client.post(url("video-player"), {"url": "https://video.example.cn/?id={device}"})
    assert (
        "https://video.example.cn/?id=CAM-1" in town.client.get(url("device", town.cam.pk)).content.decode()
    )
    town.client.force_login(town.operator)
    assert "video.example.cn" not in town.client.get(url("device", town.cam.pk)).content.decode()
    town.client.force_login(town.bureau)
    town.client.post(url("video-player"), {"url": ""})
    with district_scope(town.minhang):
        assert not VideoPlayer.objects.exists()


def noon(day: date) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day, 12))


#: A Monday; the week before it has five working days.
MONDAY = date(2026, 3, 16)


@pytest.fixture
def drawn(town):
    """The list of the week before MONDAY."""
    send(town, said("CAM-1"), said("CAM-2"), said("CAM-3", working=False), said("BTN-1"))
    with district_scope(town.minhang):
        town.week = watch.draw_week(2026, 11, actor=Actor.system(town.minhang, "test"), now=noon(MONDAY))
        town.slot = town.week.slots.get(position=1)
    return town


def test_a_week_is_drawn_once_from_the_cameras_that_record(drawn):
    with district_scope(drawn.minhang):
        system = Actor.system(drawn.minhang, "test")
        assert watch.draw_week(2026, 11, actor=system, now=noon(MONDAY)) == drawn.week
        facts = drawn.week.facts
        assert [one["id"] for one in facts["cameras"]] == ["CAM-1", "CAM-2"]
        assert facts["days"][0] == "2026-03-09" and len(facts["days"]) == 5
        assert drawn.week.slots.count() == 20
        assert drawn.week.due_on == date(2026, 3, 23)
        following = watch.draw_week(2026, 12, actor=system, now=noon(MONDAY + timedelta(7)))
        assert following.facts["previous"] == drawn.week.evidence_sha256


def test_a_week_that_is_not_over_is_not_drawn(town):
    with district_scope(town.minhang):
        system = Actor.system(town.minhang, "test")
        for year, week in ((2026, 12), (2025, 53), (2026, 0)):
            with pytest.raises(Refused):
                watch.draw_week(year, week, actor=system, now=noon(MONDAY))


def test_without_cameras_there_is_no_list(cast):
    with district_scope(cast.minhang):
        factories.reference(cast.minhang)
        assert watch.see_weeks(actor=Actor.system(cast.minhang, "test"), now=noon(MONDAY)) == []
        assert not WatchList.objects.exists()


def test_what_was_seen_is_logged_and_becomes_a_visit(drawn):
    drawn.client.force_login(drawn.inspector)
    address = url("watch-slot", drawn.week.pk, drawn.slot.pk)
    page = drawn.client.get(url("watch", drawn.week.pk)).content.decode()
    assert page.count("记下看到的</summary>") == 20 and page.count("<details open><summary>记下看到的") == 1
    refused = drawn.client.post(address, {"outcome": "finding", "note": "", "version": 1})
    assert refused.status_code == 422
    last = refused.content.decode().split(f'id="s{drawn.slot.pk}"')[1].split("</section>")[0]
    assert "<details open>" in last  # the one that was refused, not the next one
    given = {"outcome": "finding", "note": "午睡时没有人值守", "version": 1}
    assert drawn.client.post(address, given).status_code == 302
    assert drawn.client.post(address, given).status_code == 302  # twice without harm
    with district_scope(drawn.minhang):
        team = factories.team(drawn)
        other = drawn.actor("bureau")
        with pytest.raises(Conflict):
            watch.log_slot(drawn.slot, outcome="ok", version=1, actor=other)
        due = (timezone.localdate() + timedelta(5)).isoformat()
    follow = url("watch-follow", drawn.week.pk, drawn.slot.pk)
    drawn.client.force_login(drawn.bureau)
    assert drawn.client.get(follow).status_code == 200
    sent = {"due_on": due, "inspectors": [one.pk for one in team]}
    assert drawn.client.post(follow, sent).status_code == 302
    assert drawn.client.post(follow, sent).status_code == 409
    with district_scope(drawn.minhang):
        made = Inspection.objects.get(kind="unscheduled")
        assert made.reason_kind == "watch" and "午睡时没有人值守" in made.reason
        with pytest.raises(Conflict):
            watch.log_slot(drawn.slot, outcome="ok", version=3, actor=other)


def test_a_recording_that_is_gone_needs_a_word_and_leads_nowhere(drawn):
    with district_scope(drawn.minhang):
        actor = drawn.actor("bureau")
        with pytest.raises(Refused):
            watch.log_slot(drawn.slot, outcome="gone", version=1, actor=actor)
        with pytest.raises(Refused):
            watch.log_slot(drawn.slot, outcome="seen", version=1, actor=actor)
        watch.log_slot(drawn.slot, outcome="gone", note="设备断网", version=1, actor=actor)
        with pytest.raises(Refused):
            watch.follow_up(drawn.slot, inspectors=[], due_on=MONDAY, actor=actor)


def test_evidence_is_public_when_all_was_seen_and_re_computes(drawn):
    public = reverse("public-watch-file", args=["minhang", 2026, 11])
    assert drawn.client.get(public).status_code == 404
    page = drawn.client.get(reverse("public-watches", args=["minhang"])).content.decode()
    assert drawn.week.evidence_sha256 in page and "CAM-1" not in page
    with district_scope(drawn.minhang):
        system = Actor.system(drawn.minhang, "test")
        assert watch.publish_due(actor=system, now=noon(MONDAY)) == 0
        for slot in drawn.week.slots.all():
            watch.log_slot(slot, outcome="ok", version=1, actor=drawn.actor("inspector"))
        assert watch.publish_due(actor=system, now=noon(MONDAY)) == 1
        with pytest.raises(Conflict):
            watch.log_slot(drawn.slot, outcome="gone", note="断网了", version=2, actor=drawn.actor("bureau"))
    answer = drawn.client.get(public)
    assert list(verify.differences(answer.content, drawn.week.evidence_sha256)) == []
    with public_scope():
        found = WatchList.objects.only("file").get()
        assert bytes(found.file) == answer.content
        with pytest.raises(ProgrammingError), transaction.atomic():
            list(WatchSlot.objects.values_list("note"))


def test_what_nobody_looked_at_is_public_after_its_days_all_the_same(drawn):
    with district_scope(drawn.minhang):
        system = Actor.system(drawn.minhang, "test")
        assert watch.publish_due(actor=system, now=noon(date(2026, 3, 23))) == 0
        assert watch.publish_due(actor=system, now=noon(date(2026, 3, 24))) == 1
        assert drawn.week.slots.filter(outcome="").count() == 20


def test_the_pages_of_a_week(drawn):
    drawn.client.force_login(drawn.bureau)
    with at_most(12):
        assert "2026 年第 11 周" in drawn.client.get(url("watches")).content.decode()
    with at_most(12):
        text = drawn.client.get(url("watch", drawn.week.pk)).content.decode()
    assert "记下看到的" in text and drawn.week.evidence_sha256 in text
    drawn.client.force_login(drawn.operator)
    assert drawn.client.get(url("watches")).status_code == 403
    drawn.client.force_login(drawn.auditor)
    assert "记下看到的" not in drawn.client.get(url("watch", drawn.week.pk)).content.decode()


def test_a_facility_learns_what_was_seen_once_it_is_public(drawn):
    from inspections.dossier import watched

    with district_scope(drawn.minhang):
        slot = drawn.week.slots.filter(facility=drawn.facility).first()
        watch.log_slot(slot, outcome="finding", note="门没有关", version=1, actor=drawn.actor("bureau"))
        assert not watched(drawn.facility, drawn.actor("operator")).exists()
        assert watched(drawn.facility, drawn.actor("bureau")).exists()
        watch.publish_due(actor=Actor.system(drawn.minhang, "t"), now=noon(date(2026, 4, 1)))
        assert watched(drawn.facility, drawn.actor("operator")).exists()
