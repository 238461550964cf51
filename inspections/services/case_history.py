"""检查办理经过: the document of a case file that says what was done beside the visit itself. Why it was made, who signed
what, what came later, what the facility objected, how the result changed, which findings were withdrawn."""

from __future__ import annotations

import json

from django.template.loader import render_to_string
from django.utils import timezone

from inspections.models import FieldAddendum, FieldRecord, Inspection, ResultObjection
from inspections.rules.recusals import WAYS
from inspections.rules.states import CHANGE_REASONS, UNSCHEDULED_REASONS
from inspections.services.case_documents import ANSWERS, SIDES, facts_of, frame, moment
from inspections.services.visits import cause_number
from portal.models import AuditEntry
from portal.rules.official import chinese_date

TITLE = "检查办理经过"
VOID = "已退回，不作数"
ORIGINS = {"drawn": "抽取", "replacement": "递补", "named": "指派（非抽取）"}
VERSIONS = {"draft": "送机构征求意见", "decided": "机构的意见答复以后", "corrected": "更正"}
OUTCOMES = {"": "还没有答复", "accepted": "意见成立，撤销这个问题", "kept": "意见不成立，维持"}
CHANGES = {"open": "等第二人决定", "confirmed": "已更正", "declined": "不更正"}
NAMELESS = "系统"
RECUSALS = {"asked": "没有决定", "granted": "同意回避", "refused": "不同意回避"}


def name(user) -> str:
    return user.name if user else NAMELESS


def history_html(inspection: Inspection) -> str:
    return render_to_string(
        "official/case_history.html",
        {
            "document": frame(TITLE, inspection.number, inspection.finished_on),
            "rows": facts_of(inspection),
            "cause": cause_of(inspection),
            "team": team_of(inspection),
            "signed": [signed_of(one) for one in records_of(inspection)],
            "desk_without": desk_without(inspection),
            "addenda": [addendum_line(one) for one in addenda_of(inspection)],
            "objections": [objection_line(one) for one in objections_of(inspection)],
            "versions": versions_of(inspection),
            "changes": changes_of(inspection),
            "withdrawn": withdrawn_of(inspection),
            "recusals": recusals_of(inspection),
        },
    )


def cause_of(inspection: Inspection) -> list[list[str]]:
    """Why the visit was made: the draw with its evidence, or the record behind it. Of a complaint only the number:
    what was added to it could tell who complained."""
    draw = inspection.draw
    if draw is not None:
        rows = [
            ["缘由", f"双随机抽查，{draw.year}年{draw.month}月，第{inspection.position}个抽中"],
            ["抽取名单SHA-256", draw.frozen_sha256],
            ["证据文件SHA-256", draw.evidence_sha256],
        ]
        for one in draw.addenda.order_by("number"):
            if one.facts["content"].get("object") == inspection.facility.code:
                rows.append([f"证据附录第{one.number}条", f"{addendum_words(one)}，SHA-256：{one.sha256}"])
        return rows
    rows = [["缘由", str(UNSCHEDULED_REASONS.get(inspection.reason_kind, inspection.reason_kind))]]
    for label, row in (
        ("投诉编号", inspection.complaint),
        ("事件编号", inspection.incident),
        ("整改通知编号", inspection.cause_order),
        ("方案编号", inspection.campaign),
    ):
        if row is not None:
            rows.append([label, row.number])
    if inspection.campaign is not None:
        rows += [["主题", inspection.campaign.theme], ["依据", inspection.campaign.basis]]
    for slot in inspection.watched.select_related("watch_list", "device"):
        rows.append(["视频巡查", f"{cause_number(slot)}，{moment(slot.starts_at)}起，设备{slot.device.code}"])
        rows.append(["巡查所见", slot.note])
    if inspection.complaint is None:
        rows.append(["说明", inspection.reason])
    return rows


def addendum_words(one) -> str:
    facts = one.facts["content"]
    if one.kind == "replaced":
        comes = f"{facts['in']}递补" if facts.get("in") else "没有人可以递补"
        return f"{facts['out']}退出，{comes}，理由：{facts['reason']}"
    if one.kind == "named":
        return f"指派{facts['in']}（非抽取）"
    return "销去"


def team_of(inspection: Inspection) -> list[tuple[str, str, str]]:
    """(inspector, how chosen, when and why out or nothing)."""
    rows = inspection.all_team.select_related("inspector").order_by("position")
    return [
        (
            f"{one.inspector.name}（{one.inspector.code}，执法证号{one.inspector.licence_number}）",
            ORIGINS[one.origin],
            f"{moment(one.dropped_at)}退出：{one.dropped_reason}" if one.dropped_at else "",
        )
        for one in rows
    ]


def records_of(inspection: Inspection):
    rows = FieldRecord.objects.filter(inspection=inspection)
    return rows.prefetch_related("signatures__file").order_by("number")


def signed_of(record: FieldRecord) -> dict:
    rows = [["签名时间", moment(record.signed_at)], ["SHA-256", record.sha256]]
    for one in record.signatures.all():
        rows.append([f"{SIDES[one.side]}签名", f"{one.name}，签名图SHA-256：{one.file.sha256}"])
    if record.unsigned_reason:
        rows.append(["机构没有签名", record.unsigned_reason])
    if record.without:
        rows.append(["没有等齐就签", record.without])
    if record.void_at:
        rows.append(["退回", f"{moment(record.void_at)}由第二人退回，这一份不作数"])
    return {"number": record.number, "rows": rows, "void": record.void_at is not None}


