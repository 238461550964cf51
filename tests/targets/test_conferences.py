"""The joint conference: from the agenda to decisions that become tasks, and minutes that stay as they were confirmed."""

from __future__ import annotations

import hashlib
from datetime import date, time, timedelta

import pytest
from django.http import QueryDict
from django.utils import timezone

from portal import pdf
from portal.errors import Conflict, Denied, Refused
from portal.models import Message, PolicyDocument, Unit
from portal.models.records import AuditEntry
from portal.services import people
from portal.services.files import path_of
from portal.spreadsheets import Asked
from portal.tenancy import district_scope
from targets import exports
from targets.models import (
    AgendaItem,
    Conference,
    ConferenceDecision,
    ConferenceMinutes,
    Task,
    TaskUnit,
)
from targets.rules import conferences as rules
from targets.rules import minutes_words as words
from targets.services import (
    conference_decisions,
    conference_papers,
    conferences,
    document_drafts,
    rounds,
    tasks,
)
from targets.services import conference_minutes as minutes
from targets.services.matrix import matrix_page
from tests.portal.stage import png

TODAY = timezone.localdate

# --- Rules ----------------------------------------------------------------------------------------

FINE = {"number": 2, "on": date(2026, 6, 1), "place": "会议室", "chair": "副区长甲"}


@pytest.mark.parametrize(
    ("values", "units", "field"),
    [
        ({"number": 0}, 2, "number"), ({"number": 100}, 2, "number"), ({"on": date(2027, 6, 10)}, 2, "on"),
        ({"on": date(2023, 1, 1)}, 2, "on"), ({"place": "x"}, 2, "place"), ({"chair": ""}, 2, "chair"),
        ({}, 1, "members"),
    ],
)  # fmt: skip
def test_what_a_meeting_cannot_say(values, units, field):
    on = date(2026, 6, 1)
    assert rules.meeting_problems(FINE, 2, on) == {}
    assert list(rules.meeting_problems(FINE | values, units, on)) == [field]


@pytest.mark.parametrize(
    ("text", "due_on", "leads", "supports", "field"),
    [
        ("短", None, 1, 0, "text"), ("写得清楚", None, 1, 0, "text"),
        ("写清楚的决定", date(2026, 5, 31), 1, 0, "due_on"), ("写清楚的决定", date(2031, 6, 2), 1, 0, "due_on"),
        ("写清楚的决定", None, 0, 1, "lead"), ("写清楚的决定", date(2026, 7, 1), 0, 0, "lead"),
    ],
)  # fmt: skip
def test_what_a_decision_cannot_say(text, due_on, leads, supports, field):
    met = date(2026, 6, 1)
    assert rules.decision_problems("写清楚的决定", met, 1, 1, met) == {}
    assert rules.decision_problems("写清楚的决定", None, 0, 0, met) == {}
    assert list(rules.decision_problems(text, due_on, leads, supports, met)) == [field]


def test_a_leap_day_has_no_fifth_birthday():
    assert rules.decision_problems("写清楚的决定", date(2029, 2, 28), 1, 0, date(2028, 2, 29)) == {}


def test_the_words_of_minutes():
    assert words.chinese_name(2026, 2, "full") == "2026年第2次全体会议"
    assert words.clause_label(3, 1) == "三（1）"
    assert (
        words.duty(["甲"], ["乙", "丙"], date(2026, 6, 30))
        == "（牵头单位：甲；配合单位：乙、丙；2026年6月30日前完成）"
    )
    assert words.duty([], [], None) == ""
    who = {"post": "局长", "name": "云某", "substitute": False, "part": "member", "attendance": "present"}
    rows = [
        who | {"unit": "甲局"},
        who | {"unit": "乙局", "substitute": True},
        who | {"unit": "丙局", "attendance": "excused", "post": "", "name": ""},
        who | {"unit": "丁镇", "part": "invited"},
        who | {"unit": "戊局", "attendance": "absent", "post": "", "name": ""},
    ]
    assert words.rosters(rows) == [
        ("出席", ["甲局局长云某", "乙局局长云某（代）"]), ("请假", ["丙局", "戊局（未到）"]), ("列席", ["丁镇局长云某"]),
    ]  # fmt: skip


# --- Services -------------------------------------------------------------------------------------


