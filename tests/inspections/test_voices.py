"""Complaints from the public and serious incidents: said, sorted, answered, reported against a clock."""

from __future__ import annotations

import io
from datetime import date, datetime, timedelta

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from inspections.models import Complaint, Incident, Inspection
from inspections.rules import voices as rules
from inspections.services import complaints, incidents, visits, voice_queue
from portal import calendar
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.models.messages import Message
from portal.models.records import AuditEntry
from portal.services import messages
from portal.services.files import path_of
from portal.tenancy import district_scope
from tests.inspections import voices
from tests.portal.stage import photograph

pytestmark = pytest.mark.django_db
PHONE = "13812345678"


@pytest.fixture(autouse=True)
def data(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    cache.clear()


@pytest.fixture
def scene(cast):
    with district_scope(cast.minhang):
        voices.parameters()
        yield cast


def opened(cast):
    """For pages: the parameters are there and no scope is open."""
    with district_scope(cast.minhang):
        voices.parameters()


# ---- the tracking number


def test_a_tracking_number_has_chance_and_a_check():
    code = rules.new_code()
    assert len({rules.new_code() for _n in range(200)}) == 200
    assert rules.tidy(rules.in_groups(code).lower()) == code
    for place in range(len(code)):
        for other in rules.ALPHABET:
            if other != code[place]:
                assert rules.tidy(code[:place] + other + code[place + 1 :]) == "", "a slip is found"
    for place in range(len(code) - 2):
        if code[place] != code[place + 1]:
            assert rules.tidy(code[:place] + code[place + 1] + code[place] + code[place + 2 :]) == "", (
                "a swap is found"
            )
    assert rules.tidy("") == rules.tidy("０" * 13) == rules.tidy(code + code) == ""


def test_the_code_is_kept_by_nobody(scene):
    row, code = voices.say(scene.minhang)
    assert complaints.by_code(code) == row
    assert code.replace("-", "") not in str(Complaint.objects.filter(pk=row.pk).values().get())
    for wrong in ("", "ABC", rules.new_code(), code[:-1] + ("2" if code[-1] != "2" else "3")):
        with pytest.raises(NotFound):
            complaints.by_code(wrong)


# ---- complaints


def test_a_complaint_by_nobody(scene):
    row, _code = voices.say(scene.minhang, where=f" {scene.facility.code.lower()} ")
    assert (row.facility, row.anonymous, row.state) == (scene.facility, True, "received")
    assert row.answer_by == calendar.add_working_days(row.received_on, 30)
    entry = AuditEntry.objects.filter(action="inspections.complaint.submit").latest("pk")
    assert entry.user is None and row.text not in str(entry.changes)
    assert voices.say(scene.minhang, where="没有这家")[0].facility is None


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"text": "短"}, "text"),
        ({"text": "长" * 2001}, "text"),
        ({"where": " "}, "where"),
        ({"subject": "weather"}, "subject"),
        ({"happened_on": date(9999, 1, 1)}, "happened_on"),
        ({"happened_on": date(1, 1, 1)}, "happened_on"),
        ({"phone": "１３８１２３４５６７８"}, "phone"),
        ({"phone": "12345"}, "phone"),
        ({"name": "名" * 41}, "name"),
    ],
)
def test_what_nobody_can_say(scene, more, field):
    with pytest.raises(Refused) as refused:
        voices.say(scene.minhang, **more)
    assert field in refused.value.params["errors"]
    assert not Complaint.objects.exists()


def test_photographs_lose_what_the_camera_put_in(scene):
    exif = Image.Exif()
    exif[0x010F] = "示例手机"
    exif.get_ifd(0x8825)[1] = "N"
    row, _code = voices.say(scene.minhang, photos=[photograph(exif=exif.tobytes())])
    photo = row.photos.get()
    original, shown = path_of(photo.original).read_bytes(), path_of(photo.shown).read_bytes()
    assert Image.open(io.BytesIO(original)).getexif()
    found = Image.open(io.BytesIO(shown))
    assert not found.getexif() and b"Exif" not in shown and found.format == "JPEG"


def bomb() -> SimpleUploadedFile:
    body = io.BytesIO()
    Image.new("1", (9000, 9000)).save(body, "PNG")
    return SimpleUploadedFile("a.png", body.getvalue(), "image/png")


