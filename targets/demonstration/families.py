"""宝宝屋 as they run, and the families that come: texts, rooms, hours, sessions, children with their papers."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from django.utils import timezone

from facilities.models import Clinic, Facility, Room
from facilities.models.enrolments import Mode
from facilities.services import (
    access_requests,
    bulk,
    care_sessions,
    child_records,
    children,
    consent_texts,
    consents,
    deletions,
    enrolments,
    ledger,
    sites,
    volunteers,
)
from portal import calendar as working
from portal.access import Actor
from portal.models.people import User
from targets.demonstration import names
from targets.demonstration.people import BEGAN, username
from targets.demonstration.sizes import Size

SITES, CHILDREN, FIRST_CHILD = 6, 5, 400_000
PURPOSES = {
    "care": ("照护服务同意书", "登记幼儿和家长的姓名、证件号、电话，用来办理入托、接送和照护"),
    "health": ("健康信息同意书", "登记入托体检结果、过敏史和既往病史，只给照护的人看"),
    "guidance": ("科学育儿指导同意书", "登记参加过的育儿指导，用来安排下一次"),
    "photo": ("影像同意书", "活动中拍的照片和录像，只在本机构张贴，不在网上发布"),
    "notice": ("消息通知同意书", "用短信通知停课、体检到期和活动"),
    "event": (
        "活动报名同意书",
        "登记手机号和孩子的月龄，用来报名、通知变动和签到；填了健康手册编号的，还用来记这次指导",
    ),
    "resource": (
        "资源订阅同意书",
        "登记手机号和孩子出生的那一周，用来按周龄发育儿资源的链接，退订后马上删除",
    ),
}
COMMON = (
    "保存到目的实现后的规定天数，到期删除并出具证明。家长随时可以查看、更正、撤回，在前台办或打电话办。"
    "本同意只管这一个目的。（演示文本）"
)


def publish_texts(actor: Actor) -> None:
    for purpose, (title, text) in PURPOSES.items():
        consent_texts.publish_consent_text(
            actor=actor, purpose=purpose, title=title, text=f"{text}。{COMMON}", starts_on=BEGAN, today=BEGAN
        )
    consent_texts.publish_agreement_text(
        actor=actor,
        title="“宝宝屋”临时照护服务协议",
        duties="机构按约定时段照护，家长如实说明健康情况、按时接送。（演示文本）",
        fees="按小时收费，标准见公示；每年前 12 次、每次 1 小时免费。（演示文本）",
        refunds="提前一天取消不收费，因机构原因取消全额退。（演示文本）",
        disputes="先协商，协商不成由街镇调解，再不成依法解决。（演示文本）",
        starts_on=BEGAN,
        today=BEGAN,
    )
    for place in ("第一", "第二", "第三"):
        enrolments.accept_clinic(actor=actor, name=f"示例{place}社区卫生服务中心", starts_on=BEGAN)


def furnish(site: Facility, today: date, actor: Actor, random: Random) -> None:
    """Modes, one or two rooms within the area a child, hours on working days."""
    sites.describe(
        site,
        actor=actor,
        siting=random.choice(("community", "committee", "alone", "elderly", "property")),
        running=random.choice(("street", "bought", "entrusted")),
        alone=True,
        with_parent=random.random() < 0.6,
        with_grandparent=random.random() < 0.3,
        outdoor=random.random() < 0.4,
        nursing_room=True,
    )
    parts = (site.places,) if site.places <= 15 else (site.places - 8, 8)
    for name, places in zip(("彩虹室", "月亮室"), parts, strict=False):
        area = Decimal(places) * Decimal(random.randrange(31, 48)) / 10
        sites.keep_room(site, actor=actor, name=name, area=area, places=places, on=today)
    spans = [(day, time(9), time(11, 30)) for day in range(1, 6)]
    spans += [(day, time(13, 30), time(16, 30)) for day in range(1, 6)]
    if random.random() < 0.5:
        spans.append((6, time(9), time(11, 30)))
    sites.set_hours(site, actor=actor, spans=spans)


def set_sessions(site: Facility, today: date, actor: Actor, random: Random) -> int:
    """The fortnight from today: mornings and afternoons of working days, where the calendar has any."""
    room = Room.objects.filter(facility=site).order_by("pk").first()
    days = [today + timedelta(n) for n in range(14)]
    if not any(day.weekday() < 5 and not working.is_public_holiday(day) for day in days):
        return 0
    made = 0
    for starts, ends in ((time(9), time(11)), (time(14), time(16))):
        made += len(
            care_sessions.set_sessions(
                site,
                actor=actor,
                room=room,
                first=days[0],
                last=days[-1],
                weekdays={1, 2, 3, 4, 5},
                starts_at=starts,
                ends_at=ends,
                mode=Mode.ALONE,
                places=room.places,
                staff=-(-room.places // 5),
                today=today,
            )
        )
    return made


def family(site: Facility, number: int, today: date, actor: Actor, random: Random, *, ready: bool = True):
    """One child with its mother; `ready` with all papers and admitted some weeks ago."""
    came = max(site.opened_on + timedelta(30), today - timedelta(random.randrange(20, 200)))
    born = came - timedelta(random.randrange(400, 900))
    enrolment = child_records.apply(
        site,
        actor=actor,
        name=names.person(random),
        born_on=born,
        sex=random.choice(("girl", "boy")),
        identity=names.identity(FIRST_CHILD + number, born),
        parent_name=names.person(random),
        parent_phone=names.mobile(FIRST_CHILD + number),
        relation=random.choice(("mother", "mother", "father")),
        street=site.street,
        address=f"{site.street.name}示例路 {random.randrange(2, 900)} 弄",
        mode=Mode.ALONE,
        today=came,
    )
    child, parent = enrolment.child, enrolment.child.kinships.get().parent
    if not ready:
        consents.give_consent(
            child, actor=actor, parent=parent, purpose="care", channel="paper", on=came, today=came
        )
        return enrolment
    if random.random() < 0.4:
        child_records.add_parent(
            child,
            actor=actor,
            parent_name=names.person(random),
            parent_phone=names.mobile(FIRST_CHILD + 50_000 + number),
            relation="grandparent",
        )
    for purpose in ("care", "health", *(["photo"] if random.random() < 0.5 else [])):
        consents.give_consent(
            child, actor=actor, parent=parent, purpose=purpose, channel="paper", on=came, today=came
        )
    child_records.declare_health(
        child,
        actor=actor,
        allergies=random.choice(("无", "无", "无", "鸡蛋", "尘螨")),
        history="无",
        on=came,
        today=came,
    )
    clinics = list(Clinic.objects.order_by("name"))
    enrolments.add_health_certificate(
        child,
        actor=actor,
        clinic=random.choice(clinics),
        issued_on=came,
        fit=True,
        valid_until=today + timedelta(12) if number % 5 == 1 else None,
        today=came,
    )
    consents.sign_agreement(
        child, site, actor=actor, parent=parent, fee="每小时 20 元，每年前 12 次免费", on=came, today=came
    )
    where = enrolments.open_classes(site, came).first()
    return enrolments.admit(enrolment, actor=actor, on=came, care_class=where, today=came)


def help_out(site: Facility, number: int, today: date, actor: Actor, random: Random) -> None:
    """A volunteer, and the accounts of last year and this one."""
    starts = today - timedelta(random.randrange(40, 300))
    volunteers.enter_volunteer(
        site,
        actor=actor,
        name=names.person(random),
        identity=names.identity(FIRST_CHILD + 80_000 + number, date(1962, 1 + number % 12, 5)),
        duty=random.choice(("陪读绘本", "整理玩具", "引导户外活动")),
        starts_on=starts,
        checked_on=starts - timedelta(10),
        today=today,
    )
    first = date(today.year, 1, 1)
    quarters = [date(today.year - 1, month, 25) for month in (3, 6, 9, 12)]
    days = [first + timedelta(n) for n in range(20, (today - first).days, 45)]
    for day in (day for day in (*quarters, *days) if day >= site.opened_on):
        fees, costs = random.randrange(2_000, 6_000), random.randrange(9_000, 16_000)
        for item, amount, note in (
            ("fee", fees, "照护费"),
            ("grant", costs - fees + random.randrange(-900, 400), "街镇运营补贴"),
            ("staff", costs, "从业人员工资"),
        ):
            ledger.enter(site, actor=actor, on=day, item=item, amount=Decimal(amount), note=note, today=today)


def look(size: Size, today: date, actor: Actor, enrolled: list) -> None:
    """One record opened by those who care, one by the district on approval, one request that waits; one deleted."""
    at = timezone.make_aware(datetime.combine(today - timedelta(2), time(10, 20)))
    people = {user.username: user for user in User.objects.filter(username__startswith=f"{size.short}-")}

    def as_(word: str) -> Actor:
        return Actor.of(people[username(size, word)], actor.district)

    desk, bureau, head = as_("desk"), as_("bureau"), as_("head")
    children.open_child(enrolled[0].child, actor=desk, purpose="care", reason="接待时核对过敏史", now=at)
    asked = access_requests.ask(
        enrolled[0].child,
        actor=bureau,
        purpose="complaint",
        reason="核实家长来电反映的接送问题",
        hours=4,
        now=at,
    )
    access_requests.decide(asked, actor=head, agree=True, now=at + timedelta(minutes=25))
    children.open_child(enrolled[0].child, actor=bureau, purpose="complaint", now=at + timedelta(minutes=40))
    access_requests.see_ended(now=at + timedelta(hours=9), actor=actor)
    access_requests.ask(
        enrolled[1].child,
        actor=as_("bureau2"),
        purpose="check",
        reason="核对两处登记的证件号",
        hours=2,
        now=at + timedelta(days=1),
    )
    gone = enrolled[-1]
    enrolments.leave(gone, actor=actor, on=today - timedelta(3), reason="搬到外区", today=today)
    deletions.delete_child(gone.child, actor=actor, ground="asked", on=today - timedelta(1))


def make(size: Size, *, today: date, seed: str, actor: Actor) -> str:
    random = Random(f"{seed}/{size.slug}/families")
    publish_texts(actor)
    found = list(
        Facility.objects.operating()
        .filter(kind="baby_house")
        .select_related("street")
        .order_by("code")[:SITES]
    )
    if not found:
        return "没有宝宝屋"
    desk = User.objects.get(username=username(size, "desk"))
    bulk.grant_facilities([(desk, found[0])], actor=actor)
    enrolled, count = [], 0
    for number, site in enumerate(found):
        furnish(site, today, actor, random)
        count += set_sessions(site, today, actor, random)
        help_out(site, number, today, actor, random)
        for n in range(CHILDREN if number < 3 else 2):
            enrolled.append(family(site, number * 20 + n, today, actor, random))
    family(found[0], 19, today, actor, random, ready=False)
    look(size, today, actor, enrolled)
    return f"{len(found)} 家宝宝屋，{count} 场，{len(enrolled) + 1} 名幼儿"