@pytest.fixture
def minhang(cast):
    with district_scope(cast.minhang):
        Task.objects.all().delete()
        cast.police = Unit.objects.create(slug="minhang-x", name="区示例局", kind="police")
        yield cast


def entered(cast, **more) -> Conference:
    given = {
        "kind": "full", "number": 1, "on": TODAY(), "starts_at": time(23, 59), "place": "示例会议室", "chair": "副区长甲",
        "members": [cast.bureau_unit, cast.health_unit], "invited": [cast.police],
    } | more  # fmt: skip
    return conferences.plan(actor=cast.actor("bureau"), **given)


def fresh(row: Conference) -> Conference:
    row.refresh_from_db()
    return row


def with_item(cast, row: Conference, **more) -> AgendaItem:
    values = {"topic": "示例议题", "unit": cast.health_unit, "purpose": "decide"} | more
    return conferences.add_item(row, actor=cast.actor("bureau"), **values)


def held(cast, **more) -> tuple[Conference, AgendaItem]:
    row = entered(cast, **more)
    item = with_item(cast, row)
    bureau = cast.actor("bureau")
    row = conferences.hold(fresh(row), version=row.version, actor=bureau)
    told = {one.pk: {"attendance": "present", "post": "局长", "name": "甲"} for one in row.units.all()}
    minutes.write_attendance(row, told, version=row.version, actor=bureau)
    minutes.write_item(item, "会议议定了这件事。", version=fresh(row).version, actor=bureau)
    return fresh(row), item


def decided(cast, row, item, **more) -> ConferenceDecision:
    values = {
        "text": "由卫健委牵头排摸", "leads": [cast.health_unit], "supports": [cast.bureau_unit],
        "due_on": TODAY() + timedelta(10),
    } | more  # fmt: skip
    return minutes.add_decision(item, version=fresh(row).version, actor=cast.actor("bureau"), **values)


def confirmed(cast, **more) -> tuple[Conference, ConferenceDecision]:
    row, item = held(cast)
    decision = decided(cast, row, item, **more)
    minutes.submit(row, version=fresh(row).version, actor=cast.actor("bureau"))
    minutes.confirm(row, version=fresh(row).version, actor=cast.actor("head"))
    decision.refresh_from_db()
    return fresh(row), decision


def settled(cast, decision, action, note):
    version = fresh(decision.item.conference).version
    return conference_decisions.settle(
        decision, action, note=note, version=version, actor=cast.actor("bureau")
    )


@pytest.mark.django_db
def test_a_decision_becomes_a_task_that_the_unit_owes_and_reports_on(minhang):
    row, decision = confirmed(minhang)
    task = decision.task
    assert (row.state, decision.state, task.origin, task.due_on) == (
        "confirmed", "open", "decision", decision.due_on,
    )  # fmt: skip
    assert list(TaskUnit.objects.filter(task=task).values_list("unit", "role").order_by("role")) == [
        (minhang.health_unit.pk, "lead"), (minhang.bureau_unit.pk, "support"),
    ]  # fmt: skip
    final = row.minutes.get()
    assert task.document == final.document and task.document.origin == "minutes"
    assert task.clause.label == "一（1）" and task.document.number == final.number
    assert task.clause.text == task.text, "the words of the decision"
    today = TODAY()
    page = matrix_page(rounds.see_rounds(on=today, actor=minhang.actor("bureau")), on=today)
    assert [one.pk for one in page.tasks] == [task.pk] and page.owing[minhang.health_unit.pk] == 1
    assert page.rows[task.pk].gap == "" and not page.rows[task.pk].overdue
    report = tasks.write_progress(
        task, minhang.health_unit, page.round, percent=30, text="开始了", version=0,
        actor=minhang.actor("department"), on=today, submit=True,
    )  # fmt: skip
    assert report.state == "submitted"
    assert matrix_page(page.round, on=today).rows[task.pk].cells[minhang.health_unit.pk].percent == 30


@pytest.mark.django_db
def test_a_decision_over_its_day_is_overdue_until_it_is_settled(minhang):
    row, decision = confirmed(minhang)
    later = decision.due_on + timedelta(1)
    page = matrix_page(None, on=later)
    assert page.rows[decision.task_id].overdue and page.rows[decision.task_id].late
    assert not matrix_page(None, on=decision.due_on).rows[decision.task_id].overdue
    with pytest.raises(Conflict, match="还有 1 项决定在办"):
        conferences_close(minhang, row)
    settled(minhang, decision, "done", note="清单已经交来")
    assert matrix_page(None, on=later).tasks == []
    with pytest.raises(Conflict):
        settled(minhang, decision, "drop", note="不办了吧")
    assert conferences_close(minhang, row).state == "closed"