@pytest.mark.parametrize(
    "photos",
    [
        lambda: [SimpleUploadedFile("a.jpg", b"no picture", "image/jpeg")],
        lambda: [SimpleUploadedFile("a.jpg", b"%PDF-1.4", "image/jpeg")],
        lambda: [SimpleUploadedFile("a.jpg", photograph().read()[:120], "image/jpeg")],
        lambda: [bomb()],
        lambda: [photograph() for _n in range(5)],
    ],
)
def test_what_is_no_photograph_is_refused(scene, photos):
    with pytest.raises(Refused) as refused:
        voices.say(scene.minhang, photos=photos())
    assert "photos" in (refused.value.field, *refused.value.params.get("errors", ()))
    assert not Complaint.objects.exists()


def test_a_complaint_is_sorted_and_answered(scene):
    bureau, officer = scene.actor("bureau"), scene.actor("officer")
    row, code = voices.say(scene.minhang, phone=PHONE, name="王示例")
    assert not complaints.seen_by(officer).exists()
    with pytest.raises(Denied):
        complaints.sort_out(row, facility=scene.facility, subject="care", handler="street", actor=officer)
    with pytest.raises(Refused) as refused:
        complaints.sort_out(row, facility=None, subject="care", handler="street", actor=bureau)
    assert refused.value.field == "facility"
    row = complaints.sort_out(
        row, facility=scene.facility, subject="food", handler="street", actor=bureau, version=1
    )
    with pytest.raises(Conflict):
        complaints.sort_out(
            row, facility=scene.facility, subject="food", handler="street", actor=bureau, version=1
        )
    assert list(complaints.seen_by(officer)) == [row]
    for outcome, answer in (("maybe", "查过了，属实"), ("upheld", "好")):
        with pytest.raises(Refused):
            complaints.give_answer(row, outcome=outcome, answer=answer, actor=officer)
    complaints.give_answer(row, outcome="upheld", answer="查过了，属实，已经改好", actor=officer)
    assert complaints.by_code(code).answer == "查过了，属实，已经改好"
    with pytest.raises(Conflict):
        complaints.give_answer(row, outcome="upheld", answer="再答一次看看", actor=bureau)


def test_who_complained_is_shown_on_a_logged_click_only(scene):
    row, _code = voices.say(scene.minhang, phone=PHONE, name="王示例")
    row = complaints.sort_out(
        row, facility=scene.facility, subject="care", handler="bureau", actor=scene.actor("bureau")
    )
    for who in ("officer", "operator", "head", "inspector"):
        with pytest.raises(Denied):
            complaints.reveal_phone(row, actor=scene.actor(who))
    before = AuditEntry.objects.filter(action="inspections.complaint.reveal").count()
    assert complaints.reveal_phone(row, actor=scene.actor("bureau")) == ("王示例", PHONE)
    assert AuditEntry.objects.filter(action="inspections.complaint.reveal").count() == before + 1
    other, _code = voices.say(scene.minhang)
    with pytest.raises(Refused):
        complaints.reveal_phone(other, actor=scene.actor("bureau"))


def test_what_is_not_the_districts_is_handed_on(scene):
    bureau = scene.actor("bureau")
    row, code = voices.say(scene.minhang)
    with pytest.raises(Refused):
        complaints.hand_on(row, passed_to="", answer="已转", actor=bureau)
    complaints.hand_on(row, passed_to="示例市场监管所", answer="已转示例市场监管所，电话 12315", actor=bureau)
    found = complaints.by_code(code)
    assert (found.state, found.passed_to) == ("passed", "示例市场监管所")
    with pytest.raises(Refused):
        visits.create_unscheduled(found, inspectors=[], due_on=timezone.localdate(), actor=bureau)


def test_the_queue_tells_the_bureau_to_sort_and_the_street_to_answer(scene):
    row, _code = voices.say(scene.minhang)
    bureau, officer = scene.actor("bureau"), scene.actor("officer")
    assert [one.verb for one in voice_queue.waiting(bureau)] == ["分办"]
    complaints.sort_out(row, facility=scene.facility, subject="care", handler="street", actor=bureau)
    assert [one.verb for one in voice_queue.waiting(officer)] == ["答复"]
    late = row.answer_by + timedelta(1)
    assert voice_queue.waiting(officer, late)[0].state == "bad"


# ---- the public page


FORM = {"where": "示例托育园", "subject": "care", "text": "午睡时没有人巡视，等了很久才有老师来。"}


def test_the_public_page_takes_a_complaint_and_tells_by_its_code(cast, client):
    opened(cast)
    page = reverse("voice", args=["minhang"])
    assert client.get(page).status_code == 200
    assert client.post(page, {}).status_code == 422
    made = client.post(page, FORM | {"photos": [photograph()]})
    assert made.status_code == 200
    code = made.context["code"]
    assert code in made.content.decode()
    status = reverse("voice-status", args=["minhang"])
    found = client.post(status, {"code": code.lower()}).content.decode()
    assert "待分办" in found and FORM["text"] not in found, "what was said is not told again"
    assert client.post(status, {"code": "234"}).status_code == 422
    other = client.post(reverse("voice-status", args=["jinshan"]), {"code": code})
    assert other.status_code == 422, "a code is its district's"


