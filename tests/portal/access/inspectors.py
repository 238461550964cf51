"""Rows of the register of inspectors, and of two freezings compared."""

from __future__ import annotations

from datetime import date

from facilities.models import Employment, StaffMember
from facilities.rules import words
from inspections.models import Inspector, InspectorEmployer, Interest
from inspections.services import draw_voids, freezing
from portal.models import Street, Unit
from tests import rows
from tests.portal.access.rows import Row, fresh
from tests.portal.stage import Place


def somebody(place: Place) -> Inspector:
    """The place's first inspector: inside, the cast's own."""
    return place.inspectors[0]


def values(place: Place, **more) -> dict:
    return {
        "name": "示例检查员", "unit": Unit.objects.filter(collective=False).first().pk, "licence_number": "31-9",
        "licence_from": "2024-01-01", "licence_until": "2030-01-01", "expertise": "消防",
        "streets": [str(Street.objects.first().pk)],
    } | more  # fmt: skip


def a_tie(place: Place) -> dict:
    made = rows.make(
        Interest, inspector=somebody(place), facility=place.facility, starts_on=date(2025, 1, 1), ends_on=None
    )
    return {"pk": somebody(place).pk, "interest": made.pk}


def declaring(place: Place):
    tie = {"facility": place.facility.code, "kind": "family", "starts_on": "2026-01-01"}
    return {"pk": somebody(place).pk}, tie


def frozen_twice(place: Place) -> dict:
    """A void draw and the one that replaces it."""
    draw = place.draw()
    asked = draw_voids.request_void(draw, reason="示例理由", actor=place.process)
    draw_voids.confirm_void(asked, actor=place.process)
    return {"pk": freezing.freeze(draw.scheme, draw.year, draw.month, actor=place.process).pk}


def employed(place: Place) -> dict:
    made = rows.make(
        InspectorEmployer,
        inspector=somebody(place),
        name="示例单位",
        starts_on=date(2020, 1, 1),
        ends_on=None,
    )
    return {"pk": somebody(place).pk, "employer": made.pk}


def a_namesake(place: Place):
    name = somebody(place).name
    staff = rows.make(StaffMember, name=name, name_key=words.sort_key(name))
    rows.make(Employment, staff=staff, facility=place.facility, starts_on=date(2020, 1, 1), ends_on=None)
    said = {"outcome": "other", "reason": "问过本人，只是同名"}
    return {"pk": somebody(place).pk, "facility": place.facility.pk}, said


#: The second inspector of the cast does not see the first one's line.
OTHERS = {"inspector2": 404}

INSPECTORS = [
    Row("inspectors", "GET", "inspector.view", denied=403),
    Row("inspector", "GET", "inspector.view", denied=403, make=lambda p: {"pk": somebody(p).pk}, but=OTHERS),
    Row("inspector-new", "GET", "inspector.manage", denied=403),
    Row("inspector-new", "POST", "inspector.manage", denied=403,
        make=lambda p: ({}, values(p, code=fresh()[-8:]))),
    Row("employer-new", "GET", "inspector.view", denied=403, then=("interest.declare", 404),
        make=lambda p: {"pk": somebody(p).pk}, but=OTHERS),
    Row("employer-new", "POST", "inspector.view", denied=403, then=("interest.declare", 404),
        make=lambda p: ({"pk": somebody(p).pk}, {"name": "示例单位", "starts_on": "2020-01-01"}), but=OTHERS),
    Row("employer-end", "GET", "inspector.view", denied=403, then=("interest.end", 403), make=employed, but=OTHERS),
    Row("employer-end", "POST", "inspector.view", denied=403, then=("interest.end", 403),
        make=lambda p: (employed(p), {"ends_on": "2024-01-01"}), but=OTHERS),
    Row("namesakes", "GET", "namesake.decide", denied=403),
    Row("namesake-decide", "POST", "namesake.decide", denied=403, make=a_namesake),
    Row("inspector-edit", "GET", "inspector.view", denied=403, then=("inspector.manage", 404),
        make=lambda p: {"pk": somebody(p).pk}),
    Row("inspector-edit", "POST", "inspector.view", denied=403, then=("inspector.manage", 404),
        make=lambda p: ({"pk": somebody(p).pk}, values(p, version=1))),
    Row("interest-declare", "POST", "inspector.view", denied=403, then=("interest.declare", 404), make=declaring,
        but=OTHERS),
    Row("interest-end", "POST", "inspector.view", denied=403, then=("interest.end", 403),
        make=lambda p: (a_tie(p), {"ends_on": "2026-01-01"}), but=OTHERS),
    Row("draw-changes", "GET", "draw.view", make=frozen_twice),
]  # fmt: skip
