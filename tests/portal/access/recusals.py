"""Rows of recusal: asked at the door and signed in, noted, declared, decided."""

from __future__ import annotations

from inspections.models import Inspection, Recusal
from inspections.services import recusals
from tests.portal.access.results import door
from tests.portal.access.rows import Open, Row
from tests.portal.stage import Place

WHY = "示例：检查人员的家人在我们这里工作"


def asked(place: Place, state: str = "under_way") -> Recusal:
    """About the second of the team, entered by nobody: every head may decide."""
    visit = place.visit(state)
    return recusals.ask_at_the_door(
        visit, place.inspectors[1], name="示例园长", reason=WHY, actor=place.process
    )


def decided(place: Place) -> dict:
    """Of a visit that is over: while it is open, fewer know of it (tests/inspections/test_recusals.py)."""
    row = asked(place)
    Inspection.objects.filter(pk=row.inspection_id).update(state="finished")
    return {"pk": row.pk}


def deciding(what: str):
    def make(place: Place):
        row = asked(place)
        form = {"what": what, "answer": "示例：核实过，情况属实"}
        able = recusals.able_instead(row.inspection) if what == "grant" else []
        if able:
            form["instead"] = able[0].pk
        return {"pk": row.pk}, form

    return make


def under_way(place: Place) -> dict:
    return {"pk": place.visit("under_way").pk}


def asking(place: Place):
    form = {"inspector": place.inspectors[1].pk, "name": "示例园长", "reason": WHY}
    return under_way(place), form


def declaring(place: Place):
    return {"pk": place.visit().pk}, {"reason": WHY}


def at_the_door(place: Place):
    form = {"inspector": place.inspectors[0].pk, "name": "示例园长", "reason": WHY}
    return door(place), form


RECUSALS = [
    Row("recusals", "GET", "recusal.view", denied=403),
    Row("recusal", "GET", "recusal.view", make=decided),
    Row("recusal-decide", "POST", "recusal.decide", denied=403, make=deciding("grant"), note="grant"),
    Row("recusal-decide", "POST", "recusal.decide", denied=403, make=deciding("refuse"), note="refuse"),
    Row("recusal-ask", "GET", "recusal.ask", make=under_way),
    Row("recusal-ask", "POST", "recusal.ask", make=asking),
    Row("recusal-note", "GET", "recusal.note", make=under_way),
    Row("recusal-note", "POST", "recusal.note", make=asking),
    Row("recusal-declare", "GET", "inspection.log", make=lambda p: {"pk": p.visit().pk}),
    Row("recusal-declare", "POST", "inspection.log", make=declaring),
    Open("visit-door-recusal", "POST", 302, 302, make=at_the_door),
]
