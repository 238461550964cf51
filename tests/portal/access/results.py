"""Rows of results: reviewed, changed, published."""

from __future__ import annotations

import json
from datetime import timedelta

from django.utils import timezone

from inspections.models import (
    AnswerPhoto,
    CaseFile,
    FieldRecord,
    Inspection,
    LicencePhoto,
    PublicationRepair,
    ResultObjectionFile,
    ResultReview,
)
from inspections.rules.field import RECORD_FORMAT
from inspections.services import case_files, publication, result_changes, result_reviews, visit_codes
from portal.access import Actor
from portal.rules.rights import Role
from portal.services.files import store_file
from tests import rows
from tests.portal.access.rows import Open, Row
from tests.portal.stage import Place, days, photograph, png


def result_of(place: Place, state: str = "finished") -> ResultReview:
    return place.visit(state, bad=True).review


def objected(place: Place, files=()) -> ResultReview:
    review = result_of(place)
    finding = review.inspection.findings.get()
    return result_reviews.object_to(
        review, texts={finding.pk: "示例：当天有人在岗"}, files={finding.pk: list(files)}, actor=place.process
    )


def deciding(place: Place):
    review = objected(place)
    pk = review.objections.get().pk
    # the process signed the visit: anybody may decide
    return {"pk": review.pk}, {
        "version": review.version, f"outcome-{pk}": "accepted", f"reason-{pk}": "示例：看了签到表，属实",
    }  # fmt: skip


def objecting(place: Place):
    review = result_of(place)
    finding = review.inspection.findings.get()
    return {"pk": review.pk}, {
        "version": review.version, "what": "object", f"text-{finding.pk}": "示例：当天有人在岗",
    }  # fmt: skip


def final(place: Place) -> ResultReview:
    return place.visit("published", bad=True).review


def changing_form(place: Place):
    review = final(place)
    return {"pk": review.pk}, {
        "version": review.version, "findings": review.inspection.findings.get().pk, "reason_kind": "review",
        "reason": "示例：复查核实", "decided_on": days(0), "upload": png(),
    }  # fmt: skip


def changing(place: Place) -> ResultReview:
    review = final(place)
    by = Actor.of(place.person(Role.BUREAU).user, place.district)
    finding = review.inspection.findings.get()
    result_changes.propose_change(
        review, findings=[finding.pk], reason_kind="review", reason="示例：复查核实",
        decided_on=review.inspection.finished_on, upload=png(), actor=by,
    )  # fmt: skip
    review.refresh_from_db()
    return review


def settling(what: str):
    def make(place: Place):
        review = changing(place)
        return {"pk": review.pk}, {"version": review.version, "what": what, "note": "示例：维持原来的结果"}

    return make


def objection_file(place: Place) -> dict:
    review = objected(place, [png()])
    return {"pk": review.pk, "file": ResultObjectionFile.objects.get(objection__review=review).pk}


def change_file(place: Place) -> dict:
    review = changing(place)
    return {"pk": review.pk, "change": review.changes.get().pk}


def version_of(place: Place) -> dict:
    review = result_of(place)
    return {"pk": review.pk, "version": review.versions.get().pk}


def agreeing(place: Place):
    review = result_of(place)
    return {"pk": review.pk}, {"version": review.version, "what": "agree"}


def repair_of(place: Place, examined: bool = False) -> PublicationRepair:
    review = final(place)
    review.inspection.findings.update(state="closed")
    visit = review.inspection
    Inspection.objects.filter(pk=visit.pk).update(published_at=timezone.now() - timedelta(days=200))
    review = ResultReview.objects.get(pk=review.pk)
    made = publication.ask_repair(review, reason="示例：都改好了，附材料", upload=png(), actor=place.process)
    if examined:
        by = Actor.of(place.person(Role.BUREAU).user, place.district)
        made = publication.examine_repair(made, True, actor=by)
    return made


def repairing_form(place: Place):
    pk = repair_of(place).review_id
    PublicationRepair.objects.filter(review=pk).delete()
    return {"pk": pk}, {"reason": "示例：都改好了，附照片和材料", "upload": png()}


def answering_repair(what: str, examined: bool):
    def make(place: Place):
        made = repair_of(place, examined)
        return {"pk": made.review_id, "repair": made.pk}, {"what": what, "answer": "示例：去现场看过"}

    return make


def repair_file(place: Place) -> dict:
    made = repair_of(place)
    return {"pk": made.review_id, "repair": made.pk}


def evidence_photo(place: Place) -> dict:
    review = result_of(place)
    answer = review.inspection.answers.get(value="bad")
    kept = store_file(photograph(), actor=place.process)
    return {"pk": review.pk, "photo": AnswerPhoto.objects.create(answer=answer, file=kept).pk}


