"""Checklists on the move: in Minhang one with key items from today on and a next version that waits for the second person,
in Pudong a new one from nothing."""

from __future__ import annotations

from datetime import timedelta

from inspections.models import Checklist, ChecklistDraft
from inspections.rules import checklists as rules
from inspections.services import checklist_drafts as drafts
from inspections.services import checklist_lists
from targets.demonstration.calendar import at
from targets.demonstration.crew import Crew
from targets.demonstration.stages import Terms

KEY_ITEMS = ("bh-class-size", "bh-guards", "bh-video-retention", "bh-alarm", "bh-staff-ratio")
GAS = (
    ("燃气", "灶间装了可燃气体报警器，按一下会响", "示例办法第六条", "按测试键"),
    ("燃气", "软管没有老化，接头没有松动", "示例办法第七条", "看软管上的日期"),
    ("用电", "插线板不串接，充电不过夜", "示例办法第九条", ""),
)


def make(terms: Terms, crew: Crew) -> str:
    if crew.size.slug == "minhang":
        short = key_items(terms, crew)
        waiting = reworded(terms, crew)
        return f"{short} 个关键项，{waiting.checklist.name}新一版等公布"
    if crew.size.slug == "pudong":
        return f"新起草 {len(from_nothing(terms, crew).items)} 项"
    return "—"


def change(draft: ChecklistDraft, key: str, crew: Crew, **more) -> ChecklistDraft:
    row = next(one for one in draft.items if one["key"] == key)
    values = {name: row[name] for name in rules.FIELDS} | more
    return drafts.save_item(draft, key=key, version=draft.version, actor=crew.bureau, **values)


def key_items(terms: Terms, crew: Crew) -> int:
    """In force from today on: who inspects a 宝宝屋 now begins with the short list."""
    draft = drafts.begin(
        Checklist.objects.get(key="baby-house"), actor=crew.bureau, now=at(terms.today - timedelta(6), 10)
    )
    there = {one["key"] for one in draft.items}
    chosen = [key for key in KEY_ITEMS if key in there]
    for key in chosen:
        draft = change(draft, key, crew, short=True)
    morning = at(terms.today, 8, 10)
    draft = drafts.submit(draft, starts_on=terms.today, version=draft.version, actor=crew.bureau, now=morning)
    drafts.publish(draft, version=draft.version, actor=crew.head, now=morning + timedelta(minutes=25))
    return len(chosen)


def reworded(terms: Terms, crew: Crew) -> ChecklistDraft:
    checklist = Checklist.objects.get(key="safety")
    draft = drafts.begin(checklist, actor=crew.bureau, now=at(terms.today - timedelta(3), 15))
    first = draft.items[0]
    draft = change(draft, first["key"], crew, hint="看预案的日期，问一名在岗人员自己做什么")
    draft = drafts.save_item(
        draft, key="", version=draft.version, actor=crew.bureau,
        section=draft.items[-1]["section"], text="雨雪天有室内接送的地方，地面防滑", weight="low",
        matter=draft.items[-1]["matter"], clause=None, quote="", basis="示例办法第十一条", weak=True, kinds=[],
        hint="看门厅", short=False,
    )  # fmt: skip
    return drafts.submit(
        draft, starts_on=terms.today + timedelta(30), version=draft.version, actor=crew.bureau,
        now=at(terms.today - timedelta(1), 16),
    )  # fmt: skip


def from_nothing(terms: Terms, crew: Crew) -> ChecklistDraft:
    draft = checklist_lists.make_list(
        name="示例：燃气用电专项", kinds=["nursery", "inclusive_site"], actor=crew.bureau,
        now=at(terms.today - timedelta(2), 9, 30),
    )  # fmt: skip
    for section, text, basis, hint in GAS:
        draft = drafts.save_item(
            draft, key="", version=draft.version, actor=crew.bureau, section=section, text=text, weight="medium",
            matter="fire", clause=None, quote="", basis=basis, weak=True, kinds=[], hint=hint, short=False,
        )  # fmt: skip
    return draft
