"""The paper that tells a facility what is entered about it, and until when it may object. Official Chinese."""

from __future__ import annotations

from django.core.files.base import ContentFile
from django.template.loader import render_to_string
from django.utils import timezone

from facilities.models import CreditEntry
from facilities.rules import credit as rules
from facilities.services.notices import issuer
from portal import pdf
from portal.access import Actor
from portal.rules.official import OfficialDocument, chinese_date
from portal.services import audit, parameters
from portal.services.files import store_file

TITLES = {
    rules.PENALTY: "行政处罚信息记入诚信记录告知书",
    rules.PROMISE: "违背承诺信息记入诚信记录告知书",
    rules.DISCIPLINE: "列入失信联合惩戒名单告知书",
}


def paragraphs(entry: CreditEntry, values: dict) -> list[str]:
    """What is entered and on what, the time to object, what comes after; values: the parameters of the day."""
    kept = {
        rules.PENALTY: "记入你单位的诚信记录，并向社会公示",
        rules.PROMISE: "记入你单位的诚信记录，并向社会公示",
        rules.DISCIPLINE: "将你单位列入失信联合惩戒名单，并向社会公示",
    }[entry.kind]
    found = [
        f"{entry.authority}于{chinese_date(entry.decided_on)}作出决定（文号：{entry.document}），认定：{entry.title}。"
        f"{entry.facts}",
    ]
    if entry.ground:
        found.append(
            f"依据的记录为{entry.ground.number}：{entry.ground.title}（文号：{entry.ground.document}）。"
        )
    found.append(
        f"我局拟{kept}（编号{entry.number}）。你单位有异议的，应当在{chinese_date(entry.objection_until)}前"
        "（含当日）提出，并附有关材料；期满没有提出异议，或者异议不成立的，自期满次日起生效。"
    )
    months = values.get(rules.MONTHS.get(entry.kind, ""))
    repair = values.get(rules.REPAIRS.get((entry.kind, entry.matter), ""))
    since = "作出决定之日" if entry.kind == rules.PENALTY else "生效之日"
    term = (
        f"期限至{chinese_date(entry.ends_on)}。"
        if entry.ends_on
        else f"期限为自{since}起{months}个月。"
        if months
        else ""
    )
    mended = (
        f"纠正后，自{since}起满{repair}个月可以申请信用修复。"
        if repair is not None
        else "纠正后可以申请信用修复。"
    )
    return [*found, term + mended]


def html_of(entry: CreditEntry) -> str:
    """The whole document; the same entry gives the same HTML."""
    on = timezone.localdate(entry.confirmed_at)
    facility = entry.facility
    document = OfficialDocument(
        title=TITLES[entry.kind],
        issuers=(issuer(),),
        addressee=facility.operator.name if facility.operator else facility.name,
        number=entry.notice_number,
        dated=on,
        suffix="",
        draft=False,
        keywords=("托育服务", "诚信记录"),
    )
    rows = [
        ["机构名称", facility.name],
        ["机构编号", facility.code],
        ["统一社会信用代码", facility.credit_code],
        ["决定书", f"{entry.authority}　{entry.document}"],
    ]
    content = {
        "paragraphs": paragraphs(entry, parameters.values(rules.PARAMETERS, on)),
        "rows": rows,
    }
    return render_to_string("official/credit.html", {"document": document, "c": content})


def print_notice(entry: CreditEntry, *, actor: Actor) -> CreditEntry:
    """Sets the PDF once and keeps it. An entry that was not told has none."""
    row = CreditEntry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    if row.notice_file_id is not None or not row.notice_number:
        return row
    body = pdf.render(html_of(row))
    row.notice_file = store_file(ContentFile(body, name=f"{row.number}.pdf"), actor=actor)
    row.save(update_fields=["notice_file"])
    audit.record("facilities.credit.print", row, actor=actor, changes={"sha256": row.notice_file.sha256})
    return row