def test_an_address_can_neither_flood_nor_guess(cast, client, monkeypatch):
    from inspections.views import voice

    opened(cast)
    monkeypatch.setattr(voice, "COMPLAINTS", 1)
    monkeypatch.setattr(voice, "GUESSES", 2)
    page, status = reverse("voice", args=["minhang"]), reverse("voice-status", args=["minhang"])
    code = client.post(page, FORM).context["code"]
    refused = client.post(page, FORM)
    assert refused.status_code == 422 and "太多了" in refused.content.decode()
    for _n in range(2):
        assert "没有这个查询码" in client.post(status, {"code": rules.new_code()}).content.decode()
    assert "太多了" in client.post(status, {"code": code}).content.decode()


def test_the_page_of_a_complaint(cast, client):
    opened(cast)
    with district_scope(cast.minhang):
        row, _code = voices.say(cast.minhang, phone=PHONE, where=cast.facility.code, photos=[photograph()])
        photo = row.photos.get().pk
    client.force_login(cast.bureau)
    page = reverse("complaint", args=["minhang", row.pk])
    assert PHONE not in client.get(page).content.decode()
    data = {"version": 1, "facility": cast.facility.code, "subject": "care", "handler": "bureau"}
    assert client.post(f"{page}sort/", data | {"facility": "XX9999"}).status_code == 422
    assert client.post(f"{page}sort/", data).url == page
    assert client.post(f"{page}sort/", data).status_code == 409
    assert PHONE in client.post(f"{page}phone/").content.decode()
    shown = client.get(reverse("complaint-photo", args=["minhang", row.pk, photo]))
    assert shown["Content-Type"] == "image/jpeg"
    assert (
        client.post(f"{page}answer/", {"version": 2, "outcome": "upheld", "answer": "查过了，已经改好"}).url
        == page
    )
    assert row.number in client.get(reverse("complaints", args=["minhang"]) + "?tab=done").content.decode()
    client.force_login(cast.operator)
    assert client.get(page).status_code == 403


# ---- inspections with a record behind them


def test_an_inspection_outside_of_the_draw_has_a_record_behind_it(scene):
    bureau = scene.actor("bureau")
    row, _code = voices.say(scene.minhang)
    with pytest.raises(Refused) as refused:
        visits.create_unscheduled(row, inspectors=[], due_on=timezone.localdate(), actor=bureau)
    assert refused.value.field == "cause"
    assert visits.cause_numbered(row.number.lower(), bureau) == row
    assert visits.cause_numbered("TS-0000-001", bureau) is None
    assert not Inspection.objects.exists()


# ---- incidents


NOW = timezone.make_aware(datetime(2026, 3, 11, 10, 0))


def test_the_first_report_against_the_clock(scene):
    operator = scene.actor("operator")
    row = voices.incident(scene.facility, operator, NOW)
    assert not row.late and row.next_due_at == NOW + timedelta(hours=24)
    late = voices.incident(scene.facility, operator, NOW, happened_at=NOW - timedelta(hours=3),
                           known_at=NOW - timedelta(hours=2), parents_told_at=NOW)  # fmt: skip
    assert late.late and late.reports.get().late
    assert [one.order for one in voice_queue.waiting(scene.actor("bureau"))] == [5, 5], (
        "the district sees it at once"
    )
    with pytest.raises(Denied):
        voices.incident(scene.facility, scene.actor("inspector"), NOW)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"parents_told_at": None}, "parents_told_at"),
        ({"parents_told_at": NOW + timedelta(hours=1)}, "parents_told_at"),
        ({"parents_told_at": NOW - timedelta(days=1)}, "parents_told_at"),
        ({"known_at": NOW + timedelta(hours=1)}, "known_at"),
        ({"known_at": NOW - timedelta(days=1)}, "known_at"),
        ({"happened_at": NOW + timedelta(hours=1)}, "happened_at"),
        ({"injured": 2}, "injured"),
        ({"children": -1}, "children"),
        ({"kind": "mood"}, "kind"),
        ({"text": "短"}, "text"),
        ({"place": ""}, "place"),
    ],
)
def test_what_is_no_report(scene, more, field):
    with pytest.raises(Refused) as refused:
        voices.incident(scene.facility, scene.actor("operator"), NOW, **more)
    assert field in refused.value.params["errors"]
    assert not Incident.objects.exists()


