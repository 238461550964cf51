"""Places that must have a nursing room, courses and lecturers: rules, services, spreadsheet, pages."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from guidance import resource_queue
from guidance.lists import nursing as lists
from guidance.models import CourseLecturer, Lecturer, NursingPlace
from guidance.rules import courses as course_rules
from guidance.rules import nursing as rules
from guidance.services import courses, events, nursing
from portal.access import Actor
from portal.errors import Conflict, Denied, Refused
from portal.models import AuditEntry
from portal.services import imports
from portal.tenancy import district_scope
from tests.portal.access import events as event_rows
from tests.portal.access import resources as made
from tests.portal.spreadsheets import read, sentences, write

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)
GOOD = {
    "kind": "public", "name": "示例商场", "address": "示例路 1 号", "basis": "示例文件 三（三）", "area": None,
    "visitors": None,
    "listed_on": date(2025, 1, 1), "state": "none", "planned_for": None, "opened_on": None, "equipment": "",
    "checked_on": None, "ended_on": None,
}  # fmt: skip
OPEN = {"state": "open", "opened_on": date(2025, 6, 1)}


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({}, set()),
        (OPEN | {"checked_on": date(2026, 1, 1), "equipment": "尿布台"}, set()),
        ({"state": "planned", "planned_for": date(2027, 1, 1)}, set()),
        ({"kind": "shop"}, {("kind", "choice")}),
        ({"name": "一"}, {("name", "name")}),
        ({"basis": ""}, {("basis", "basis")}),
        ({"area": 0}, {("area", "area")}),
        ({"visitors": 5_000_001}, {("visitors", "visitors")}),
        ({"state": "planned"}, {("planned_for", "planned")}),
        ({"state": "open"}, {("opened_on", "opened")}),
        ({"opened_on": date(2025, 6, 1)}, {("opened_on", "not_open")}),
        (OPEN | {"checked_on": date(2025, 5, 31)}, {("checked_on", "before")}),
        (OPEN | {"opened_on": date(2026, 11, 21)}, {("opened_on", "future")}),
        ({"listed_on": date(1999, 1, 1)}, {("listed_on", "early")}),
        ({"ended_on": date(2024, 12, 31)}, {("ended_on", "ended")}),
    ],
)
def test_what_may_stand_in_the_list(values, wrong):
    assert {(field, key) for field, key, _facts in rules.problems(GOOD | values, TODAY)} == wrong


class Here:
    def __init__(self, cast):
        self.cast, self.district, self.street, self.facility = cast, cast.minhang, cast.street, cast.facility
        self.process = Actor.system(cast.minhang, "test")

    def actor(self, name: str) -> Actor:
        return self.cast.actor(name)


@pytest.fixture(autouse=True)
def data(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def here(cast):
    with district_scope(cast.minhang):
        yield Here(cast)


def test_a_room_is_planned_opened_and_closed(here):
    officer = here.actor("officer")
    row = nursing.keep_place(actor=officer, street=here.street, today=TODAY, **GOOD)
    assert row.code.startswith("MHM") and row.state == "none"
    row = nursing.keep_place(row, actor=officer, state="planned", planned_for=date(2027, 1, 1), today=TODAY)
    row = nursing.keep_place(row, actor=officer, **OPEN, today=TODAY)
    assert (row.state, row.planned_for, row.opened_on) == ("open", None, OPEN["opened_on"])
    with pytest.raises(Refused) as refused:
        nursing.keep_place(row, actor=officer, state="planned", planned_for=date(2027, 1, 1), today=TODAY)
    assert refused.value.field == "state"
    row = nursing.keep_place(row, actor=officer, state="none", today=TODAY)
    assert (row.state, row.opened_on) == ("none", None)
    with pytest.raises(Conflict):
        nursing.keep_place(row, actor=officer, version=1, name="示例新名", today=TODAY)


def test_a_street_keeps_its_own_and_a_name_stands_once(here):
    officer = here.actor("officer")
    nursing.keep_place(actor=officer, street=here.street, today=TODAY, **GOOD)
    with pytest.raises(Refused) as refused:
        nursing.keep_place(actor=officer, street=here.street, today=TODAY, **GOOD)
    assert refused.value.code == "twin"
    with pytest.raises(Denied):
        nursing.keep_place(actor=officer, street=here.cast.other_street, today=TODAY, **GOOD)
    with pytest.raises(Refused) as refused:
        nursing.keep_place(
            actor=officer,
            street=here.street,
            today=TODAY,
            **GOOD | {"name": "示例二", "equipment": "找 13812345678"},
        )
    assert refused.value.field == "equipment"


def test_coverage_counts_what_stands_on_the_list(here):
    made.a_room(here)
    made.a_room(here, "none")
    made.a_room(here, "planned")
    made.a_room(here, "none", ended_on=date(2026, 1, 1))
    bureau, officer = here.actor("bureau"), here.actor("officer")
    own = next(one for one in lists.coverage(bureau) if one["street"] == here.street)
    assert (own["n"], own["open"], own["planned"], own["without"], own["percent"]) == (3, 1, 1, 1, 33.3)
    other = next(one for one in lists.coverage(bureau) if one["street"] == here.cast.other_street)
    assert (other["n"], other["percent"]) == (0, None)
    assert {one["street"].pk for one in lists.coverage(officer)} == {here.street.pk}
    assert any("1 个应配置的场所" in one.title for one in resource_queue.waiting(officer))
    NursingPlace.objects.filter(state="planned").update(planned_for=date(2020, 1, 1))
    assert any("过了计划启用日期" in one.title for one in resource_queue.waiting(officer))


HEAD = (
    "类别",
    "名称",
    "街镇",
    "地址",
    "依据",
    "建筑面积",
    "列入名单",
    "母婴设施",
    "计划启用",
    "启用日期",
    "设备",
)


def line(**changed) -> tuple:
    row = {
        "类别": "公共场所", "名称": "示例商场", "街镇": "七宝镇", "地址": "示例路 1 号", "依据": "示例文件 三（三）",
        "建筑面积": 9000,
        "列入名单": "2025-01-01", "母婴设施": "已启用", "启用日期": "2025-06-01", "设备": "尿布台",
    }  # fmt: skip
    return tuple({**row, **changed}.get(name, "") for name in HEAD)


def test_a_spreadsheet_brings_new_same_and_changed_places(here):
    bureau = here.actor("bureau")
    nursing.keep_place(actor=bureau, street=here.street, today=TODAY, **GOOD | {"name": "示例车站"})
    same = line(名称="示例车站", 建筑面积="", 母婴设施="还没有", 启用日期="", 设备="")
    run = read("nursing-places", HEAD, line(), same, actor=bureau, on=TODAY)
    assert (run.counts["new"], run.counts["same"], run.counts["wrong"]) == (1, 1, 0), sentences(run)
    run = write(run, actor=bureau, on=TODAY)
    assert run.state == "done", imports.reason_of(run)
    row = NursingPlace.objects.get(name="示例商场")
    assert (row.state, row.area, row.opened_on) == ("open", 9000, date(2025, 6, 1))
    opened = line(名称="示例车站", 建筑面积="")
    write(read("nursing-places", HEAD, opened, actor=bureau, on=TODAY), actor=bureau, on=TODAY)
    assert NursingPlace.objects.get(name="示例车站").state == "open"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"启用日期": ""}, "已启用的填启用日期"),
        ({"启用日期": "2027-01-01"}, "还没到这一天"),
        ({"建筑面积": "很大"}, "很大"),
        ({"街镇": "古美街道"}, "只能登记自己街镇"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(here, changed, said):
    run = read("nursing-places", HEAD, line(**changed), actor=here.actor("officer"), on=TODAY)
    assert run.counts["wrong"] == 1
    assert any(said in sentence for sentence in sentences(run)), sentences(run)
    assert not NursingPlace.objects.exists()


def test_the_public_sees_open_rooms_only(cast, client):
    it = Here(cast)
    with district_scope(cast.minhang):
        row = made.a_room(it)
        made.a_room(it, "none")
        made.a_room(it, ended_on=date(2026, 1, 1))
    page = client.get(reverse("public-nursing", args=["minhang"]))
    assert [one.name for one in page.context["page"]] == [row.name]
    assert row.basis not in page.content.decode()
    assert (
        not client.get(reverse("public-nursing", args=["minhang"]), {"kind": "employer"})
        .context["page"]
        .object_list
    )


# ---- courses and lecturers

PERSON = {
    "name": "示例讲师", "field": "亲子阅读", "employer": "示例大学", "phone": "13712345678", "days": ["1"],
    "agreed_on": date(2026, 1, 1),
}  # fmt: skip


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({}, set()),
        ({"name": ""}, {("name", "name")}),
        ({"phone": ""}, {("phone", "phone")}),
        ({"days": ["8"]}, {("days", "choice")}),
        ({"agreed_on": None}, {("agreed_on", "agreed")}),
        ({"agreed_on": date(2026, 11, 21)}, {("agreed_on", "future")}),
    ],
)
def test_what_a_lecturer_may_be(values, wrong):
    found = course_rules.lecturer_problems(PERSON | values, TODAY)
    assert {(field, key) for field, key, _facts in found} == wrong


def test_a_lecturer_who_no_longer_agrees_is_forgotten_everywhere(here):
    bureau = here.actor("bureau")
    row = courses.keep_lecturer(actor=bureau, today=TODAY, **PERSON)
    course = made.a_course(here, lecturers=[row])
    assert courses.reveal(row, actor=bureau) == PERSON["phone"]
    assert AuditEntry.objects.filter(action="guidance.lecturer.reveal").count() == 1
    changed = courses.keep_lecturer(row, actor=bureau, today=TODAY, **PERSON | {"phone": "", "field": "营养"})
    changed.refresh_from_db()
    assert (changed.phone, changed.field) == (PERSON["phone"], "营养")
    with pytest.raises(Refused) as refused:
        courses.keep_lecturer(actor=bureau, today=TODAY, **PERSON)
    assert refused.value.code == "twin"
    with pytest.raises(Denied):
        courses.reveal(row, actor=here.actor("officer"))
    courses.leave(row, actor=bureau)
    row.refresh_from_db()
    assert (row.name, row.employer, row.phone, row.phone_tail) == ("", "", None, "")
    assert not CourseLecturer.objects.filter(course=course).exists()
    logged = str(list(AuditEntry.objects.values("subject", "changes")))
    assert PERSON["name"] not in logged and PERSON["phone"] not in logged
    for call in (
        lambda: courses.leave(row, actor=bureau),
        lambda: courses.keep_lecturer(row, actor=bureau, **PERSON),
    ):
        with pytest.raises(Conflict):
            call()


def test_a_course_has_its_lecturers_and_an_event_its_course(here):
    one, two = made.a_lecturer(here), made.a_lecturer(here)
    course = made.a_course(here, lecturers=[one])
    course = courses.keep_course(
        course,
        lecturers=[two],
        actor=here.actor("bureau"),
        **{n: getattr(course, n) for n in course_rules.COURSE_FIELDS},
    )
    assert [pair.lecturer for pair in course.lecturers.all()] == [two]
    event = events.keep_event(actor=here.actor("officer"), **event_rows.values(here, course=course))
    assert event.course == course
    with pytest.raises(Denied):
        made.courses.keep_course(
            course, actor=here.actor("officer"), **{n: getattr(course, n) for n in course_rules.COURSE_FIELDS}
        )


def test_who_may_not_see_lecturers_sees_courses_without_them(cast, client):
    it = Here(cast)
    with district_scope(cast.minhang):
        course = made.a_course(it)
        name = Lecturer.objects.get().name
    page = reverse("guidance-courses", args=["minhang"])
    client.force_login(cast.bureau)
    assert name in client.get(page).content.decode()
    client.force_login(cast.department)
    shown = client.get(page).content.decode()
    assert course.title in shown and name not in shown


def test_a_late_version_of_a_page_is_told(cast, client):
    it = Here(cast)
    with district_scope(cast.minhang):
        row = made.a_room(it)
    client.force_login(cast.bureau)
    path = reverse("nursing-place-edit", args=["minhang", row.pk])
    assert client.post(path, made.rooming(it, version=1)).status_code == 302
    assert client.post(path, made.rooming(it, version=1)).status_code == 409
