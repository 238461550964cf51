"""What is printed on the papers of a filing: official Chinese in every language."""

from __future__ import annotations

from facilities.models import Facility, Filing, Notice
from facilities.rules import notices as rules
from portal.rules.official import OfficialDocument


def content_of(row: Filing, facility: Facility, answers: dict, *, replaces: str) -> dict:
    """What is printed, fixed with the issue."""
    facts = {
        "name": facility.name,
        "number": row.number,
        "sent": row.sent_on.isoformat(),
        "received": (row.received_on or row.sent_on).isoformat(),
        "replaces": replaces,
        "from": answers.get("from_on") or answers.get("resume_on"),
        "until": answers.get("until_on"),
        "last_day": answers.get("last_day") or answers.get("ends_on"),
        "grounds": answers.get("grounds", ""),
        "basis": answers.get("basis", ""),
    }
    rows = []
    if row.kind in rules.CARRIES:
        services = [
            word
            for word, given in (
                ("全日制", facility.full_day), ("半日制", facility.half_day), ("计时制", facility.hourly),
            )
            if given
        ]  # fmt: skip
        kind_words = {"nursery": "托育机构", "inclusive_site": "普惠性托育点", "baby_house": "宝宝屋",
                      "integrated_kindergarten": "托幼一体", "guidance_point": "科学育儿指导点"}  # fmt: skip
        rows = [
            ["机构名称", facility.name],
            ["机构编号", facility.code],
            ["类型", kind_words[facility.kind]],
            ["举办者", facility.operator.name if facility.operator else ""],
            ["统一社会信用代码", facility.credit_code],
            ["负责人", facility.head],
            ["地址", f"{facility.street.name} {facility.address}"],
            ["托位", f"{facility.places} 个"],
            ["服务形式", "、".join(services)],
            ["供餐", "是" if facility.meals else "否"],
        ]
    return {
        "addressee": facility.operator.name if facility.operator else facility.name,
        "paragraphs": rules.paragraphs(row.kind, facts),
        "rows": rows,
    }


def document_of(notice: Notice) -> OfficialDocument:
    """The frame around the text."""
    return OfficialDocument(
        title=notice.title,
        issuers=(notice.issuer,),
        addressee=notice.content["addressee"],
        number=notice.number,
        dated=notice.issued_on,
        suffix="",
        draft=False,
        keywords=("托育服务", "备案"),
    )
