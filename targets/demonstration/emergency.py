"""Emergency plans and drills of the demonstration: most in order, some that lack a plan, some whose drill is late."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from django.core.files.base import ContentFile

from facilities.lists.emergency import BOUND_KINDS
from facilities.models import Facility
from facilities.services import bulk_emergency
from portal import pdf
from portal.access import Actor
from portal.services.files import store_file
from targets.demonstration import files, names

#: kind -> name of the plan, months between drills, what was drilled
PLANS = {
    "public_health": (
        "公共卫生突发事件应急预案",
        12,
        ("示例：一名幼儿发热、出疹，隔离观察并上报", "示例：班里三名幼儿同一天呕吐，消毒和上报"),
    ),
    "fire": (
        "消防安全应急预案",
        6,
        (
            "示例：午睡时厨房冒烟，全园疏散到操场",
            "示例：活动室插座起火，灭火器初期扑救和疏散",
            "示例：夜班前断电，按疏散图撤离",
        ),
    ),
    "first_aid": (
        "急症救治应急预案",
        12,
        ("示例：幼儿噎食，海姆立克急救和送医", "示例：幼儿从滑梯跌落，止血、固定、联系家长"),
    ),
    "food": ("食品安全事故应急预案", 12, ("示例：午餐后腹痛，封存留样并上报",)),
    "missing": ("幼儿走失应急预案", 12, ("示例：离园清点少一人，分片寻找并报警",)),
}
PROBLEMS = (
    ("二楼疏散用了 4 分 10 秒，比要求慢", "调整带队顺序，下个月再练一次"),
    ("两名新到岗人员说不清集合点", "补做培训，集合点贴到每间活动室"),
    ("急救箱里缺一次性手套", "已补齐，保健员每月清点"),
)


def page(title: str, text: str) -> ContentFile:
    html = (
        f'<html lang="zh-CN"><title>{title}</title><body><h1><span>{title}</span></h1><div class="opening">'
        f"<p>{text}</p></div></body></html>"
    )
    return ContentFile(pdf.render(html), name=f"{title}.pdf")


def drills_of(kind: str, approved: date, today: date, random: Random) -> list[dict]:
    """Drills since the approval, the last one a while ago; one facility in nine is late with it."""
    _title, months, scenes = PLANS[kind]
    every = months * 30
    late = random.random() < 0.11
    day = today - timedelta(
        random.randrange(every + 5, every + 80) if late else random.randrange(2, every - 5)
    )
    found = []
    while day >= approved and len(found) < 3:
        drill = {
            "held_on": day,
            "scenario": random.choice(scenes),
            "leader": names.person(random),
            "staff_count": random.randrange(4, 22),
            "child_count": random.randrange(12, 90) if kind in ("fire", "public_health") else 0,
            "result": "good",
        }
        if kind == "fire" and random.random() < 0.2:
            drill["partners"] = "示例消防救援站"
        if random.random() < 0.15:
            problem, measure = random.choice(PROBLEMS)
            drill |= {"result": "mend", "problems": problem, "measures": measure}
        found.append(drill)
        day -= timedelta(random.randrange(every - 30, every + 10))
    return found


def make(*, today: date, seed: str, actor: Actor) -> str:
    """Plans and drills of those who must have them; what was already there on the day."""
    plan_file = store_file(
        page("应急预案", "示例：组织、职责、报告、处置、善后，附疏散图和联系电话。"), actor=actor
    )
    evidence = store_file(
        page("演练记录", "示例：时间、地点、参加人员签到、经过、小结，照片四张。"), actor=actor
    )
    rows = []
    open_ones = Facility.objects.filter(kind__in=BOUND_KINDS, state__in=("operating", "suspended"))
    for one in open_ones.filter(opened_on__isnull=False).order_by("code"):
        random = Random(f"{seed} emergency {one.code}")
        kinds = ["public_health", "fire", "first_aid"]
        chance = random.random()
        if chance < 0.03:
            continue  # nothing entered yet
        if chance < 0.10:
            kinds.remove(random.choice(kinds))
        if one.meals and random.random() < 0.5:
            kinds.append("food")
        if random.random() < 0.3:
            kinds.append("missing")
        for kind in kinds:
            since = min((today - one.opened_on).days, 1060)
            approved = today - timedelta(random.randrange(min(20, since), since + 1) if since > 0 else 0)
            rows.append(
                {
                    "facility": one,
                    "kind": kind,
                    "title": PLANS[kind][0],
                    "approved_on": approved,
                    "approved_by": names.person(random),
                    "review_on": approved + timedelta(1096),
                    "drills": drills_of(kind, approved, today, random),
                }
            )
    known = files.known_since(today).date()
    drills = bulk_emergency.prepare_many(
        rows,
        plan_file=plan_file,
        evidence=evidence,
        actor=actor,
        on=today,
        entered=lambda day: files.at(max(day, known)),
    )
    return f"预案 {len(rows)} 份，演练 {drills} 次"
