"""Rows of draws, visits and orders."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from facilities.services import (
    filing_review,
)
from inspections.models import Checklist, OrderAnswerFile, OrderExtension, PublicRecord, Recheck
from inspections.services import answers, cancellations, draw_evidence, extensions
from inspections.services.checklists import items_of
from portal.access import Actor
from portal.rules.rights import Role
from tests.portal.access.filings import filing_of
from tests.portal.access.rows import Open, Row
from tests.portal.stage import Place, days, dice, png

SEES_DRAWS = ("bureau", "clerk", "head", "auditor")
SEES_VISITS = (*SEES_DRAWS, "inspector", "inspector2")


def but(names, status: int) -> dict[str, int]:
    return dict.fromkeys(names, status)


def freezing(place: Place):
    today = timezone.localdate()
    return {}, {"scheme": place.new_scheme().key, "year": today.year, "month": today.month}


def drawn_visit(place: Place):
    draw = place.draw()
    return {"pk": draw.pk, "visit": draw.inspections.get(facility=place.facility).pk}


def dropping_out(place: Place):
    kwargs = drawn_visit(place)
    return kwargs, {"inspector": place.inspectors[0].code, "reason": "示例理由"}


def confirming(place: Place):
    draw = place.draw("witnessed")
    return {"pk": draw.pk}, {"seen": draw.entropy_value}


def witnessing(place: Place):
    return {"pk": place.draw("frozen").pk}, {
        "source": "witness",
        "value": dice(),
        "witnesses": "周*（区人大代表）",
    }


def public_month(place: Place) -> dict:
    draw = place.draw()
    return {
        "district": place.district.slug,
        "scheme": draw.scheme.key,
        "year": draw.year,
        "month": draw.month,
    }


def published_month(place: Place) -> dict:
    draw = place.draw()
    today = timezone.localdate()
    draw.inspections.update(state="finished", finished_on=today, finished_at=timezone.now())
    draw_evidence.publish_evidence(draw, actor=place.process)
    return {
        "district": place.district.slug,
        "scheme": draw.scheme.key,
        "year": draw.year,
        "month": draw.month,
    }


def public_file(place: Place) -> dict:
    record = PublicRecord.objects.filter(draw=place.draw(), kind="evidence_hash").get()
    made = PublicRecord.objects.create(
        kind="addendum",
        scheme_key="x",
        scheme_name="x",
        year=record.year,
        month=1,
        sha256="0" * 64,
        body=b"{}",
    )
    return {"district": place.district.slug, "pk": made.pk}


def unscheduled(place: Place):
    return {}, {
        "cause": place.complaint().number,
        "due_on": days(9),
        "inspectors": [one.pk for one in place.inspectors],
    }


def item_of(place: Place) -> dict:

    visit = place.visit("under_way")
    return {"pk": visit.pk, "item": items_of(visit).first().pk}


def photo_of(place: Place) -> dict:

    visit = place.visit("under_way")
    photo = answers.add_photo(visit, items_of(visit).first(), png(), actor=place.process)
    return {"pk": visit.pk, "photo": photo.pk}


def cancelling(place: Place):

    by = Actor.of(place.person(Role.BUREAU).user, place.district)
    return cancellations.request_cancel(place.visit(), reason="force_majeure", note="示例台风停课", actor=by)


def answering(place: Place):
    order = place.order()
    finding = order.findings.get()
    return {"pk": order.pk}, {"version": order.version, f"text-{finding.pk}": "改好了，11 月 2 日"}


def rechecking(place: Place):
    order = place.order("answered")
    finding = order.findings.get()
    return {"pk": order.pk}, {
        "version": order.version,
        "note": "看过了，都好",
        "inspectors": [one.code for one in place.inspectors],
        f"result-{finding.pk}": "closed",
    }


def returning(place: Place) -> dict:
    made = filing_of(place, "sent")
    filing_review.remark(made, "fire_number", "文号和文件不一致", actor=place.process)
    return {"pk": made.pk}


def signing(place: Place):
    order = place.order("rechecked")
    return {"pk": order.pk}, {"version": order.version}


def waiving(place: Place):
    kwargs, data = signing(place)
    Recheck.objects.filter(order=kwargs["pk"]).update(signatures=[place.inspectors[0].code])
    return kwargs, {**data, "what": "waive", "reason": "第二人重病住院"}


def planning(place: Place):
    order = place.order("answered")
    return {"pk": order.pk}, {"version": order.version, "on": days(3)}


def answer_file(place: Place) -> dict:

    order = place.order("answered")
    found = OrderAnswerFile.objects.create(answer=order.answers.get(), file=place.stored())
    return {"pk": order.pk, "file": found.pk}


def extending(place: Place):
    order = place.order()
    wanted = order.due_on + timedelta(days=3)
    return {"pk": order.pk}, {
        "version": order.version, "wanted_on": wanted.isoformat(), "reason": "示例：材料要下周才到货", "upload": png(),
    }  # fmt: skip


def extension_of(place: Place) -> OrderExtension:
    order = place.order()
    return extensions.ask(
        order, wanted_on=order.due_on + timedelta(days=3), reason="示例：材料要下周才到货", upload=png(),
        actor=place.process,
    )  # fmt: skip


def answering_extension(place: Place):
    made = extension_of(place)
    return {"pk": made.order_id, "extension": made.pk}, {"what": "yes", "answer": "同意"}


def extension_file(place: Place) -> dict:
    made = extension_of(place)
    return {"pk": made.order_id, "extension": made.pk}


INSPECTIONS = [
    Row("draws", "GET", "draw.view", denied=403),
    Row("draw-freeze", "POST", "draw.freeze", denied=403, make=freezing),
    Row("draw-publicity", "POST", "plan.manage", make=lambda p: {"pk": p.new_scheme().pk}),
    Row("draw", "GET", "draw.view", make=lambda p: {"pk": p.draw().pk}),
    Row("draw-witness", "GET", "draw.view", make=lambda p: {"pk": p.draw("frozen").pk}),
    Row("draw-witness", "POST", "draw.view", then=("draw.witness", 403), make=witnessing),
    Row("draw-confirm", "POST", "draw.view", then=("draw.confirm", 403), make=confirming),
    Row("draw-correct", "POST", "draw.view", then=("draw.confirm", 403), make=lambda p: {"pk": p.draw("witnessed").pk}),
    Row("draw-void", "GET", "draw.view", make=lambda p: {"pk": p.draw().pk}),
    Row(
        "draw-void", "POST", "draw.view", then=("draw.void", 403), note="request",
        make=lambda p: ({"pk": p.draw().pk}, {"reason": "示例理由"}),
    ),
    Row(
        "draw-void", "POST", "draw.view", then=("draw.void_confirm", 403), note="confirm",
        make=lambda p: ({"pk": p.draw("void_requested").pk}, {"what": "confirm"}),
    ),
    Row(
        "draw-void", "POST", "draw.view", then=("draw.void_confirm", 403), note="decline",
        make=lambda p: ({"pk": p.draw("void_requested").pk}, {"what": "decline"}),
    ),
    Row("draw-team", "GET", "draw.view", make=drawn_visit, but=but(["head", "auditor"], 404)),
    Row("draw-team", "POST", "draw.view", make=dropping_out, but=but(["head", "auditor"], 404)),
    Row("draw-export", "GET", "draw.view", make=lambda p: {"pk": p.draw().pk}, but=but(["head", "auditor"], 404)),
    Open("public", "GET", 200, 200),
    Open("public-draws", "GET", 200, 200, make=lambda p: {"district": p.district.slug}),
    Open("public-draw", "GET", 200, 200, make=public_month),
    Open("public-verifier", "GET", 200, 200, make=published_month),
    Open("public-record", "GET", 200, 200, make=public_file),
    Row("month-card", "GET", "month.view", denied=403),
    Row("inspections", "GET", "inspection.view", denied=403),
    Row("inspection-new", "GET", "inspection.create", denied=403),
    Row("inspection-new", "POST", "inspection.create", denied=403, make=unscheduled),
    Row("inspection", "GET", "inspection.view", make=lambda p: {"pk": p.visit().pk}),
    Row("inspection", "GET", "inspection.view", make=lambda p: {"pk": p.visit("under_way").pk}, note="under way"),
    Row("inspection-start", "POST", "inspection.log", make=lambda p: {"pk": p.visit().pk}),
    Row("inspection-item", "GET", "inspection.log", make=item_of),
    Row("inspection-item", "POST", "inspection.log", make=lambda p: (item_of(p), {"value": "ok", "version": 0})),
    Row("inspection-photos", "POST", "inspection.log", make=lambda p: (item_of(p), {"photo": png()})),
    Row("inspection-photo", "GET", "inspection.view", make=photo_of),
    Row("inspection-photo", "POST", "inspection.log", make=photo_of),
    Row("inspection-signoff", "GET", "inspection.log", make=lambda p: {"pk": p.visit("answered").pk}),
    Row(
        "inspection-signoff", "POST", "inspection.log",
        make=lambda p: ({"pk": p.visit("answered").pk}, {"present": "示例园长"}),
    ),
    Row("inspection-second", "POST", "inspection.confirm", make=lambda p: {"pk": p.visit("signed").pk}),
    Row(
        "inspection-second", "POST", "confirmation.waive", note="waive",
        make=lambda p: ({"pk": p.visit("signed").pk}, {"what": "waive", "reason": "第二人重病住院"}),
    ),
    Row("inspection-result", "GET", "inspection.view", make=lambda p: {"pk": p.visit("finished").pk}),
    Row(
        "inspection-publish", "POST", "inspection.view", then=("result.publish", 403),
        make=lambda p: {"pk": p.visit("lapsed").pk},
    ),
    Row(
        "inspection-cancel", "POST", "inspection.cancel", denied=403,
        make=lambda p: ({"pk": p.visit().pk}, {"reason": "force_majeure", "note": "示例台风停课"}),
    ),
    Row(
        "inspection-cancel-confirm", "POST", "inspection.cancel_confirm", denied=403,
        make=lambda p: {"pk": cancelling(p).pk},
    ),
    Row(
        "inspection-cancel-decline", "POST", "inspection.view", then=("inspection.cancel_confirm", 403),
        make=lambda p: {"pk": cancelling(p).pk},
    ),
    Row("checklists", "GET", "checklist.view", denied=403),
    Row("checklist", "GET", "checklist.view", make=lambda p: {"key": Checklist.objects.first().key}),
    Row("orders", "GET", "order.view", denied=403),
    Row("order", "GET", "order.view", make=lambda p: {"pk": p.order().pk}),
    Row("order", "GET", "order.view", make=lambda p: {"pk": p.order("answered").pk}, note="answered"),
    Row("order-answer", "POST", "order.answer", make=answering),
    Row("order-plan", "POST", "order.schedule", make=planning),
    Row("order-recheck", "POST", "order.recheck", make=rechecking),
    Row("order-second", "POST", "order.confirm_recheck", denied=403, make=signing),
    Row(
        "order-second", "POST", "confirmation.waive", denied=403, note="waive",
        make=waiving,
    ),
    Row("order-extension", "POST", "order.extend_ask", make=extending),
    Row("order-extension-answer", "POST", "order.extend", make=answering_extension),
    Row("order-extension-file", "GET", "order.view", make=extension_file),
    Row("order-file", "GET", "order.view", make=answer_file),
]  # fmt: skip