def conferences_close(cast, row):
    return conference_decisions.close(row, version=fresh(row).version, actor=cast.actor("bureau"))


@pytest.mark.django_db
def test_a_decision_without_a_unit_is_no_task(minhang):
    _row, decision = confirmed(minhang, leads=[], supports=[], due_on=None)
    assert decision.state == "open" and decision.task is None and not Task.objects.exists()


@pytest.mark.django_db
def test_numbers_of_such_tasks_go_on_from_the_highest(minhang):
    document = PolicyDocument.objects.create(key="x", title="x")
    Task.objects.create(document=document, origin="table", number=41, text="x", starts_on=date(2026, 1, 1))
    assert confirmed(minhang)[1].task.number == 42


@pytest.mark.django_db
def test_who_wrote_at_the_minutes_does_not_confirm_them(minhang):
    row, item = held(minhang)
    decided(minhang, row, item)
    minutes.submit(row, version=fresh(row).version, actor=minhang.actor("clerk"))
    for name in ("bureau", "clerk"):  # the one who wrote, and the one who handed in
        with pytest.raises(Denied, match="由另一个人确认"):
            minutes.confirm(row, version=fresh(row).version, actor=minhang.actor(name))
    assert fresh(row).state == "submitted" and not Task.objects.exists()
    assert not PolicyDocument.objects.filter(origin="minutes").exists()
    assert minutes.confirm(row, version=row.version, actor=minhang.actor("head")).number.endswith("号")


@pytest.mark.django_db
def test_what_is_sent_back_comes_again_as_another_edition(minhang):
    row, item = held(minhang)
    bureau, head = minhang.actor("bureau"), minhang.actor("head")
    first = minutes.submit(row, version=row.version, actor=bureau)
    with pytest.raises(Refused, match="2 到 200"):
        minutes.send_back(row, note=" ", version=fresh(row).version, actor=head)
    minutes.send_back(row, note="议题一写得不清", version=fresh(row).version, actor=head)
    minutes.write_item(item, "会议议定了这件事，写清楚了。", version=fresh(row).version, actor=bureau)
    second = minutes.submit(row, version=fresh(row).version, actor=bureau)
    first.refresh_from_db()
    assert (first.edition, second.edition, first.note) == (1, 2, "议题一写得不清")
    assert first.content["items"] != second.content["items"]
    minutes.confirm(row, version=fresh(row).version, actor=head)
    kept = list(ConferenceMinutes.objects.order_by("edition").values_list("number", flat=True))
    assert [bool(number) for number in kept] == [False, True]


@pytest.mark.django_db
def test_after_confirmation_nothing_changes(minhang):
    row, decision = confirmed(minhang)
    bureau, item = minhang.actor("bureau"), row.items.get()
    known = {"version": row.version, "actor": bureau}
    tries = [
        lambda: minutes.write_item(item, "另外的话，另外的话", **known),
        lambda: minutes.add_decision(item, text="另外的决定", leads=[minhang.police], **known),
        lambda: minutes.change_decision(decision, text="另外的决定", leads=[minhang.police], **known),
        lambda: minutes.drop_decision(decision, **known),
        lambda: minutes.write_attendance(row, {}, **known),
        lambda: conferences.add_item(row, topic="另外的议题", purpose="inform", actor=bureau),
        lambda: conferences.drop_item(item, **known),
        lambda: conferences.cancel(row, note="不算了", **known),
        lambda: minutes.submit(row, **known),
    ]
    for one in tries:
        with pytest.raises(Conflict, match="纪要已经确认"):
            one()
    with pytest.raises(Conflict, match="是会议纪要"):
        document_drafts.begin_version(decision.task.document, actor=bureau)
    decision.refresh_from_db()
    assert decision.text == "由卫健委牵头排摸"