def test_the_chain_of_reports_and_its_end(scene):
    operator, bureau = scene.actor("operator"), scene.actor("bureau")
    row = voices.incident(scene.facility, operator, NOW)
    follow = incidents.report_next(
        row, text="医院检查没有大碍，在家休息。", actor=operator, now=NOW + timedelta(hours=30)
    )
    assert (follow.kind, follow.late) == ("follow_up", True)
    with pytest.raises(Conflict):
        incidents.close(row, note="处置完了，办结", actor=bureau)
    with pytest.raises(Denied):
        incidents.report_next(row, text="医院检查没有大碍，在家休息。", actor=scene.actor("officer"))
    final = incidents.report_next(
        row, text="查清了，滑梯松动，已换。", final=True, actor=operator, now=NOW + timedelta(days=2)
    )
    assert (final.kind, final.late) == ("final", False)
    with pytest.raises(Refused):
        incidents.send_back(row, note="缺", actor=bureau)
    row = incidents.send_back(row, note="还要写清责任人和整改", actor=bureau, now=NOW + timedelta(days=3))
    assert row.state == "open" and row.next_due_at is not None
    again = incidents.report_next(
        row, text="责任人是设备管理员，已培训。", final=True, actor=operator, now=NOW + timedelta(days=4)
    )
    assert again.kind == "follow_up", "the final report that was sent back stays"
    with pytest.raises(Denied):
        incidents.close(row, note="处置完了，办结", actor=operator)
    row = incidents.close(row, note="处置完了，办结", actor=bureau)
    assert row.state == "closed" and row.reports.count() == 4
    with pytest.raises(Conflict):
        incidents.report_next(row, text="再补充一点情况看看。", actor=operator)


def test_district_and_street_know_in_the_same_minute(scene):
    """Those who act, each once; nobody of another street, not the facility itself, and no auditor."""
    row = voices.incident(scene.facility, scene.actor("operator"), NOW)
    told = Message.objects.filter(kind="news")
    assert set(told.values_list("user__username", flat=True)) == {
        scene.users[name].username for name in ("bureau", "clerk", "head", "officer")
    }
    one = told.first()
    assert scene.facility.name in one.title and one.read_at is None
    (line,) = one.lines
    assert line["url"] == f"/minhang/incidents/{row.pk}/" and "首报" in line["words"]
    assert messages.unread(scene.actor("bureau")) == 1
    text = "孩子已经回家，家长没有异议，设备已经修好"
    incidents.report_next(row, text=text, actor=scene.actor("operator"), now=NOW)
    assert told.count() == 4, "a follow-up can wait"
    row.refresh_from_db()
    incidents.report_next(row, text=text, final=True, actor=scene.actor("operator"), now=NOW)
    assert told.count() == 8


def test_nobody_ends_what_the_same_person_reported(scene):
    bureau = scene.actor("bureau")
    row = voices.incident(scene.facility, bureau)
    incidents.report_next(row, text="查清了，已经处置完毕。", final=True, actor=bureau)
    with pytest.raises(Denied):
        incidents.close(row, note="处置完了，办结", actor=bureau)


def test_the_pages_of_an_incident(cast, client):
    opened(cast)
    client.force_login(cast.operator)
    page = reverse("incidents", args=["minhang"])
    new = reverse("incident-new", args=["minhang", cast.facility.pk])
    assert new in client.get(page).content.decode()
    now = timezone.localtime()
    data = {
        "kind": "injury", "happened_at": now.strftime("%Y-%m-%dT%H:%M"), "known_at": now.strftime("%Y-%m-%dT%H:%M"),
        "place": "活动室", "children": "1", "injured": "1", "text": "从滑梯上摔下，额头擦伤。",
    }  # fmt: skip
    assert client.post(new, data).status_code == 422
    for field, value in (
        ("happened_at", "0001-01-01T00:00"),
        ("children", "9" * 30),
        ("known_at", "9999-12-31T23:59"),
    ):
        assert client.post(new, data | {field: value, "parents_told_at": data["known_at"]}).status_code == 422
    made = client.post(new, data | {"parents_told_at": data["known_at"]})
    assert made.status_code == 302
    own = made.url
    assert (
        client.post(f"{own}next/", {"version": 1, "text": "查清了，已经处置完毕。", "final": "on"}).url == own
    )
    client.force_login(cast.bureau)
    assert "办结" in client.get(own).content.decode()
    assert client.post(f"{own}close/", {"version": 2, "note": "还要写清责任", "what": "return"}).url == own
    assert client.post(f"{own}close/", {"version": 3, "note": "还要写清责任"}).status_code == 409
    client.force_login(cast.inspector)
    assert client.get(own).status_code == 403
