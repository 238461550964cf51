"""What holds between districts: a lifelong ban, one that waits for its second person, and a hand-over with consent."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.core.files.base import ContentFile
from django.db.models import Q
from django.utils import timezone

from facilities.models import BanDecision, Employment
from facilities.services import bans, hand_overs
from portal import pdf
from portal.models.places import District
from portal.rules.official import chinese_date
from portal.tenancy import district_scope
from targets.demonstration import names
from targets.demonstration.crew import Crew

GIVING, ASKING = "minhang", "jinshan"
CONSENT_DAYS = 20


def at(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(15)))


def make_bans(crew: Crew, *, today: date) -> str:
    """One confirmed long ago, one to decide; neither person ever worked in these districts."""
    rows = (
        (
            "云示白",
            900001,
            "violence",
            "（示例）刑初 1 号",
            "示例：判决书认定本人在托育机构伤害幼儿，判决已生效。",
            120,
        ),
        ("溪例洲", 900002, "conduct", "（示例）教处 7 号", "示例：监控录像和两名家长的陈述，本人承认。", 2),
    )
    for name, number, ground, document, evidence, back in rows:
        decision = bans.propose_ban(
            actor=crew.bureau,
            name=name,
            identity=names.identity(number, date(1985, 6, 1)),
            ground=ground,
            document=document,
            evidence=evidence,
            now=at(today - timedelta(back)),
        )
        if back > 30:
            bans.confirm_ban(decision, actor=crew.head, note="同意", now=at(today - timedelta(back - 3)))
    return f"{BanDecision.objects.count()} 件"


def consent_paper(name: str, day: date) -> ContentFile:
    """What the person signed."""
    html = (
        '<html lang="zh-CN"><title>同意书</title><body><h1><span>同意书</span></h1><div class="opening">'
        f"<p>本人{name}同意闵行区将本人的资格证书和培训课时交给金山区，用于到金山区任职。</p>"
        f"<p>签字：{name}（示例）　{chinese_date(day)}</p></div></body></html>"
    )
    return ContentFile(pdf.render(html), name="同意书.pdf")


def somebody(district: District) -> tuple[str, str] | None:
    """Name and number of somebody who left a facility of the giving district and has a certificate."""
    with district_scope(district):
        left = (
            Employment.objects.filter(ends_on__isnull=False)
            .filter(Q(staff__certificates__kind="childcare") | Q(staff__certificates__kind="teacher"))
            .select_related("staff")
            .order_by("staff__code")
            .first()
        )
        return (left.staff.name, left.staff.identity) if left else None


def hand_over(crew: Crew, found: tuple[str, str], *, today: date) -> str:
    name, identity = found
    day = today - timedelta(CONSENT_DAYS)
    made = hand_overs.ask_hand_over(
        actor=crew.bureau,
        giving=District.objects.get(slug=GIVING),
        name=name,
        identity=identity,
        upload=consent_paper(name, day),
        consent_on=day,
        purpose="到金山区任职，办理聘用",
        now=at(today - timedelta(CONSENT_DAYS - 2)),
    )
    return f"证书 {made.certificates} 张，培训 {made.trainings} 条"