@pytest.mark.django_db
def test_minutes_lack_nothing(minhang):
    row = entered(minhang)
    item, bureau = with_item(minhang, row), minhang.actor("bureau")
    row = conferences.hold(row, version=fresh(row).version, actor=bureau)
    with pytest.raises(Refused, match="还没有记谁来了") as refused:
        minutes.submit(row, version=row.version, actor=bureau)
    assert set(refused.value.params["errors"]) == {"attendance", "items"}
    one, *rest = row.units.order_by("pk")
    told = {other.pk: {"attendance": "excused"} for other in rest} | {one.pk: {"attendance": "present"}}
    with pytest.raises(Refused, match="出席的要写职务和姓名"):
        minutes.write_attendance(row, told, version=row.version, actor=bureau)
    assert not row.units.exclude(attendance="").exists()
    with pytest.raises(Refused, match="5 到 5000"):
        minutes.write_item(item, "短", version=row.version, actor=bureau)
    assert not ConferenceMinutes.objects.exists()


@pytest.mark.django_db
def test_two_meetings_do_not_have_one_number_but_a_cancelled_one_frees_it(minhang):
    first = entered(minhang)
    with pytest.raises(Conflict, match="下一个没用过的是 2") as refused:
        entered(minhang)
    assert refused.value.field == "number" and Conference.objects.count() == 1
    assert entered(minhang, kind="office").number == 1
    second = entered(minhang, number=2)
    with pytest.raises(Conflict, match="已经有了"):
        conferences.change(
            second, version=second.version, actor=minhang.actor("bureau"), kind="full", number=1, on=TODAY(),
            starts_at=time(9), place="会议室", chair="甲某", members=[minhang.bureau_unit, minhang.health_unit],
        )  # fmt: skip
    with pytest.raises(Refused, match="原因"):
        conferences.cancel(first, note="", version=first.version, actor=minhang.actor("bureau"))
    conferences.cancel(first, note="并到下一次", version=first.version, actor=minhang.actor("bureau"))
    assert entered(minhang).number == 1


@pytest.mark.django_db
def test_the_notice_reaches_the_units_people_with_the_agenda(minhang):
    row = entered(minhang, on=TODAY() + timedelta(7))
    bureau = minhang.actor("bureau")
    with pytest.raises(Refused, match="议程还是空的"):
        conferences.call(row, version=row.version, actor=bureau)
    with_item(minhang, row)
    with pytest.raises(Refused, match="还没有开"):
        conferences.hold(row, version=fresh(row).version, actor=bureau)
    row = conferences.call(row, version=fresh(row).version, actor=bureau)
    told = {one.user: one for one in Message.objects.select_related("user")}
    assert set(told) == {minhang.department, minhang.head}
    assert "示例议题" in told[minhang.department].lines[1]["words"]
    # another day: the notice has to go out anew
    changed = conferences.change(
        row, version=row.version, actor=bureau, kind="full", number=1, on=TODAY() + timedelta(8),
        starts_at=time(9), place="会议室", chair="甲某", members=[minhang.bureau_unit, minhang.health_unit],
    )  # fmt: skip
    assert changed.state == "planned" and changed.units.count() == 2


@pytest.mark.django_db
def test_a_unit_proposes_for_itself_only_and_the_bureau_decides(minhang):
    row = entered(minhang)
    department, bureau = minhang.actor("department"), minhang.actor("bureau")
    values = {"topic": "示例提议", "purpose": "decide"}
    with pytest.raises(Denied, match="选你自己的"):
        conferences.propose_item(row, actor=department, unit=minhang.police, **values)
    item = conferences.propose_item(row, actor=department, unit=minhang.health_unit, **values)
    assert item.state == "proposed"
    with pytest.raises(Refused, match="原因"):
        conferences.decide_item(item, "decline", note="", version=fresh(row).version, actor=bureau)
    item = conferences.decide_item(item, "decline", note="下次再议", version=fresh(row).version, actor=bureau)
    assert (item.state, item.note) == ("declined", "下次再议")
    item = conferences.decide_item(item, "accept", version=fresh(row).version, actor=bureau)
    assert item.state == "listed" and item.note == ""


@pytest.mark.django_db
def test_members_are_those_of_the_last_meeting_where_no_document_lists_them(minhang):
    assert conferences.members() == []
    entered(minhang)
    assert conferences.members() == [minhang.bureau_unit, minhang.health_unit]
    collective = Unit.objects.create(slug="m", name="区联席会议成员单位", kind="other", collective=True)
    collective.memberships_as_collective.create(member=minhang.police)
    assert conferences.members() == [minhang.police]