def desk_without(inspection: Inspection) -> str:
    """Why a visit was signed at a desk without what lay on a phone; it stands in the log of that signing alone."""
    rows = AuditEntry.objects.filter(
        action="inspections.inspection.sign",
        subject_type=inspection._meta.label_lower,
        subject_id=inspection.pk,
    )
    last = rows.order_by("-pk").first()
    return last.changes.get("without", "") if last else ""


def addenda_of(inspection: Inspection):
    return inspection.addenda.select_related("item", "by", "seen_by", "file").order_by("number")


def addendum_says(one: FieldAddendum) -> str:
    content = one.content
    if "sha256" in content:
        return f"照片或录音，SHA-256：{content['sha256']}"
    word = ANSWERS.get(content.get("value", ""), "")
    mended = "，当场改正" if content.get("mended") else ""
    return f"{word}{mended}　{content.get('note', '')}".strip()


def addendum_line(one: FieldAddendum) -> tuple:
    seen = f"{name(one.seen_by)}，{moment(one.seen_at)}" if one.seen_at else "还没有看过"
    return (
        one.number,
        one.item.text if one.item else "—",
        addendum_says(one),
        f"{name(one.by)}，{moment(one.made_at)}",
        seen,
    )


def addendum_json(one: FieldAddendum) -> bytes:
    """An addendum as a file of the archive; the same row gives the same bytes."""
    facts = {
        "number": one.number,
        "item": one.item.key if one.item else None,
        "text": one.item.text if one.item else None,
        "content": one.content,
        "by": name(one.by),
        "made_at": timezone.localtime(one.made_at).isoformat(),
        "came_at": timezone.localtime(one.at).isoformat(),
        "seen_by_facility_at": timezone.localtime(one.seen_at).isoformat() if one.seen_at else None,
        "file_sha256": one.file.sha256 if one.file else None,
    }
    return json.dumps(facts, ensure_ascii=False, sort_keys=True, indent=1).encode()


def objections_of(inspection: Inspection):
    rows = ResultObjection.objects.filter(review__inspection=inspection)
    return rows.select_related("finding__item", "decided_by", "by").order_by("pk")


def objection_line(one: ResultObjection) -> tuple:
    decided = f"{name(one.decided_by)}，{moment(one.decided_at)}" if one.decided_at else "—"
    return (
        one.finding.item.text,
        f"{one.text}（{moment(one.at)}）",
        OUTCOMES[one.outcome],
        one.reason,
        decided,
    )


def versions_of(inspection: Inspection) -> list[tuple]:
    """(number, kind, when, by, SHA-256, reason); which one counts is in its kind."""
    latest = inspection.review.latest
    return [
        (
            one.number,
            VERSIONS[one.kind] + ("" if one.number == latest else "（已被后一版代替）"),
            f"{name(one.by)}，{moment(one.at)}",
            one.sha256,
            one.reason,
        )
        for one in inspection.review.versions.select_related("by").order_by("number")
    ]


def changes_of(inspection: Inspection) -> list[list[list[str]]]:
    rows = inspection.review.changes.select_related("proposed_by", "settled_by", "file").order_by("pk")
    texts = {one.pk: one.item.text for one in inspection.findings.select_related("item")}
    found = []
    for one in rows:
        facts = [
            ["结果", CHANGES[one.state]],
            ["原因", f"{CHANGE_REASONS[one.reason_kind]}：{one.reason}"],
            ["决定日期", chinese_date(one.decided_on)],
            ["提出", f"{name(one.proposed_by)}，{moment(one.proposed_at)}"],
        ]
        if one.settled_at:
            facts.append(
                ["第二人决定", f"{name(one.settled_by)}，{moment(one.settled_at)}　{one.note}".strip()]
            )
        if one.findings:
            facts.append(["涉及的问题", "；".join(texts.get(pk, str(pk)) for pk in one.findings)])
        if one.taken_down_at:
            facts.append(["从公示中撤下", moment(one.taken_down_at)])
        if one.file:
            facts.append(["材料SHA-256", one.file.sha256])
        found.append(facts)
    return found


def withdrawn_of(inspection: Inspection) -> list[tuple]:
    rows = inspection.findings.filter(state="withdrawn").select_related("item").order_by("pk")
    return [
        (
            one.item.text,
            one.text,
            chinese_date(one.withdrawn_on) if one.withdrawn_on else "—",
            one.withdrawn_reason,
        )
        for one in rows
    ]


def recusals_of(inspection: Inspection) -> list[tuple]:
    """(about whom, how and by whom asked, why, what was decided, the reason and by whom)."""
    rows = inspection.recusals.select_related("inspector", "decided_by", "replaced_by")
    found = []
    for one in rows.order_by("asked_at", "pk"):
        asked = f"{WAYS[one.way]}，{one.name}{one.post}，{moment(one.asked_at)}".replace("，，", "，")
        decided = RECUSALS[one.state]
        if one.state == "granted":
            decided += f"，由{one.replaced_by.code}接替" if one.replaced_by else "，没有人接替"
        why = f"{one.answer}（{name(one.decided_by)}，{moment(one.decided_at)}）" if one.answer else "—"
        found.append((one.inspector.code, asked, one.reason, decided, why))
    return found
