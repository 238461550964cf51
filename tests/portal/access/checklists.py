"""Rows of a checklist's next version."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from inspections.models import Checklist, ChecklistDraft
from inspections.services import checklist_drafts as drafts
from inspections.services import checklist_lists
from tests.portal.access.rows import Row, fresh
from tests.portal.stage import Place, days

ITEM = {
    "section": "示例部分", "text": "示例：活动区没有尖角", "weight": "high", "quote": "", "basis": "示例办法第三条",
    "weak": False, "kinds": [], "hint": "", "short": False,
}  # fmt: skip


def a_list(place: Place) -> Checklist:
    """A list of its own, so that drafts of the walk do not meet."""
    like = Checklist.objects.get(key="safety")
    made = Checklist.objects.create(key=fresh(), name="示例表", kinds=like.kinds, position=9)
    draft = drafts.begin(made, actor=place.process)
    drafts.save_item(draft, key="", version=1, actor=place.process, matter=a_matter(), clause=None, **ITEM)
    drafts.submit(drafts.open_of(made), starts_on=timezone.localdate(), version=2, actor=place.process)
    drafts.publish(drafts.open_of(made), version=3, actor=place.process)
    return made


def a_new_list(place: Place) -> ChecklistDraft:
    return checklist_lists.make_list(name=f"示例{fresh()}", kinds=["nursery"], actor=place.process)


def a_matter() -> str:
    return Checklist.objects.get(key="safety").versions.first().items.first().matter.key


def a_draft(place: Place, state: str = "draft") -> ChecklistDraft:
    made = drafts.begin(a_list(place), actor=place.process)
    if state == "submitted":
        made = drafts.save_item(
            made, key="", version=1, actor=place.process, matter=a_matter(), clause=None, **ITEM
        )
        drafts.submit(made, starts_on=timezone.localdate() + timedelta(9), version=2, actor=place.process)
    return drafts.open_of(made.checklist)


def of_draft(place: Place) -> dict:
    return {"key": a_draft(place).checklist.key}


def item_of(place: Place) -> dict:
    draft = a_draft(place)
    return {"key": draft.checklist.key, "item": draft.items[0]["key"]}


def form(place: Place, **more) -> dict:
    return (
        {name: value for name, value in ITEM.items() if value not in (False, [])}
        | {"matter": a_matter()}
        | more
    )


DRAFTS = [
    Row("checklist-new", "GET", "checklist.draft", denied=403),
    Row("checklist-new", "POST", "checklist.draft", denied=403,
        make=lambda p: ({}, {"name": f"示例{fresh()}", "kinds": ["nursery"]})),
    Row("checklist-draft", "GET", "checklist_draft.view", denied=403, make=of_draft),
    Row("checklist-list", "GET", "checklist.draft", denied=403, make=lambda p: {"key": a_new_list(p).checklist.key}),
    Row("checklist-list", "POST", "checklist.draft", denied=403,
        make=lambda p: (
            {"key": a_new_list(p).checklist.key}, {"name": f"示例{fresh()}", "kinds": ["nursery"], "version": 1}
        )),
    Row("checklist-draft-begin", "POST", "checklist.draft", denied=403,
        make=lambda p: ({"key": a_list(p).key}, {})),
    Row("checklist-draft-step", "POST", "checklist_draft.view", denied=403, note="publish",
        then=("checklist.publish", 403),
        make=lambda p: ({"key": a_draft(p, "submitted").checklist.key}, {"what": "publish", "version": 3})),
    Row("checklist-draft-step", "POST", "checklist_draft.view", denied=403, note="return",
        then=("checklist.publish", 403),
        make=lambda p: (
            {"key": a_draft(p, "submitted").checklist.key},
            {"what": "return", "version": 3, "note": "示例：再核对一遍"},
        )),
    Row("checklist-draft-step", "POST", "checklist_draft.view", denied=403, note="submit",
        then=("checklist.draft", 403), ok=422,  # as the version before
        make=lambda p: (of_draft(p), {"what": "submit", "version": 1, "starts_on": days(9)})),
    Row("checklist-draft-step", "POST", "checklist_draft.view", denied=403, note="drop",
        then=("checklist.draft", 403), make=lambda p: (of_draft(p), {"what": "drop", "version": 1})),
    Row("checklist-item-new", "GET", "checklist.draft", denied=403, make=of_draft),
    Row("checklist-item-new", "POST", "checklist.draft", denied=403,
        make=lambda p: (of_draft(p), form(p, version=1))),
    Row("checklist-item", "GET", "checklist.draft", denied=403, make=item_of),
    Row("checklist-item", "POST", "checklist.draft", denied=403, make=lambda p: (item_of(p), form(p, version=1))),
    Row("checklist-item-step", "POST", "checklist.draft", denied=403,
        make=lambda p: (item_of(p), {"what": "up", "version": 1})),
]  # fmt: skip
