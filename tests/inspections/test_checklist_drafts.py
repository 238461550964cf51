"""A checklist's next version from the copy to the second person's publication; short lists on site."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from inspections.models import (
    Answer,
    Checklist,
    ChecklistDraft,
    ChecklistItem,
    ChecklistVersion,
    InspectionChecklist,
)
from inspections.rules import checklists as rules
from inspections.services import (
    answers,
    case_documents,
    checklist_drafts,
    checklist_queue,
    checklists,
    field_day,
    matters,
    visits,
)
from inspections.services.answers import Given
from inspections.views.sheet import sheet_of
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.models import AuditEntry, Clause
from portal.tenancy import district_scope
from tests.inspections import factories
from tests.inspections.factories import at

ON = date(2026, 3, 10)
START = date(2026, 4, 1)


def item(key: str = "a", **more) -> dict:
    return {
        "key": key, "section": "一", "text": f"第 {key} 项", "weight": "low", "matter": "m", "clause": None, "quote": "",
        "basis": "法", "weak": False, "kinds": [], "hint": "", "short": False,
    } | more  # fmt: skip


# --- rules -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({}, []),
        ({"text": " "}, [("text", "empty")]), ({"section": ""}, [("section", "empty")]),
        ({"text": "长" * 201}, [("text", "long")]), ({"hint": "长" * 201}, [("hint", "long")]),
        ({"weight": "huge"}, [("weight", "weight")]), ({"matter": ""}, [("matter", "matter")]),
        ({"basis": ""}, [("basis", "basis")]), ({"clause": 1, "basis": ""}, [("quote", "quote")]),
        ({"clause": 1, "quote": "原文", "basis": ""}, []), ({"kinds": ["baby_house"]}, [("kinds", "kinds")]),
    ],
)  # fmt: skip
def test_what_an_item_needs(more, wrong):
    assert rules.problems(item(**more), ["nursery"]) == wrong


def test_what_all_items_need():
    assert rules.whole_problems([], ["nursery"]) == ["items"]
    assert rules.whole_problems([item(str(n)) for n in range(151)], ["nursery"]) == ["many"]
    assert rules.whole_problems([item("a", short=True)], ["nursery"]) == ["all_short"]
    assert rules.whole_problems([item("a", short=True), item("b")], ["nursery"]) == []


def test_how_two_wordings_differ():
    before = [item("a"), item("b"), item("c"), item("d")]
    after = [item("b"), item("a", weight="high", short=True), item("e"), item("d"), item("c")]
    found = {one.key: (one.what, one.fields) for one in rules.differences(before, after)}
    assert found.pop("a") == ("changed", ("weight", "short"))
    assert found.pop("e") == ("added", ())
    assert list(found.values()) == [("moved", ())]  # c and d changed places: one of them moved
    assert rules.differences(before, before) == []
    assert [one.what for one in rules.differences(before, before[1:])] == ["removed"]


@given(st.permutations("abcdef"), st.sampled_from("abcdef"), st.sampled_from([-1, 1]))
def test_a_step_keeps_all_items_and_sections_together(keys, key, by):
    rows = [item(one, section="一" if one in "abc" else "二") for one in keys]
    after = rules.stepped(rows, key, by)
    assert sorted(one["key"] for one in after) == sorted(keys)
    sections = [one["section"] for one in after]
    assert sections in (["一"] * 3 + ["二"] * 3, ["二"] * 3 + ["一"] * 3)


# --- the draft -------------------------------------------------------------------------------------


@pytest.fixture
def desk(cast):
    with district_scope(cast.minhang):
        factories.reference(cast.minhang)
        yield Desk(cast)


class Desk:
    def __init__(self, cast):
        self.cast = cast
        self.bureau, self.clerk, self.head = (cast.actor(name) for name in ("bureau", "clerk", "head"))
        self.safety = Checklist.objects.get(key="safety")

    def begin(self) -> ChecklistDraft:
        return checklist_drafts.begin(self.safety, actor=self.bureau)

    @property
    def draft(self) -> ChecklistDraft:
        return checklist_drafts.open_of(self.safety)

    def save(self, key: str = "", actor=None, version=None, **more):
        matter = self.draft.items[0]["matter"]
        values = {name: value for name, value in item(matter=matter).items() if name != "key"} | more
        return checklist_drafts.save_item(
            self.draft, key=key, version=version or self.draft.version, actor=actor or self.bureau, **values
        )

    def submit(self, day: date = START, actor=None):
        return checklist_drafts.submit(
            self.draft, starts_on=day, version=self.draft.version, actor=actor or self.bureau, now=at(ON)
        )

    def publish(self, actor=None, on: date = ON) -> ChecklistVersion:
        return checklist_drafts.publish(
            self.draft, version=self.draft.version, actor=actor or self.clerk, now=at(on)
        )

    def short(self, *keys: str) -> ChecklistVersion:
        """A version of which these items are the short list, in force from START on."""
        self.begin()
        for row in self.draft.items:
            if row["key"] in keys:
                values = {name: row[name] for name in rules.FIELDS} | {"short": True}
                self.save(row["key"], **values)
        self.submit()
        return self.publish()


class TestDrafts:
    def test_from_the_copy_to_the_second_persons_publication(self, desk):
        first = desk.safety.versions.get()
        made = desk.begin()
        assert made.items == checklist_drafts.rows_of(first) and made.based_on == first
        clause = Clause.objects.first()
        desk.save(text="新的一项", clause=clause.pk, quote="文件原话", basis="")
        desk.save("guards", text="保安在岗，来访登记", section="安全", basis="示例条例")
        gone = next(row["key"] for row in desk.draft.items if row["key"] != "guards")
        checklist_drafts.remove_item(desk.draft, key=gone, version=3, actor=desk.bureau)
        assert (
            ChecklistItem.objects.filter(version=first, key="guards", text="保安在岗，来访登记").count() == 0
        )
        desk.submit()
        version = desk.publish()
        assert (version.number, version.starts_on, version.published_on) == (2, START, ON)
        first.refresh_from_db()
        assert first.ends_on == START - timedelta(1)
        new = version.items.get(text="新的一项")
        assert new.clause == clause and new.key.startswith("item-")
        assert not version.items.filter(key=gone).exists() and desk.draft is None
        assert checklists.versions_for("nursery", START - timedelta(1))[0] == first
        assert version in checklists.versions_for("nursery", START)
        actions = AuditEntry.objects.filter(action__startswith="inspections.checklist_draft.")
        assert [row.action.rsplit(".", 1)[1] for row in actions.order_by("pk")] == [
            "begin", "add", "change", "remove", "submit", "publish",
        ]  # fmt: skip

    def test_a_visit_keeps_the_version_it_began_with(self, desk):
        visit = factories.drawn(desk.cast.facility, factories.team(desk.cast))
        visits.start(visit, actor=desk.cast.actor("inspector"), now=at(ON))
        before = [one.pk for one in checklists.items_of(visit)]
        desk.begin()
        desk.save(text="新的一项")
        desk.submit(ON)
        desk.publish()
        assert [one.pk for one in checklists.items_of(visit)] == before

    def test_who_may_not(self, desk):
        for name in ("inspector", "operator", "head", "officer"):
            with pytest.raises(Denied), transaction.atomic():
                checklist_drafts.begin(desk.safety, actor=desk.cast.actor(name))
        desk.begin()
        desk.save(text="新的一项")
        with pytest.raises(Denied), transaction.atomic():
            desk.save(text="再一项", actor=desk.head)
        desk.submit()
        for actor in (desk.bureau, desk.cast.actor("inspector")):  # the first one: handed it over
            with pytest.raises(Denied), transaction.atomic():
                desk.publish(actor)
        assert desk.publish(desk.head).number == 2

    def test_one_draft_and_nothing_lost_between_two_people(self, desk):
        desk.begin()
        with pytest.raises(Conflict) as refused, transaction.atomic():
            desk.begin()
        assert refused.value.code == "open"
        desk.save(text="新的一项", version=1)
        with pytest.raises(Conflict) as refused, transaction.atomic():
            desk.save(text="别人的一项", version=1)
        assert refused.value.code == "stale"
        with pytest.raises(NotFound), transaction.atomic():
            desk.save("nothing")
        desk.submit()
        for call in (lambda: desk.save(text="晚了"), lambda: desk.submit()):
            with pytest.raises(Conflict), transaction.atomic():
                call()
        with pytest.raises(Refused), transaction.atomic():
            checklist_drafts.give_back(desk.draft, note="", version=3, actor=desk.clerk)
        back = checklist_drafts.give_back(desk.draft, note="第一项写清楚", version=3, actor=desk.clerk)
        assert back.state == "draft" and back.note == "第一项写清楚"
        checklist_drafts.drop(desk.draft, version=4, actor=desk.bureau)
        assert desk.draft is None and ChecklistDraft.objects.get().state == "dropped"
        assert desk.safety.versions.count() == 1

    def test_it_waits_for_a_second_person_and_comes_back_to_the_first(self, desk):
        waits = {
            name: lambda name=name: checklist_queue.waiting(desk.cast.actor(name))
            for name in ("bureau", "clerk", "inspector")
        }
        desk.begin()
        desk.save(text="新的一项")
        assert not any(call() for call in waits.values())  # nobody has to do anything yet
        desk.submit()
        [row] = waits["clerk"]()
        assert row.due == START and desk.safety.name in row.title and row.url.endswith("/safety/draft/")
        assert waits["bureau"]() == waits["inspector"]() == []  # never whoever handed it over
        checklist_drafts.give_back(
            desk.draft, note="第一项写清楚", version=desk.draft.version, actor=desk.clerk
        )
        [row] = waits["bureau"]()
        assert row.facts == "第一项写清楚" and row.state == "warn"
        assert waits["clerk"]() == []
        desk.submit()
        desk.publish()
        assert not any(call() for call in waits.values())

    @pytest.mark.parametrize(
        ("day", "code"),
        [(ON - timedelta(1), "starts_on"), (date(9999, 12, 31), "starts_on"), (START, "same")],
    )
    def test_days_and_drafts_without_a_change(self, desk, day, code):
        desk.begin()
        with pytest.raises(Refused) as refused:
            desk.submit(day)
        assert refused.value.code == code

    def test_what_an_item_lacks_is_said_at_its_field(self, desk):
        desk.begin()
        for more, field in (
            ({"text": ""}, "text"), ({"basis": ""}, "basis"), ({"matter": "no-such"}, "matter"), ({"weight": "x"}, "weight"),
            ({"clause": 10**12, "quote": "x"}, "clause"), ({"kinds": ["guidance_point"]}, "kinds"),
        ):  # fmt: skip
            with pytest.raises(Refused) as refused, transaction.atomic():
                desk.save(**more)
            assert field in refused.value.params["errors"], more

    def test_all_of_them_cannot_be_key_items_and_none_is_no_list(self, desk):
        desk.begin()
        rows = [row | {"short": True} for row in desk.draft.items]
        checklist_drafts.replace_items(desk.draft, rows, version=1, actor=desk.bureau)
        with pytest.raises(Refused) as refused, transaction.atomic():
            desk.submit()
        assert refused.value.code == "all_short"
        checklist_drafts.replace_items(desk.draft, [], version=2, actor=desk.bureau)
        with pytest.raises(Refused) as refused, transaction.atomic():
            desk.submit()
        assert refused.value.code == "items"

    def test_everything_is_looked_at_again_when_it_is_published(self, desk):
        desk.begin()
        made = matters.enter_matter(
            key="gas", unit=None, name="燃气", basis="条例", subject="城管", kinds=["nursery"], ratio="全部",
            frequency="每年", method="现场", actor=desk.bureau,
        )  # fmt: skip
        desk.save(text="报警器有效", matter="gas")
        with pytest.raises(Refused) as refused, transaction.atomic():
            desk.submit()
        assert refused.value.code == "matter"  # not published
        matters.publish_matter(made, version=1, actor=desk.bureau, on=ON)
        desk.submit()
        with pytest.raises(Refused, match="不能早于今天"), transaction.atomic():
            desk.publish(on=START + timedelta(1))
        matters.withdraw_matter(made, note="并入消防", actor=desk.bureau, on=ON + timedelta(1))
        with pytest.raises(Refused) as refused, transaction.atomic():
            desk.publish(on=ON + timedelta(1))
        assert refused.value.code == "matter"

    def test_a_version_that_came_meanwhile(self, desk):
        desk.begin()
        desk.save(text="新的一项")
        words = [
            checklists.Wording("k", "一", "一项", "low", matter=matters.Matter.objects.first(), basis="法")
        ]
        checklists.publish_version(desk.safety, items=words, starts_on=ON, actor=desk.bureau)
        with pytest.raises(Conflict) as refused:
            desk.submit()
        assert refused.value.code == "overtaken"


# --- short lists -----------------------------------------------------------------------------------


class TestShort:
    def begun(self, desk):
        desk.short("guards", "air")
        visit = factories.drawn(
            desk.cast.facility, factories.team(desk.cast), month=START, due_on=START + timedelta(20)
        )
        one = desk.cast.actor("inspector")
        return visits.start(visit, actor=one, now=at(START)), one

    def keys(self, visit, checklist: str = "safety") -> set[str]:
        rows = checklists.items_of(visit)
        return {one.key for one in rows if one.version.checklist.key == checklist}

    def items(self, visit) -> dict[str, ChecklistItem]:
        return {one.key: one for one in checklists.all_items_of(visit)}

    def test_only_key_items_are_asked_and_the_record_says_so(self, desk):
        visit, one = self.begun(desk)
        key = {row.key for row in ChecklistItem.objects.filter(short=True)}
        assert self.keys(visit) == key and key <= {"guards", "air"} and key
        others = {row.key for row in checklists.items_of(visit)} - key
        assert others  # lists without key items stay whole
        factories.all_ok(visit, one, now=at(START, 10))
        assert answers.incomplete(visit) == []
        visits.sign_off(visit, present="示例园长", actor=one, now=at(START, 11))
        assert any("简表，只查关键项" in words for words in sheet_of(visit).used)
        visit.refresh_from_db()
        visit.finished_at, visit.finished_on = at(START, 12), START
        assert "只查关键项" in case_documents.record_html(visit)

    def test_a_key_item_that_fails_opens_the_full_list_for_good(self, desk):
        visit, one = self.begun(desk)
        whole = {row.key for row in checklists.all_items_of(visit) if row.version.checklist.key == "safety"}
        failing = self.items(visit)["guards"]
        answers.save_answer(visit, failing, value="unseen", note="没看到", actor=one, now=at(START))
        assert self.keys(visit) != whole
        saved = answers.save_answer(
            visit, failing, value="bad", note="没有人", version=1, actor=one, now=at(START)
        )
        assert self.keys(visit) == whole
        answers.save_answer(visit, failing, value="ok", version=saved.version, actor=one, now=at(START))
        assert self.keys(visit) == whole
        row = InspectionChecklist.objects.get(inspection=visit, version=failing.version)
        assert row.opened_by_item == failing and row.opened_at is not None
        assert "展开全表" in checklists.used_words(row) and failing.text in checklists.used_words(row)
        with pytest.raises(Refused) as refused:
            visits.sign_off(visit, present="示例园长", actor=one, now=at(START, 11))
        assert refused.value.code == "unanswered"

    def test_many_answers_at_once_open_it_too(self, desk):
        visit, one = self.begun(desk)
        rows = self.items(visit)
        answers.save_answers(visit, {rows["guards"].pk: Given("bad", "没有人")}, actor=one, now=at(START))
        assert len(self.keys(visit)) > 2

    def test_what_was_looked_at_beyond_counts_and_numbers_stay(self, desk):
        visit, one = self.begun(desk)
        rows = self.items(visit)
        other = next(row for row in rows.values() if row.version.checklist.key == "safety" and not row.short)
        numbers = {row.item.key: row.number for row in sheet_of(visit).lines}
        answers.save_answer(visit, other, value="bad", note="看到了", actor=one, now=at(START))
        assert other.key in self.keys(visit) and Answer.objects.filter(inspection=visit).count() == 1
        answers.save_answer(visit, rows["guards"], value="bad", note="没有人", actor=one, now=at(START))
        after = {row.item.key: row.number for row in sheet_of(visit).lines}
        assert after | numbers == after  # an item keeps its number

    def test_the_phone_takes_all_along_and_knows_which_are_key(self, desk):
        visit, one = self.begun(desk)
        found = field_day.visit_of(field_day.visits_of(one, START).get(), one, START)
        safety = next(row for row in found["lists"] if row["name"] == desk.safety.name)
        assert safety["short"] and len(safety["items"]) > sum(row["short"] for row in safety["items"]) > 0
        assert found["opened"] == []
        answers.save_answer(
            visit, self.items(visit)["guards"], value="bad", note="没有人", actor=one, now=at(START)
        )
        assert field_day.state_of(visit, one)["opened"] == [safety["version"]]


# --- pages -----------------------------------------------------------------------------------------


def test_the_sheet_grows_on_the_spot(cast, client):
    with district_scope(cast.minhang):
        factories.reference(cast.minhang)
        visit, _one = TestShort().begun(Desk(cast))
        rows = {one.key: one for one in checklists.all_items_of(visit)}
    other = next(row for row in rows.values() if row.version.checklist.key == "safety" and not row.short)
    client.force_login(cast.inspector)
    page = client.get(f"/minhang/inspections/{visit.pk}/").content.decode()
    assert "用简表" in page and f'id="item-{other.pk}"' not in page
    url = f"/minhang/inspections/{visit.pk}/items/{rows['guards'].pk}/"

    def answer(note: str, version: int) -> str:
        given = {"value": "bad", "note": note, "version": version}
        return client.post(url, given, headers={"HX-Request": "true"}).content.decode()

    text = answer("没有人", 0)
    assert "展开的全表" in text and f'id="item-{other.pk}"' in text
    assert "展开的全表" not in answer("没有人在", 1)  # once


def test_a_draft_goes_through_its_pages(cast, client):
    with district_scope(cast.minhang):
        factories.reference(cast.minhang)
        matter = ChecklistItem.objects.get(version__checklist__key="safety", key="guards").matter.key
    base = "/minhang/inspections/checklists/safety/"

    def go(name: str, path: str = "", **data):
        client.force_login(cast.users[name])
        return client.post(base + path, data) if data else client.get(base + path)

    assert go("bureau", "draft/").status_code == 404
    assert go("bureau", "draft/begin/", x="").status_code == 302
    assert "还没有改动" in go("bureau", "draft/").content.decode()
    values = {
        "section": "安全",
        "text": "示例新项",
        "weight": "high",
        "matter": matter,
        "basis": "示例法",
        "version": 1,
    }
    assert go("bureau", "draft/items/new/", **values | {"basis": ""}).status_code == 422
    assert go("bureau", "draft/items/new/", **values).status_code == 302
    assert go("bureau", "draft/items/new/", **values).status_code == 409
    assert go("bureau", "draft/items/guards/step/", what="up", version=1).status_code == 409
    assert go("bureau", "draft/items/guards/step/", what="down", version=2).status_code == 302
    assert go("bureau", "draft/items/guards/").status_code == 200
    text = go("bureau", "draft/").content.decode()
    assert "示例新项" in text and "新加" in text
    day = (date.today() + timedelta(30)).isoformat()
    assert go("bureau", "draft/step/", what="submit", version=3).status_code == 422
    assert go("bureau", "draft/step/", what="submit", version=3, starts_on="9999-12-31").status_code == 422
    assert go("bureau", "draft/step/", what="submit", version=3, starts_on=day).status_code == 302
    assert "等第二个人公布" in go("bureau", "draft/").content.decode()
    assert go("bureau", "draft/step/", what="publish", version=4).status_code == 403
    assert go("head", "draft/step/", what="publish", version=4).status_code == 302
    text = go("bureau", "?version=2").content.decode()
    assert "和上一版有" in text and "示例新项" in text
    assert go("inspector", "draft/").status_code == 403