@pytest.mark.django_db
def test_open_decisions_show_on_the_next_meeting(minhang):
    row, decision = confirmed(minhang)
    following = entered(minhang, number=2, on=TODAY() + timedelta(7))
    assert conference_decisions.decisions_of(following)[1] == [decision]
    assert conference_decisions.decisions_of(row)[1] == []
    settled(minhang, decision, "drop", note="另有安排")
    assert conference_decisions.decisions_of(following)[1] == []


@pytest.mark.django_db
def test_what_is_wrong_in_a_decision_leaves_nothing_half_written(minhang):
    row, item = held(minhang)
    for more, field in (
        ({"due_on": TODAY() - timedelta(1)}, "due_on"), ({"leads": []}, "lead"),
        ({"supports": [minhang.health_unit]}, "supports"),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            decided(minhang, row, item, **more)
        assert refused.value.field == field
    assert not ConferenceDecision.objects.exists()


@pytest.mark.django_db
def test_the_confirmed_file_stays_with_its_hash(minhang, monkeypatch):
    row, _decision = confirmed(minhang)
    final = conference_papers.print_minutes(row.minutes.get(), actor=minhang.actor("bureau"))
    body = path_of(final.file).read_bytes()
    assert final.sha256 == hashlib.sha256(body).hexdigest() == final.file.sha256
    monkeypatch.setattr(pdf, "render", lambda *args, **more: pytest.fail("printed twice"))
    assert conference_papers.print_minutes(final, actor=minhang.actor("bureau")).file_id == final.file_id
    html = conference_papers.html_of(final)
    for part in (
        "纪要",
        final.number,
        "出席：",
        "列席：",
        "由卫健委牵头排摸（牵头单位：区卫健委；配合单位：区教育局；",
    ):
        assert part in html
    assert "送审稿" not in html


@pytest.mark.django_db
def test_every_change_is_in_the_log(minhang):
    confirmed(minhang)
    found = set(AuditEntry.objects.filter(subject_type="targets.conference").values_list("action", flat=True))
    assert found >= {f"targets.conference.{one}" for one in ("plan", "add_item", "hold", "submit", "confirm")}


# --- In the browser -------------------------------------------------------------------------------


class Browser:
    """Somebody's browser, and a look into the district's records between two requests."""

    def __init__(self, client, cast):
        self.client, self.cast = client, cast

    def to(self, name: str):
        self.client.force_login(self.cast.users[name])
        return self.client

    def get(self, address: str) -> str:
        return self.client.get(f"/minhang/{address}").content.decode()

    def post(self, address: str, data: dict):
        return self.client.post(f"/minhang/{address}", data)

    def inside(self, what):
        with district_scope(self.cast.minhang):
            return what(self.cast)

    def step(self, row, what: str, **more):
        version = self.inside(lambda _cast: fresh(row).version)
        return self.post(f"conferences/{row.pk}/step/", {"what": what, "version": version} | more)


@pytest.fixture
def browser(client, cast):
    with district_scope(cast.minhang):
        Task.objects.all().delete()
        cast.police = Unit.objects.create(slug="minhang-x", name="区示例局", kind="police")
    return Browser(client, cast)


def meeting(cast, **more) -> dict:
    return {
        "kind": "full", "number": 3, "on": str(TODAY()), "starts_at": "23:59", "place": "示例会议室", "chair": "副区长甲",
        "members": [cast.bureau_unit.pk, cast.health_unit.pk],
    } | more  # fmt: skip


@pytest.mark.django_db
def test_from_the_form_to_the_confirmed_minutes(browser):
    cast = browser.cast
    browser.to("bureau")
    assert browser.post("conferences/new/", meeting(cast)).status_code == 302
    row = browser.inside(lambda _: Conference.objects.get())
    base = f"conferences/{row.pk}/"
    new = {"topic": "托育点用房", "purpose": "decide", "unit": cast.health_unit.pk, "files": png()}
    assert browser.post(f"{base}items/new/", new).status_code == 302
    item = browser.inside(lambda _: row.items.get())
    assert browser.step(row, "call").status_code == 302
    assert browser.step(row, "hold").status_code == 302
    page = browser.get(base)
    assert "写内容" in page and "还没有写议定的内容" in page
    assert "写纪要：" in browser.get("")

    def version() -> int:
        return browser.inside(lambda _: fresh(row).version)

    text = {"text": "会议讨论了用房。", "version": version()}
    assert browser.post(f"conferences/items/{item.pk}/text/", text).status_code == 302
    decision = {
        "text": "排摸可用的房屋", "leads": [cast.health_unit.pk], "due_on": str(TODAY()), "version": version(),
    }  # fmt: skip
    assert browser.post(f"conferences/items/{item.pk}/decisions/new/", decision).status_code == 302
    assert browser.step(row, "submit").status_code == 422  # nobody has said who came
    told = {"version": version()}
    for pk in browser.inside(lambda _: list(row.units.values_list("pk", flat=True))):
        told |= {f"attendance-{pk}": "present", f"post-{pk}": "局长", f"name-{pk}": "甲"}
    assert browser.post(f"{base}attendance/", told).status_code == 302
    browser.to("department")  # a member unit does not read what is not confirmed
    assert "排摸可用的房屋" not in browser.get(base)
    browser.to("bureau")
    assert browser.step(row, "submit").status_code == 302
    assert browser.step(row, "confirm").status_code == 403
    browser.to("head")
    assert "核对纪要" in browser.get("")
    assert browser.step(row, "confirm").status_code == 302
    browser.to("department")
    page = browser.get(base)
    assert "排摸可用的房屋" in page and "闵托联纪〔" in page
    assert "办会议决定：排摸可用的房屋" in browser.get("")  # its day is near
    task = browser.inside(lambda _: Task.objects.select_related("document").get())
    shown = browser.get(f"tasks/{task.pk}/")
    assert "办理期限" in shown and f'href="/minhang/{base}"' in shown
    assert "排摸可用的房屋" in browser.get("tasks/")
    assert "联席会议决定" in browser.get(f"units/{cast.health_unit.slug}/")
    document = browser.get(f"documents/{task.document.key}/")
    assert "排摸可用的房屋" in document and "起草新的一版" not in document


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"place": "x"}, "写 2 到 100 个字"), ({"members": []}, "至少选两个"), ({"members": [987654321]}, "没有编号为"),
        ({"on": "2999-01-01"}, "年份要在"), ({"number": ""}, "不能空着"),
    ],
)  # fmt: skip
def test_a_wrong_meeting_is_refused_at_its_place(browser, more, sentence):
    browser.to("bureau")
    answer = browser.post("conferences/new/", meeting(browser.cast) | more)
    assert answer.status_code == 422 and sentence in answer.content.decode()
    assert not browser.inside(lambda _: Conference.objects.exists())


