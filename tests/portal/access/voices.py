"""Rows of complaints and incidents."""

from __future__ import annotations

from django.utils import timezone

from inspections.models import IncidentFile
from tests.portal.access.rows import Open, Row
from tests.portal.stage import Place


def complaint_of(place: Place) -> dict:
    return {"pk": place.complaint().pk}


def photo_of(place: Place) -> dict:
    made = place.complaint()
    return {"pk": made.pk, "photo": made.photos.get().pk}


def sorting(place: Place):
    made = place.complaint("received")
    data = {"version": made.version, "facility": place.facility.code, "subject": "care", "handler": "street"}
    return {"pk": made.pk}, data


def handing_on(place: Place):
    made = place.complaint("received")
    return {"pk": made.pk}, {"version": made.version, "passed_to": "示例所", "answer": "示例：已转示例所办理"}


def answering(place: Place):
    made = place.complaint()
    return {"pk": made.pk}, {"version": made.version, "outcome": "upheld", "answer": "示例：已核实并改正"}


def calling(place: Place) -> dict:
    return {"pk": place.complaint(phone="13800000000").pk}


def incident_of(place: Place) -> dict:
    return {"pk": place.incident().pk}


def reporting(place: Place):
    now = timezone.localtime().strftime("%Y-%m-%dT%H:%M")
    return {"pk": place.facility.pk}, {
        "kind": "injury", "happened_at": now, "known_at": now, "place": "示例活动室", "children": 0, "injured": 0,
        "text": "示例：门口的招牌掉下来了",
    }  # fmt: skip


def going_on(place: Place):
    made = place.incident()
    return {"pk": made.pk}, {"version": made.version, "text": "示例：检查没有大碍，在家休息"}


def closing(place: Place):
    made = place.incident("reported")
    return {"pk": made.pk}, {"version": made.version, "note": "示例：处置完了", "what": "close"}


def file_of(place: Place) -> dict:
    made = place.incident()
    return {"pk": made.pk, "file": IncidentFile.objects.get(report__incident=made).pk}


def where(place: Place) -> dict:
    return {"district": place.district.slug}


VOICES = [
    Open("voice-front", "GET", 200, 200),
    Open("voice", "GET", 200, 200, make=where),
    Open("voice", "POST", 422, 422, make=where),
    Open("voice-status", "GET", 200, 200, make=where),
    Open("voice-status", "POST", 422, 422, make=where),
    Row("complaints", "GET", "complaint.view", denied=403),
    Row("complaint", "GET", "complaint.view", denied=403, make=complaint_of),
    Row("complaint-photo", "GET", "complaint.view", denied=403, make=photo_of),
    Row("complaint-sort", "POST", "complaint.sort", denied=403, make=sorting),
    Row("complaint-hand-on", "POST", "complaint.sort", denied=403, make=handing_on),
    Row("complaint-answer", "POST", "complaint.answer", denied=403, make=answering),
    Row("complaint-phone", "POST", "complaint.answer", denied=403, ok=200, make=calling),
    Row("incidents", "GET", "incident.view", denied=403),
    Row("incident-where", "GET", "incident.report", denied=403, ok=302),
    Row("incident-new", "GET", "incident.report", denied=403, make=lambda p: {"pk": p.facility.pk}),
    Row("incident-new", "POST", "incident.report", denied=403, make=reporting),
    Row("incident", "GET", "incident.view", denied=403, make=incident_of),
    Row("incident-next", "POST", "incident.report", denied=403, make=going_on),
    Row("incident-close", "POST", "incident.close", denied=403, make=closing),
    Row("incident-file", "GET", "incident.view", denied=403, make=file_of),
]
