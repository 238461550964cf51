"""The official documents of a visit: record, order, re-inspection record. Official Chinese in every language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from django.template.loader import render_to_string
from django.utils import timezone

from facilities.services.notices import issuer
from inspections.models import Answer, Finding, Inspection, Inspector, Order, Recheck
from inspections.services.checklists import lists_used, numbered, used_words
from inspections.services.field_parts import current_record
from portal.rules.official import OfficialDocument, chinese_date

ANSWERS = {"ok": "符合", "bad": "不符合", "unseen": "未查"}
WEIGHTS = {"veto": "否决项", "high": "高", "medium": "中", "low": "低"}
SIDES = {"team": "检查组", "facility": "机构"}
KINDS = {"drawn": "双随机抽查", "unscheduled": "有因检查"}
#: A visit of a campaign, by its reason.
OF_CAMPAIGN = {"campaign": "专项检查", "operation": "街镇综合执法"}
#: What the index of a case file says of its parts.
RECORD, ORDER, RECHECK = "现场检查记录", "责令整改通知书", "整改复查记录（第{n}次）"
VERSION, PHOTO = "检查结果第{n}版", "照片：{item}"
WITHDRAWN, REPLACED = "（已撤销）", "（已被后一版代替）"
VOICE = "录音：{item}"
ANSWER, EXTENSION = "整改答复的材料（第{n}次）：{item}", "延期申请的材料"
INDEX_TITLE, INDEX = "案卷目录", {"文件": 48, "内容": 60, "SHA-256": 68, "说明": 24}
LOST = "存放处已没有这个文件"
KEYWORDS = ("托育服务", "现场检查")


def frame(title: str, number: str, dated: date, addressee: str = "") -> OfficialDocument:
    return OfficialDocument(
        title=title,
        issuers=(issuer(),),
        addressee=addressee,
        number=number,
        dated=dated,
        suffix="",
        draft=False,
        keywords=KEYWORDS,
    )


def moment(at) -> str:
    here = timezone.localtime(at)
    return f"{chinese_date(here.date())}{here.hour}时{here.minute:02d}分"


def people(inspectors: Sequence[Inspector]) -> str:
    return "、".join(f"{one.name}（执法证号{one.licence_number}）" for one in inspectors)


def facts_of(inspection: Inspection) -> list[list[str]]:
    facility = inspection.facility
    return [
        ["机构名称", facility.name],
        ["机构编号", facility.code],
        ["统一社会信用代码", facility.credit_code],
        ["地址", facility.address],
    ]


def basis_of(finding: Finding) -> str:
    """The clause with its document, or the law that the item names."""
    clause = finding.item.clause
    return f"{clause.document} {clause.label}" if clause else finding.item.basis


def said(answer: Answer) -> str:
    return "" if answer.value == "ok" else answer.note


def signatures_of(inspection: Inspection) -> list[list[str]]:
    """Who ended the visit, and who confirmed it or why nobody did."""
    members = inspection.all_team.filter(dropped_at__isnull=True).select_related("inspector")
    team = [member.inspector for member in members]

    def named(user_id: int | None) -> str:
        return people([one for one in team if user_id and one.user_id == user_id]) or "由系统录入"

    confirmed = f"例外办结：{inspection.waiver}" if inspection.waiver else named(inspection.confirmed_by_id)
    return [["签记", named(inspection.signed_by_id)], ["第二人确认", confirmed]]


def signed_version(inspection: Inspection) -> list[list[str]]:
    """What both sides signed by hand, if they did: who, its hash, what was missing and why."""
    record = current_record(inspection)
    if record is None:
        return []
    names = {side: [one.name for one in record.signatures.all() if one.side == side] for side in SIDES}
    rows = [
        [f"{word}手写签名", "、".join(names[side]) or f"没有签名：{record.unsigned_reason}"]
        for side, word in SIDES.items()
    ]
    if record.without:
        rows.append(["没有等齐就签", record.without])
    return [*rows, ["签名版本SHA-256", record.sha256]]


def record_html(inspection: Inspection, departments: Sequence[list[str]] = ()) -> str:
    """现场检查记录: who, when, each item with its answer, what the facility said, who signed. `departments`: in a joint
    visit, each with its people."""
    team = [
        member.inspector
        for member in inspection.all_team.filter(dropped_at__isnull=True).select_related("inspector")
    ]
    given = {one.item_id: one for one in inspection.answers.all()}
    lines = [
        (
            number,
            item.text,
            ANSWERS.get(given[item.pk].value, "—"),
            given[item.pk].note if given[item.pk].value != "ok" else "",
        )
        for number, item in numbered(inspection)
        if item.pk in given
    ]
    facts = [
        *facts_of(inspection),
        ["检查种类", OF_CAMPAIGN.get(inspection.reason_kind) or KINDS[inspection.kind]],
        ["检查时间", f"{moment(inspection.started_at)}至{moment(inspection.finished_at)}"],
        ["检查人员", people(team)],
        ["检查用表", "；".join(used_words(one) for one in lists_used(inspection))],
        ["机构在场人员", inspection.present],
        *signatures_of(inspection),
        *signed_version(inspection),
        *departments,
    ]
    return render_to_string(
        "official/inspection_record.html",
        {
            "document": frame("托育机构现场检查记录", inspection.number, inspection.finished_on),
            "rows": facts,
            "lines": lines,
            "counts": {word: sum(line[2] == word for line in lines) for word in ANSWERS.values()},
            "objection": inspection.objection,
            "summary": inspection.summary,
        },
    )


def order_html(order: Order) -> str:
    """责令整改通知书: what to mend, on what basis, until when, how to answer, what the facility may do against it."""
    findings = list(order.findings.select_related("item__clause__document").order_by("pk"))
    facility = order.facility
    addressee = facility.operator.name if facility.operator else facility.name
    withdrawn = [one for one in findings if one.state == "withdrawn"]
    return render_to_string(
        "official/order.html",
        {
            "document": replace(
                frame("责令整改通知书", order.number, order.issued_on, addressee),
                **({"issuers": (order.unit.full_name or order.unit.name,)} if order.unit else {}),
            ),
            "who": "我单位" if order.unit else "我局",
            "inspected_on": order.inspection.finished_on,
            "inspection": order.inspection,
            "rows": facts_of(order.inspection),
            "findings": [
                (number, one.item.text, one.text, basis_of(one), one.due_on)
                for number, one in enumerate((f for f in findings if f.state != "withdrawn"), start=1)
            ],
            "withdrawn": [(one.item.text, one.withdrawn_on) for one in withdrawn],
            "due_on": order.first_due_on,
            "moved_to": order.due_on if order.due_on != order.first_due_on else None,
        },
    )


def recheck_html(order: Order, recheck: Recheck) -> str:
    """整改复查记录: finding by finding what was seen, by whom, and what follows."""
    findings = {str(one.pk): one for one in order.findings.select_related("item")}
    known = {one.code: one for one in Inspector.objects.filter(code__in=recheck.inspectors)}
    answers = {}
    for answer in order.answers.order_by("round", "pk"):
        answers[str(answer.finding_id)] = answer.text
    return render_to_string(
        "official/recheck.html",
        {
            "document": frame("整改复查记录", f"{order.number}-F{recheck.round}", recheck.on),
            "order": order,
            "rows": [
                *facts_of(order.inspection),
                ["整改通知书", f"{order.number}，{chinese_date(order.issued_on)}发出"],
                ["复查时间", chinese_date(recheck.on)],
                ["复查人员", people([known[code] for code in recheck.inspectors if code in known])],
                ["签字", "、".join(known[c].name if c in known else c for c in recheck.signatures)],
            ],
            "lines": [
                (
                    number,
                    findings[pk].item.text,
                    answers.get(pk, "—"),
                    "已改好" if result == "closed" else "未改好",
                )
                for number, (pk, result) in enumerate(
                    sorted(recheck.results.items(), key=lambda p: int(p[0])), start=1
                )
                if pk in findings
            ],
            "note": recheck.note,
            "passed": recheck.passed,
            "new_due_on": recheck.new_due_on,
            "waiver": recheck.waiver,
        },
    )