@pytest.mark.django_db
def test_an_item_without_topic_and_a_decision_of_an_unknown_unit_are_refused(browser):
    row, item = browser.inside(held)
    browser.to("bureau")
    answer = browser.post(f"conferences/{row.pk}/items/new/", {"topic": " ", "purpose": "decide"})
    assert answer.status_code == 422 and "议题：写 2 到 200 个字" in answer.content.decode()
    address = f"conferences/items/{item.pk}/decisions/new/"
    wrong = {"text": "写清楚的决定", "leads": [987654321], "version": row.version}
    answer = browser.post(address, wrong)
    assert answer.status_code == 422 and "没有编号为 987654321 的单位" in answer.content.decode()
    early = {"leads": [browser.cast.police.pk], "due_on": str(TODAY() - timedelta(1))}
    answer = browser.post(address, wrong | early)
    assert answer.status_code == 422 and "不能早于会议当天" in answer.content.decode()
    assert browser.inside(lambda _: (row.items.count(), ConferenceDecision.objects.count())) == (1, 0)


@pytest.mark.django_db
def test_a_unit_sees_its_own_meetings_and_papers_and_no_others(browser):
    def prepare(cast):
        own = entered(cast)
        paper = with_item(cast, own, files=[png()]).files.get()
        other = entered(cast, number=2, members=[cast.bureau_unit, cast.police], invited=[])
        hidden = with_item(cast, other, files=[png()]).files.get()
        proposal = conferences.propose_item(
            own, topic="教育局的提议", unit=cast.bureau_unit, purpose="decide", files=[png("b.png")],
            actor=cast.actor("head"),
        )  # fmt: skip
        return own, paper, other, hidden, proposal.files.get()

    own, paper, other, hidden, proposed = browser.inside(prepare)
    client = browser.to("department")
    page = browser.get("conferences/")
    assert "第 1 次" in page and "第 2 次" not in page
    assert client.get(f"/minhang/conferences/{other.pk}/").status_code == 404
    assert client.get(f"/minhang/conferences/papers/{paper.pk}/").status_code == 200
    assert client.get(f"/minhang/conferences/papers/{hidden.pk}/").status_code == 404
    # what another unit proposed is for that unit and the bureau
    assert client.get(f"/minhang/conferences/papers/{proposed.pk}/").status_code == 404
    assert "教育局的提议" not in browser.get(f"conferences/{own.pk}/")
    browser.to("head")
    assert "教育局的提议" in browser.get(f"conferences/{own.pk}/")


