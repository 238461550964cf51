"""Rows of the list of what may be inspected."""

from __future__ import annotations

from inspections.models import Matter
from inspections.services import matters
from tests.portal.access.rows import Open, Row, fresh
from tests.portal.stage import Place

VALUES = {
    "name": "示例燃气安全", "basis": "示例条例", "subject": "示例部门", "kinds": ["nursery"], "ratio": "全部",
    "frequency": "每年一次", "method": "现场检查",
}  # fmt: skip


def a_matter(place: Place, published: bool = False) -> Matter:
    made = matters.enter_matter(key=fresh(), unit=None, actor=place.process, **VALUES)
    if published:
        matters.publish_matter(made, actor=place.process, version=1)
    return made


MATTERS = [
    Row("matters", "GET", "checklist.view", denied=403),
    Row("matter", "GET", "checklist.view", denied=403, make=lambda p: {"key": a_matter(p, True).key}),
    Row("matter-new", "GET", "matter.manage", denied=403),
    Row("matter-new", "POST", "matter.manage", denied=403, make=lambda p: ({}, VALUES | {"key": fresh()})),
    Row("matter-edit", "GET", "checklist.view", denied=403, then=("matter.manage", 404),
        make=lambda p: {"key": a_matter(p).key}),
    Row("matter-edit", "POST", "checklist.view", denied=403, then=("matter.manage", 404),
        make=lambda p: ({"key": a_matter(p).key}, VALUES | {"version": 1})),
    Row("matter-step", "POST", "checklist.view", denied=403, then=("matter.manage", 404), note="publish",
        make=lambda p: ({"key": a_matter(p).key}, {"what": "publish", "version": 1})),
    Row("matter-step", "POST", "checklist.view", denied=403, then=("matter.manage", 404), note="withdraw",
        make=lambda p: ({"key": a_matter(p, True).key}, {"what": "withdraw", "note": "并入消防"})),
    Open("public-district", "GET", 200, 200, make=lambda p: {"district": p.district.slug}),
    Open("public-matters", "GET", 200, 200, make=lambda p: {"district": p.district.slug}),
]  # fmt: skip
