"""The credit record: one facility on the discipline list, which objects; one honoured; one repaired; two under way."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.core.files.base import ContentFile
from django.utils import timezone

from facilities.models import CreditEntry, Facility, FacilityGrant
from facilities.services import credit, credit_notice, credit_requests
from portal import pdf
from portal.access import Actor
from portal.models.people import User
from portal.rules.official import chinese_date
from targets.demonstration.crew import Crew

#: Days before the story's day on which something was decided.
LISTED, PENALTY, PROMISED, HONOURED = 40, 130, 200, 90


def at(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(10, 30)))


def paper(authority: str, document: str, words: str, day: date, name: str = "决定书") -> ContentFile:
    """The decision as it came."""
    html = (
        f'<html lang="zh-CN"><title>{document}</title><body><h1><span>{name}（示例）</span></h1>'
        f'<div class="opening"><p>{document}</p><p>{words}</p><p>{authority}　{chinese_date(day)}</p></div></body></html>'
    )
    return ContentFile(pdf.render(html), name=f"{name}.pdf")


class Record:
    """Enters what the story needs, each on its day, by the people who do it."""

    def __init__(self, crew: Crew, today: date):
        self.crew, self.today = crew, today

    def day(self, back: int) -> date:
        return self.today - timedelta(back)

    def enter(
        self, facility: Facility, kind: str, back: int, title: str, facts: str, **values
    ) -> CreditEntry:
        day = self.day(back)
        authority, document = values.pop("by"), values.pop("document")
        return credit.propose(
            facility,
            actor=self.crew.bureau,
            kind=kind,
            title=title,
            facts=facts,
            authority=authority,
            document=document,
            decided_on=self.day(values.pop("decided", back + 5)),
            upload=paper(authority, document, title, day),
            now=at(day),
            **values,
        )

    def confirm(self, entry: CreditEntry, back: int) -> CreditEntry:
        entry = credit.confirm(entry, actor=self.crew.head, note="同意", now=at(self.day(back)))
        if entry.state != "noticed":
            return entry
        credit_notice.print_notice(entry, actor=self.crew.system)
        begins = entry.objection_until + timedelta(1)
        return credit.take_effect(entry, actor=self.crew.system, on=begins) if begins <= self.today else entry

    def operator(self, facility: Facility) -> Actor:
        """The facility's own account; where it has none, the district writes down what came on paper."""
        user = User.objects.filter(
            pk__in=FacilityGrant.objects.filter(content_object=facility).values("user")
        ).first()
        return self.crew.of(user) if user else self.crew.second


def make(crew: Crew, *, today: date) -> str:
    granted = FacilityGrant.objects.values("content_object")
    found = list(
        Facility.objects.operating().filter(pk__in=granted, kind="nursery", opened_on__lt=today - timedelta(400))
        .order_by("code")[:5]
    )  # fmt: skip
    if len(found) < 5:
        found = list(Facility.objects.operating().order_by("code")[:5])
    listed, honoured, repaired, told, waiting = found
    record = Record(crew, today)
    penalty = record.confirm(
        record.enter(
            listed, "penalty", PENALTY, "超过核定托位收托，且隐瞒在托人数",
            "示例：核定托位之外多收幼儿，检查时藏起点名册；责令改正并处罚款。",
            by="示例区市场监管局", document="（示例）市监罚字12号",
        ),
        PENALTY - 2,
    )  # fmt: skip
    discipline = record.confirm(
        record.enter(
            listed, "discipline", LISTED, "隐瞒在托人数，处罚后未按期改正",
            "示例：处罚决定生效后复查，仍超过核定托位收托，依据联合惩戒的规定列入。",
            by="示例区教育局", document="（示例）教惩字1号", ground=penalty,
        ),
        LISTED - 3,
    )  # fmt: skip
    if discipline.state == "in_force":
        credit_requests.ask(
            discipline,
            "objection",
            actor=record.operator(listed),
            reason="示例：多收的幼儿在复查前一周已经转走，附转园证明，请核对后移出名单。",
            upload=paper("示例托育机构", "（示例）转园1号", "幼儿已转园", record.day(3), "转园证明"),
            now=at(record.day(3)),
        )
    record.confirm(
        record.enter(
            honoured, "honour", HONOURED, "年度托育服务先进单位",
            "示例：全年无投诉，从业人员全部持证，带教周边机构两家。",
            by="示例区教育局", document="（示例）教奖字3号",
        ),
        HONOURED - 2,
    )  # fmt: skip
    record.confirm(
        record.enter(
            honoured, "incentive", HONOURED - 10, "连续三年检查没有问题，家长满意度高",
            "示例：列入守信联合激励，年内现场检查从简，优先推荐示范。",
            by="示例区教育局", document="（示例）教信字2号",
        ),
        HONOURED - 12,
    )  # fmt: skip
    promise = record.confirm(
        record.enter(
            repaired, "promise", PROMISED, "承诺三个月内视频联网，没有做到",
            "示例：备案时书面承诺联网，到期检查仍未接入平台。",
            by="示例区托育服务指导中心", document="（示例）承诺书8号",
        ),
        PROMISED - 3,
    )  # fmt: skip
    asked = credit_requests.ask(
        promise,
        "repair",
        actor=record.operator(repaired),
        reason="示例：视频已经联网，连续三个月在线，申请修复。",
        now=at(record.day(70)),
    )
    credit_requests.grant(asked, actor=crew.head, answer="已核实联网", now=at(record.day(62)))
    record.confirm(
        record.enter(
            told, "penalty", 3, "留样不足 48 小时",
            "示例：食品留样只保存了一天，责令改正并处警告。",
            by="示例区市场监管局", document="（示例）市监罚字41号", matter="food",
        ),
        1,
    )  # fmt: skip
    record.enter(
        waiting, "honour", 1, "社区托育志愿服务优秀机构",
        "示例：全年开放活动十二次，服务周边家庭二百户。",
        by="示例区妇联", document="（示例）妇奖字5号",
    )  # fmt: skip
    return f"{CreditEntry.objects.count()} 条"