@pytest.mark.django_db
def test_an_unconfirmed_edition_is_read_by_who_keeps_or_confirms_it(browser):
    def prepare(cast):
        row, _item = held(cast)
        edition = minutes.submit(row, version=row.version, actor=cast.actor("bureau"))
        return row, conference_papers.print_minutes(edition, actor=cast.actor("bureau"))

    row, edition = browser.inside(prepare)
    address = f"/minhang/conferences/minutes/{edition.pk}/"
    assert browser.to("department").get(address).status_code == 404
    assert browser.to("head").get(address).status_code == 200
    browser.inside(lambda cast: minutes.confirm(row, version=fresh(row).version, actor=cast.actor("head")))
    assert browser.to("department").get(address).status_code == 503  # the final one is being set
    browser.inside(
        lambda cast: conference_papers.print_minutes(row.minutes.get(), actor=cast.actor("bureau"))
    )
    answer = browser.client.get(address)
    assert answer.status_code == 200 and answer["Content-Type"] == "application/pdf"


@pytest.mark.django_db
def test_the_api_tells_the_decisions_and_no_names(browser):
    def prepare(cast):
        row, decision = confirmed(cast)
        admin = cast.actor("system_admin")
        _client, token = people.create_client(name="t", scopes=["conferences:read"], actor=admin, on=TODAY())
        return row.minutes.get(), decision, decision.task, token

    final, decision, task, token = browser.inside(prepare)
    headers = {"authorization": f"Bearer {token}"}
    answer = browser.client.get("/api/v1/conferences/", headers=headers).json()
    told = answer["results"][0]
    assert told["minutes"] == final.number and told["state"] == "confirmed"
    cast = browser.cast
    assert told["decisions"] == [
        {
            "text": decision.text, "state": "open", "due_on": str(decision.due_on),
            "leads": [cast.health_unit.slug], "supports": [cast.bureau_unit.slug], "task": task.number,
        }
    ]  # fmt: skip
    assert "局长" not in str(answer) and "议定了" not in str(answer)


@pytest.mark.django_db
def test_the_spreadsheet_of_decisions_has_those_of_the_own_meetings(minhang):
    _row, decision = confirmed(minhang)

    def told(name: str) -> list[tuple]:
        return list(exports.decisions(Asked(minhang.actor(name), QueryDict(), TODAY())).rows)

    assert told("bureau") == told("department")
    (line,) = told("department")
    assert line[3:8] == (
        decision.text, "区卫健委", "区教育局", decision.due_on, decision.task.number,
    )  # fmt: skip


@pytest.mark.django_db
def test_a_meeting_with_an_open_decision_says_so_instead_of_a_button(browser):
    row, decision = browser.inside(confirmed)
    browser.to("bureau")
    close = 'name="what" value="close"'
    page = browser.get(f"conferences/{row.pk}/")
    assert "还有 1 项决定没有办结" in page and close not in page
    browser.inside(lambda cast: settled(cast, decision, "done", note="清单已经交来"))
    assert close in browser.get(f"conferences/{row.pk}/")


@pytest.mark.django_db
def test_no_notice_goes_out_for_a_meeting_that_has_begun(browser):
    row = browser.inside(lambda cast: entered(cast, starts_at=time(0)))
    browser.inside(lambda cast: with_item(cast, row))
    browser.to("bureau")
    assert "发会议通知" not in browser.get(f"conferences/{row.pk}/")
    version = browser.inside(lambda _: fresh(row).version)
    answer = browser.post(f"conferences/{row.pk}/step/", {"what": "call", "version": version})
    assert answer.status_code == 422 and "会议 00:00 已经开始了" in answer.content.decode()
    assert browser.inside(lambda _: fresh(row).state) == "planned"
