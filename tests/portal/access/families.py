"""Rows of 宝宝屋, children and parents."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from facilities.models import (
    AgreementText,
    Child,
    ConsentText,
    Facility,
    Room,
    Volunteer,
)
from facilities.services import (
    access_requests,
    deletions,
    enrolments,
    ledger,
    volunteers,
)
from facilities.services import sites as site_services
from tests.facilities import factories, families
from tests.portal.access.rows import Row, fresh, numbers
from tests.portal.stage import Place, days, png


def of_site(place: Place) -> dict:
    return {"pk": families.site(place.facility, place.process).pk}


def with_sign(place: Place) -> dict:
    kwargs = of_site(place)
    site_services.describe(
        Facility.objects.get(pk=kwargs["pk"]), actor=place.process, siting="alone", running="street", alone=True,
        version=1, upload=png(),
    )  # fmt: skip
    return kwargs


def describing(place: Place):
    return of_site(place), {"siting": "community", "running": "bought", "with_parent": "on", "version": 1}


def room_of(place: Place) -> dict:
    of_site(place)
    return {"pk": Room.objects.get(facility=place.facility).pk}


def furnishing(place: Place):
    kwargs = of_site(place)
    Room.objects.filter(facility=place.facility).update(places=10)
    return kwargs, {"name": "小房间", "area": 20, "places": 5}


def setting(place: Place):
    kwargs = of_site(place)
    return kwargs, {
        "room": Room.objects.get(facility=place.facility).pk, "mode": "alone", "first": days(1), "last": days(7),
        "weekdays": list(range(1, 8)), "starts_at": "09:00", "ends_at": "10:00", "places": 5, "staff": 1,
        "on_holidays": "on",
    }  # fmt: skip


def session_of(place: Place) -> dict:
    of_site(place)
    return {"pk": families.sessions(place.facility, place.process)[0].pk}


def volunteering(place: Place):
    return of_site(place), {
        "name": "示例志愿", "identity": factories.identity(600 + next(numbers)), "duty": "陪读绘本", "starts_on": days(0),
        "checked_on": days(-3), "found": "no",
    }  # fmt: skip


def volunteer_of(place: Place) -> dict:
    of_site(place)
    made = volunteers.enter_volunteer(
        place.facility, actor=place.process, name="示例志愿", identity=factories.identity(800 + next(numbers)),
        duty="陪读绘本", starts_on=families.today() - timedelta(9), checked_on=families.today() - timedelta(12),
    )  # fmt: skip
    return {"pk": made.pk}


def volunteer_check_of(place: Place) -> dict:
    made = Volunteer.objects.get(pk=volunteer_of(place)["pk"])
    return {"pk": made.checks.get().pk}


def line_of(place: Place) -> dict:
    of_site(place)
    made = ledger.enter(
        place.facility, actor=place.process, on=families.today(), item="fee", amount=Decimal(5), note="示例"
    )
    return {"pk": made.pk}


def applying(place: Place):
    given = families.family()
    return of_site(place), {**given, "born_on": given["born_on"].isoformat(), "mode": "alone", "signs": "on"}


def enrolment_of(place: Place, ready: bool = False):
    of_site(place)
    made = families.applied(place.facility, place.process)
    return families.ready(made, place.process) if ready else made


def child_of(place: Place) -> dict:
    return {"pk": enrolment_of(place).child_id}


def consenting(place: Place):
    made = enrolment_of(place)
    families.texts(place.process)
    parent = made.child.kinships.get().parent_id
    return {"pk": made.child_id}, {"purpose": "care", "parent": parent, "channel": "paper", "on": days(0)}


def agreeing(place: Place):
    kwargs, data = consenting(place)
    return kwargs, {"parent": data["parent"], "fee": "免费", "on": days(0)}


def examining(place: Place):
    return child_of(place), {"clinic": families.clinic().pk, "issued_on": days(-1), "fit": "yes"}


def paper_of(place: Place):
    made = enrolment_of(place, ready=True)
    made.child.consents.filter(purpose="care").update(file=place.stored())
    return {"pk": made.child_id, "paper": made.child.consents.get(purpose="care").file_id}, {
        "reason": "核对签字"
    }


def consent_of(place: Place) -> dict:
    return {"pk": enrolment_of(place, ready=True).child.consents.get(purpose="care").pk}


def asked_of(place: Place):
    made = enrolment_of(place)
    request = access_requests.ask(
        made.child, actor=place.actor("bureau"), purpose="complaint", reason="核实一件投诉", hours=2
    )
    return {"pk": request.pk}, {"agree": "yes"}


def left_child(place: Place) -> dict:
    made = enrolment_of(place)
    enrolments.leave(made, actor=place.process, on=families.today(), reason="不来了")
    return {"pk": made.child_id}


def deletion_of(place: Place) -> dict:
    child = Child.objects.get(pk=left_child(place)["pk"])
    return {"pk": deletions.delete_child(child, actor=place.process, ground="asked", on=families.today()).pk}


def text_of(model):
    def make(place: Place) -> dict:
        families.texts(place.process)
        return {"pk": model.objects.first().pk}

    return make


NEW_CONSENT = {"purpose": "notice", "title": "示例同意书", "text": "示例文本" * 9, "starts_on": days(1)}
NEW_AGREEMENT = {
    "title": "示例协议", "duties": "双方的事", "fees": "收费标准", "refunds": "退费办法", "disputes": "纠纷解决",
    "starts_on": days(1),
}  # fmt: skip
OPENING = {"then": ("child.open", 403), "ok": 200}
FAMILIES = [
    Row("sites", "GET", "site.view", denied=403),
    Row("site", "GET", "site.view", make=of_site),
    Row("site-sign", "GET", "site.view", make=with_sign),
    Row("site-edit", "GET", "site.manage", make=of_site),
    Row("site-edit", "POST", "site.manage", make=describing),
    Row("site-hours", "GET", "site.manage", make=of_site),
    Row("site-hours", "POST", "site.manage", make=lambda p: (of_site(p), {"day1": "09:00-11:00，13:00-15:00"})),
    Row("room-new", "GET", "site.manage", make=of_site),
    Row("room-new", "POST", "site.manage", make=furnishing),
    Row("room-edit", "GET", "site.manage", make=room_of),
    Row("room-edit", "POST", "site.manage", make=lambda p: (room_of(p), {"name": "大", "area": 60, "places": 18})),
    Row("sessions-new", "GET", "session.manage", make=of_site),
    Row("sessions-new", "POST", "session.manage", make=setting),
    Row("session-cancel", "GET", "session.manage", make=session_of),
    Row("session-cancel", "POST", "session.manage", make=lambda p: (session_of(p), {"reason": "停电一天"})),
    Row("volunteer-new", "GET", "volunteer.manage", make=of_site),
    Row("volunteer-new", "POST", "volunteer.manage", make=volunteering),
    Row("volunteer-check", "GET", "volunteer.manage", make=volunteer_of),
    Row(
        "volunteer-check", "POST", "volunteer.manage",
        make=lambda p: (volunteer_of(p), {"checked_on": days(0), "found": "no"}),
    ),
    Row("volunteer", "GET", "volunteer.correct", denied=403, make=volunteer_of),
    Row("volunteer-check-correct", "GET", "volunteer.correct", denied=403, make=volunteer_check_of),
    Row(
        "volunteer-check-correct", "POST", "volunteer.correct", denied=403,
        make=lambda p: (volunteer_check_of(p), {"answer": "yes", "reason": "示例：看错了一行"}),
    ),
    Row("volunteer-end", "GET", "volunteer.manage", make=volunteer_of),
    Row("volunteer-end", "POST", "volunteer.manage", make=lambda p: (volunteer_of(p), {"on": days(0)})),
    Row("ledger", "GET", "ledger.view", make=of_site),
    Row(
        "ledger-entry", "POST", "ledger.manage",
        make=lambda p: (of_site(p), {"item": "fee", "amount": "9.50", "on": days(0), "note": "示例"}),
    ),
    Row("ledger-back", "POST", "ledger.manage", make=line_of),
    Row("children", "GET", "child.view", denied=403, make=of_site),
    Row("child-new", "GET", "child.enrol", denied=403, make=of_site),
    Row("child-new", "POST", "child.enrol", denied=403, make=applying),
    Row("child", "GET", "child.view", make=child_of),
    Row(
        "child-open", "POST", "child.view", **OPENING,
        make=lambda p: (child_of(p), {"purpose": "care", "reason": "接待时核对"}),
    ),
    Row(
        "child-request", "POST", "child.request",
        make=lambda p: (child_of(p), {"purpose": "complaint", "reason": "核实一件投诉", "hours": 2}),
    ),
    Row("child-parent", "GET", "child.enrol", make=child_of),
    Row(
        "child-parent", "POST", "child.enrol",
        make=lambda p: (
            child_of(p), {"parent_name": "云例山", "parent_phone": families.phone(), "relation": "grandparent"}
        ),
    ),
    Row("child-correct", "GET", "child.enrol", make=child_of),
    Row(
        "child-correct", "POST", "child.enrol",
        make=lambda p: (child_of(p), {"name": "山示安", "reason": "家长持证更正"}),
    ),
    Row("child-consent", "GET", "child.enrol", make=child_of),
    Row("child-consent", "POST", "child.enrol", make=consenting),
    Row("child-agreement", "GET", "child.enrol", make=child_of),
    Row("child-agreement", "POST", "child.enrol", make=agreeing),
    Row("child-declaration", "GET", "child.enrol", make=child_of),
    Row(
        "child-declaration", "POST", "child.enrol",
        make=lambda p: (child_of(p), {"allergies": "无", "history": "无", "on": days(0)}),
    ),
    Row("child-health", "GET", "child.enrol", make=child_of),
    Row("child-health", "POST", "child.enrol", make=examining),
    Row("child-paper", "POST", "child.view", **OPENING, make=paper_of),
    Row("child-log", "GET", "child_log.view", make=child_of),
    Row("child-erase", "POST", "child.erase", make=lambda p: (left_child(p), {"reason": "家长来函要求"})),
    Row(
        "child-admit", "POST", "child.enrol",
        make=lambda p: ({"pk": enrolment_of(p, ready=True).pk}, {"starts_on": days(0), "mode": "alone"}),
    ),
    Row("child-leave", "GET", "child.enrol", make=lambda p: {"pk": enrolment_of(p).pk}),
    Row(
        "child-leave", "POST", "child.enrol",
        make=lambda p: ({"pk": enrolment_of(p).pk}, {"on": days(0), "reason": "不来了"}),
    ),
    Row("consent-withdraw", "POST", "child.enrol", make=consent_of),
    Row("access-requests", "GET", "access_request.view", denied=403),
    Row("access-decide", "POST", "child.approve", denied=403, make=asked_of),
    Row("deletions", "GET", "deletion.view", denied=403),
    Row("deletion", "GET", "deletion.view", make=deletion_of),
    Row("deletion-pdf", "GET", "deletion.view", make=deletion_of),
    Row("consent-texts", "GET", "consent.manage", denied=403),
    Row("consent-text", "GET", "consent.manage", denied=403, make=text_of(ConsentText)),
    Row("consent-text-new", "GET", "consent.manage", denied=403),
    Row("consent-text-new", "POST", "consent.manage", denied=403, make=lambda p: ({}, NEW_CONSENT)),
    Row("agreement-text", "GET", "consent.manage", denied=403, make=text_of(AgreementText)),
    Row("agreement-text-new", "GET", "consent.manage", denied=403),
    Row("agreement-text-new", "POST", "consent.manage", denied=403, make=lambda p: ({}, NEW_AGREEMENT)),
    Row(
        "clinic-new", "POST", "consent.manage", denied=403,
        make=lambda p: ({}, {"name": f"示例诊所{fresh()}", "starts_on": days(0)}),
    ),
    Row("clinic-end", "POST", "consent.manage", denied=403, make=lambda p: {"pk": families.clinic().pk}),
]  # fmt: skip