def evidence_record(place: Place) -> dict:
    review = result_of(place)
    content = json.dumps(
        {"format": RECORD_FORMAT, "number": review.inspection.number, "answers": []}
    ).encode()
    rows.make(FieldRecord, inspection=review.inspection, content=content)
    return {"pk": review.pk}


def public_result(place: Place) -> dict:
    return {"district": place.district.slug, "number": final(place).inspection.number}


def case_of(place: Place, made: bool = False) -> dict:
    case = case_files.order_case(place.visit("finished", bad=True), actor=place.process)
    if made:
        CaseFile.objects.filter(pk=case.pk).update(state="done", file=place.stored(b"zip"))
    return {"pk": case.pk}


def door(place: Place, rated: bool = False) -> dict:
    visit = place.visit("under_way")
    code = visit_codes.make(visit, actor=place.process)
    if rated:
        Inspection.objects.filter(pk=visit.pk).update(state="finished", signed_at=timezone.now())
    return {"district": place.district.slug, "token": visit_codes.token_of(code)}


def licence(place: Place) -> dict:
    known = door(place)
    one = place.inspectors[0]
    LicencePhoto.objects.update_or_create(inspector=one, defaults={"file": place.stored()})
    return known | {"inspector": one.pk}


def rating(place: Place):
    return {"pk": result_of(place).pk}, SCORES


SCORES = {"basis": 5, "manner": 4, "disturbance": 5, "comment": "示例：讲得清楚"}

RESULTS = [
    Row("visit-code", "GET", "inspection.log", make=lambda p: {"pk": p.visit("under_way").pk}),
    Row("visit-code", "POST", "inspection.log", make=lambda p: {"pk": p.visit("under_way").pk}),
    Row(
        "visit-licence", "POST", "inspection.log", make=lambda p: ({"pk": p.visit("under_way").pk}, {"photo": png()}),
    ),
    Open("visit-door", "GET", 200, 200, make=door),
    Open("visit-door-rate", "POST", 200, 200, make=lambda p: (door(p, rated=True), SCORES)),
    Open("visit-door-licence", "GET", 200, 200, make=licence),
    Row("result-rate", "GET", "visit.rate", make=lambda p: {"pk": result_of(p).pk}),
    Row("result-rate", "POST", "visit.rate", make=rating),
    Row("ratings", "GET", "rating.view", denied=403),
    Row("inspection-case", "POST", "case_file.take", make=lambda p: {"pk": p.visit("finished").pk}),
    Row("case-file", "GET", "case_file.take", make=case_of),
    Row("case-file-archive", "GET", "case_file.take", make=lambda p: case_of(p, made=True)),
    Row("results", "GET", "result.view", denied=403),
    Row("result", "GET", "result.view", make=lambda p: {"pk": result_of(p).pk}),
    Row("result", "GET", "result.view", make=lambda p: {"pk": objected(p).pk}, note="answered"),
    Row("result", "GET", "result.view", make=lambda p: {"pk": changing(p).pk}, note="changing"),
    Row("result-answer", "POST", "result.answer", make=objecting, note="object"),
    Row("result-answer", "POST", "result.answer", make=agreeing, note="agree"),
    Row("result-decide", "POST", "result.decide", make=deciding),
    Row("result-change", "POST", "result.change", make=changing_form),
    Row("result-settle", "POST", "result.change_confirm", make=settling("confirm"), note="confirm"),
    Row("result-settle", "POST", "result.change_confirm", make=settling("decline"), note="decline"),
    Row("result-settle", "POST", "result.change", make=settling("down"), note="down"),
    Row("result-version", "GET", "result.view", make=version_of),
    Row("result-file", "GET", "result.view", make=objection_file),
    Row("result-repair", "POST", "result.repair_ask", make=repairing_form),
    Row("result-repair-examine", "POST", "result.repair_examine", make=answering_repair("yes", False), note="yes"),
    Row("result-repair-examine", "POST", "result.repair_examine", make=answering_repair("no", False), note="no"),
    Row("result-repair-decide", "POST", "result.repair_decide", make=answering_repair("yes", True), note="yes"),
    Row("result-repair-decide", "POST", "result.repair_decide", make=answering_repair("no", True), note="no"),
    Row("result-repair-file", "GET", "result.view", make=repair_file),
    Open("public-results", "GET", 200, 200, make=lambda p: {"district": p.district.slug}),
    Open("public-result", "GET", 200, 200, make=public_result),
    Row("result-photo", "GET", "evidence.view", make=evidence_photo),
    Row("result-record", "GET", "evidence.view", make=evidence_record),
    Row("result-change-file", "GET", "result.view", make=change_file),
]  # fmt: skip
