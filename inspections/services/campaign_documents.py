"""The papers of a campaign: the approval, and at its end the report, or the minutes of a street's operation, in official
Chinese."""

from __future__ import annotations

from collections import Counter

from django.core.files.base import ContentFile
from django.template.loader import render_to_string
from django.utils import timezone

from facilities.models import Facility
from facilities.services.notices import issuer
from inspections.models import Campaign, Finding, MatterVersion, VisitPart
from inspections.services import case_documents as documents
from inspections.services.campaign_objects import objects_of
from inspections.services.campaigns import locked
from inspections.services.joint_documents import STATES, full_name
from portal import pdf
from portal.access import Actor
from portal.models import Street
from portal.rules.official import OfficialDocument, chinese_date
from portal.services.files import store_file

KINDS = {"special": "专项检查", "street": "综合执法行动"}
REPLIES = {"waiting": "没有回复", "accepted": "参加", "declined": "不参加"}
DONE = ("finished", "published")
TITLES = {
    ("special", "approval"): "关于开展{theme}专项检查的批准书",
    ("street", "approval"): "关于开展{theme}综合执法行动的批准书",
    ("special", "closing"): "{theme}专项检查情况报告",
    ("street", "closing"): "{theme}综合执法行动纪要",
}


def frame(campaign: Campaign, which: str) -> OfficialDocument:
    dated = campaign.closed_on if which == "closing" else timezone.localdate(campaign.approved_at)
    return OfficialDocument(
        title=TITLES[campaign.kind, which].format(theme=campaign.theme),
        issuers=(issuer(),),
        number=campaign.number,
        dated=dated,
        suffix="",
        draft=False,
        keywords=("托育服务", KINDS[campaign.kind]),
    )


def facts_of(campaign: Campaign) -> list[list[str]]:
    """What was decided: occasion, basis, time, where, what."""
    kinds = dict(Facility.Kind.choices)
    streets = dict(Street.objects.values_list("code", "name"))
    where = (
        [campaign.street.name] if campaign.street else [streets.get(code, code) for code in campaign.streets]
    )
    names = dict(
        MatterVersion.objects.filter(matter__key__in=campaign.matters, published_on__isnull=False)
        .order_by("number")
        .values_list("matter__key", "name")
    )
    chosen = [
        "、".join(str(kinds[kind]) for kind in campaign.kinds if kind in kinds),
        f"风险等级{'、'.join(campaign.grades)}级" if campaign.grades else "",
        f"指定的{len(campaign.codes)}家" if campaign.codes else "",
    ]
    return [
        ["起因", campaign.occasion],
        ["依据", campaign.basis],
        ["时间", f"{chinese_date(campaign.starts_on)}至{chinese_date(campaign.ends_on)}"],
        ["范围", "、".join(where) or "全区"],
        ["检查对象", "，".join(one for one in chosen if one)],
        ["检查事项", "、".join(names.get(key, key) for key in campaign.matters)],
        ["检查方式", "符合条件的机构全部检查，不抽取"],
    ]


def replies_of(campaign: Campaign) -> list[tuple]:
    """(department, reply, its people or its reason)."""
    people: dict[int, list] = {}
    for one in campaign.inspectors.select_related("inspector").order_by("inspector__code"):
        people.setdefault(one.inspector.unit_id, []).append(one.inspector)
    return [
        (
            full_name(one.unit),
            REPLIES[one.state],
            documents.people(people.get(one.unit_id, [])) if one.state == "accepted" else one.note or "—",
        )
        for one in campaign.units.select_related("unit").order_by("position")
    ]


def approval_html(campaign: Campaign) -> str:
    inspectors = [
        one.inspector for one in campaign.inspectors.select_related("inspector").order_by("inspector__code")
    ]
    return render_to_string(
        "official/campaign_approval.html",
        {
            "document": frame(campaign, "approval"),
            "kind": KINDS[campaign.kind],
            "rows": facts_of(campaign),
            "replies": replies_of(campaign),
            "people": documents.people(inspectors),
            "objects": objects_of(campaign).count(),
            "submitted_by": campaign.submitted_by.name if campaign.submitted_by else "由系统报批",
            "approved_by": campaign.approved_by.name if campaign.approved_by else "由系统批准",
            "publish_by": campaign.publish_by,
        },
    )


def rows_of(campaign: Campaign) -> list[dict]:
    """Facility by facility: the team, what was found, each department's part."""
    visits = list(campaign.inspections.select_related("facility__street").order_by("facility__code"))
    found = Counter(
        Finding.objects.filter(inspection__in=visits)
        .exclude(state="withdrawn")
        .values_list("inspection_id", flat=True)
    )
    orders: dict[int, list[str]] = {}
    for visit in visits:
        orders[visit.pk] = [order.number for order in visit.orders.all()]
    parts: dict[int, list[str]] = {}
    for part in VisitPart.objects.filter(inspection__in=visits).select_related("unit").order_by("position"):
        told = STATES[part.state]
        if part.state == "handed":
            told += f"（{part.handed_to}，{part.case_number}）"
        if part.state == "absent":
            told += f"（{part.absent_reason}）"
        parts.setdefault(part.inspection_id, []).append(f"{full_name(part.unit)}：{told}")
    return [
        {
            "name": visit.facility.name,
            "on": chinese_date(visit.finished_on) if visit.finished_on else "",
            "state": visit.get_state_display() if visit.state == "cancelled" else "",
            "cancelled": visit.state == "cancelled",
            "found": found[visit.pk],
            "orders": "、".join(orders[visit.pk]),
            "parts": "；".join(parts.get(visit.pk, [])),
        }
        for visit in visits
    ]


def closing_html(campaign: Campaign) -> str:
    rows = rows_of(campaign)
    return render_to_string(
        "official/campaign_closing.html",
        {
            "document": frame(campaign, "closing"),
            "kind": KINDS[campaign.kind],
            "rows": facts_of(campaign),
            "replies": replies_of(campaign),
            "lines": rows,
            "made": sum(bool(row["on"]) for row in rows),
            "cancelled": sum(row["cancelled"] for row in rows),
            "found": sum(row["found"] for row in rows),
            "with_orders": sum(bool(row["orders"]) for row in rows),
            "joint": bool(campaign.units.exists()),
            "conclusion": campaign.conclusion,
        },
    )


def set_documents(campaign: Campaign, *, actor: Actor) -> Campaign:
    """Sets the papers that the state asks for and that are not there yet; done once, however often it is asked."""
    row = locked(campaign)
    if row.approved_at and row.approval_file_id is None:
        body = pdf.render(approval_html(row))
        row.approval_file = store_file(ContentFile(body, name=f"{row.number}-approval.pdf"), actor=actor)
    if row.closed_on and row.closing_file_id is None:
        body = pdf.render(closing_html(row))
        row.closing_file = store_file(ContentFile(body, name=f"{row.number}-closing.pdf"), actor=actor)
    row.save(update_fields=["approval_file", "closing_file"])
    return row
