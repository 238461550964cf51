"""Resources, subscriptions, nursing rooms, courses and lecturers in the demonstration, all invented."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from random import Random

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

from facilities.models import Facility
from guidance.models import (
    GuidanceCourse,
    GuidanceResource,
    NursingPlace,
    ResourceSending,
    ResourceSubscription,
)
from guidance.services import courses, nursing, resources, subscriptions
from portal.models.places import Street
from targets.demonstration import names
from targets.demonstration.crew import Crew

#: title, kind, theme, audience, weeks, made by the district, summary
ARTICLES = (
    ("新生儿怎么抱、怎么睡", "article", "medical", "family", 0, 6, False, "头几周怎么抱，睡在哪里最安全。"),
    ("俯趴时间从几分钟开始", "article", "education", "family", 4, 20, True, "每天几次俯趴，怎么逗，什么时候停。"),
    ("第一口辅食", "article", "medical", "family", 22, 32, False, "看孩子准备好了没有，从哪样开始，怎么观察。"),
    ("和孩子一起看的第一本书", "article", "reading", "both", 16, 60, True, "布书和翻翻书怎么读，一天读多久。"),
    ("指一指、说一说", "film", "education", "family", 36, 70, True, "十分钟的视频：吃饭、穿衣时怎么多说话。"),
    ("走稳以前的家", "leaflet", "education", "family", 40, 75, True, "一页清单：桌角、插座、窗户和药箱。"),
    ("产后情绪，全家都能做点什么", "article", "psychology", "family", 0, 26, False, "怎么看出她累了，怎么分担，去哪里问。"),
    ("分离焦虑不是不乖", "article", "psychology", "both", 30, 110, False, "为什么会哭，告别时怎么说。"),
    ("爷爷奶奶带孩子：一家人先说好", "article", "grandparents", "family", 8, 156, True, "睡觉、屏幕和零食，先说好三件事。"),
    ("睡前十分钟", "film", "reading", "family", 50, 156, True, "睡前怎么读，读到哪里停。"),
    ("托班半日活动：沙和水", "activity", "education", "facility", 104, 156, True, "给托班老师的半日活动方案。"),
    ("托班半日活动：听声音", "activity", "education", "facility", 78, 130, True, "给托班老师的半日活动方案。"),
)  # fmt: skip
ENGLISH = (
    "Reading together",
    "article",
    "reading",
    "family",
    16,
    156,
    False,
    "How to read with a child under three.",
)
TEXT = (
    "示例：这是演示用的文字，不是育儿建议。\n\n真正的内容由区里请专业人员写，经第二人复核后公开，"
    "写明谁做的、凭什么可以用。\n\n每份资源写明适合第几周，订阅的家庭到了那几周会收到链接。"
)
KIT = ("示例：托班和家庭一起用的资源包", (3, 4, 8, 9, 10))
COURSES = (
    ("示例：隔代养育三件事", "grandparents", "grandparents", "1.5", True),
    ("示例：三岁以前的亲子阅读", "reading", "parents", "2", True),
    ("示例：发育筛查怎么和家长谈", "medical", "staff", "3", False),
    ("示例：怎么带一堂家长课", "education", "trainers", "6", False),
)
LECTURERS = (
    ("亲子阅读", "示例师范学院", ["3", "6"]),
    ("儿童保健", "示例社区卫生服务中心", ["2", "4"]),
    ("家庭心理", "示例心理咨询中心", ["6", "7"]),
    ("隔代照护", "示例老年大学", ["1", "5"]),
)
PLACES = (
    ("示例商场", "public"),
    ("示例文化活动中心", "public"),
    ("示例医院", "public"),
    ("示例制造公司", "employer"),
)
BASIS = "示例名单，依据市创建文件 三（三）：应配置母婴设施的公共场所和用人单位"
#: Of ten places so many have a room; districts are not alike.
OPEN = {"minhang": 7, "pudong": 8, "jinshan": 5}
TELEPHONE, PEOPLE = 71_003_100, 72_004_210
FAMILIES = 12


def make(crew: Crew, *, today: date, seed: str) -> str:
    slug = crew.size.slug
    random = Random(f"{seed}/{slug}/resources")
    streets = list(Street.objects.filter(is_street=True).order_by("code"))
    public(crew, random, streets, today=today)
    families(crew, random, today=today)
    taught(crew, random, today=today)
    rooms(crew, random, streets, today=today)
    return (
        f"{GuidanceResource.objects.count()} 份资源，{ResourceSubscription.objects.count()} 户订阅，"
        f"{GuidanceCourse.objects.count()} 门课，{NursingPlace.objects.count()} 处应有母婴设施"
    )


def page() -> SimpleUploadedFile:
    """A sheet that stands for a leaflet."""
    image = Image.new("RGB", (620, 877), "#f7f6f1")
    drawing = ImageDraw.Draw(image)
    for line in range(14):
        drawing.rectangle((60, 120 + 48 * line, 560 - 37 * (line * 5 % 7), 134 + 48 * line), fill="#b9c2c9")
    drawing.rectangle((60, 50, 360, 84), fill="#52757d")
    body = BytesIO()
    image.save(body, "JPEG")
    return SimpleUploadedFile("示例折页.jpg", body.getvalue(), "image/jpeg")


def public(crew: Crew, random: Random, streets: list[Street], *, today: date) -> None:
    """A year of resources; one waits for the second person, one is a draft, one had an edition before."""
    made: list[GuidanceResource] = []
    leaflet = None
    for number, one in enumerate((*ARTICLES, ENGLISH)):
        title, kind, theme, audience, since, until, own, summary = one
        if kind in ("leaflet", "activity"):
            leaflet = leaflet or page()
            leaflet.seek(0)
        row = resources.keep_resource(
            actor=crew.bureau, upload=leaflet if kind in ("leaflet", "activity") else None,
            kind=kind, title=f"示例：{title}" if one is not ENGLISH else f"Example: {title}", theme=theme,
            audience=audience, language="en" if one is ENGLISH else "zh", weeks_from=since, weeks_until=until,
            summary=summary, text=TEXT if kind == "article" else "",
            link=f"https://video.example.org/{number}" if kind == "film" else "", source="示例早教指导中心",
            rights="示例：自己写的，可以转载" if own else "示例：作者许可在本区公开", own=own, pushed=True, parts=[],
        )  # fmt: skip
        if number == len(ARTICLES) - 1:
            return_later = row
            continue
        made.append(published(crew, row, today - timedelta(330 - 22 * number)))
    resources.submit(return_later, actor=crew.bureau)
    title, places = KIT
    kit = resources.keep_resource(
        actor=crew.bureau, kind="kit", title=title, theme="education", audience="both", language="zh", weeks_from=16,
        weeks_until=156, summary="阅读、说话、祖辈和托班活动，按这个先后用。", text="", link="",
        source="示例早教指导中心", rights="示例：自己编的，可以转载", own=True, pushed=False,
        parts=[made[place].code for place in places if place < len(made)],
    )  # fmt: skip
    kit = published(crew, kit, today - timedelta(60))
    draft = resources.next_edition(made[2], actor=crew.bureau)
    resources.keep_resource(draft, actor=crew.bureau, title=f"{made[2].title}（新版）")
    for street in streets[::2]:
        resources.note_use(
            kit, street=street, facility=None, used_from=today - timedelta(40), actor=crew.bureau
        )
    for facility in Facility.objects.operating().order_by("code")[:8]:
        resources.note_use(
            kit,
            street=None,
            facility=facility,
            used_from=today - timedelta(30),
            note="示例：每周两次",
            actor=crew.bureau,
        )
    for row in made:
        for back in range(1, 30, 1 + random.randrange(3)):
            sent = random.randrange(2, 15)
            opened = random.randrange(0, sent)
            subscriptions.count(row.code, today - timedelta(back), sent=sent, opened=opened)


def published(crew: Crew, row: GuidanceResource, day: date) -> GuidanceResource:
    return resources.publish(resources.submit(row, actor=crew.bureau), actor=crew.second, today=day)


def families(crew: Crew, random: Random, *, today: date) -> None:
    """Families that subscribed, numbers of nobody; two messages that the provider did not take."""
    made = [
        subscriptions.enter(
            phone=names.mobile(TELEPHONE + number), born=today - timedelta(random.randrange(10, 900)), language="zh",
            actor=crew.system, today=today - timedelta(number),
        )
        for number in range(FAMILIES)
    ]  # fmt: skip
    first = GuidanceResource.objects.filter(state="published", kind="article").order_by("code").first()
    ResourceSending.objects.bulk_create(
        ResourceSending(subscription=one, code=first.code, planned_on=today - timedelta(1), state="failed")
        for one in made[:2]
    )
    subscriptions.count(first.code, today - timedelta(1), failed=2)


def taught(crew: Crew, random: Random, *, today: date) -> None:
    people = [
        courses.keep_lecturer(
            actor=crew.bureau, name=names.person(random), field=field, employer=employer, days=days,
            phone=names.mobile(PEOPLE + number), agreed_on=today - timedelta(200 - number), today=today,
        )
        for number, (field, employer, days) in enumerate(LECTURERS)
    ]  # fmt: skip
    for number, (title, theme, audience, hours, own) in enumerate(COURSES):
        courses.keep_course(
            actor=crew.bureau, title=title, theme=theme, audience=audience, hours=Decimal(hours), own=own,
            summary="示例：讲什么、练什么、带什么回家。", listed_on=today - timedelta(180 - number), active=True,
            lecturers=people[number : number + 2], today=today,
        )  # fmt: skip


def rooms(crew: Crew, random: Random, streets: list[Street], *, today: date) -> None:
    """Two or more places of each street: open, planned, one past its plan, and some without."""
    for place, street in enumerate(streets):
        for number, (word, kind) in enumerate(PLACES[: 2 + place % 3]):
            drawn = random.randrange(10)
            state = "open" if drawn < OPEN[crew.size.slug] else "planned" if drawn % 2 else "none"
            opened = today - timedelta(random.randrange(100, 900)) if state == "open" else None
            nursing.keep_place(
                actor=crew.bureau, kind=kind, name=f"{names.short(street.name)}{word}", street=street,
                address=f"示例路 {random.randrange(1, 900)} 号", basis=BASIS, area=random.randrange(20, 300) * 100,
                visitors=random.randrange(10, 90) * 100 if kind == "public" else None,
                listed_on=date(2021, 9, 1), state=state,
                planned_for=today + timedelta(60 - 70 * (place % 7 == 0)) if state == "planned" else None, opened_on=opened,
                equipment="示例：尿布台、哺乳座椅、洗手池" if state == "open" else "",
                checked_on=today - timedelta(random.randrange(5, 90)) if state == "open" and number % 2 == 0 else None,
                today=today,
            )  # fmt: skip
