"""The demonstration from its first stage to its last, district by district."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta

from facilities.models import Facility
from facilities.services import rulebook
from inspections.services.bulk_visits import Lists
from portal.access import Actor
from portal.models.places import District
from portal.rules.rights import Role
from portal.services import bulk, messages, statistics
from portal.services import people as person_services
from portal.tenancy import recorded_at
from targets.demonstration import (
    attestations,
    calendar,
    campaigns,
    checklists,
    conferences,
    credit,
    devices,
    documents,
    emergency,
    evaluation,
    events,
    facilities,
    families,
    figures,
    files,
    filings,
    grades,
    guidance,
    lists,
    months,
    naming,
    operators,
    passport,
    people,
    phones,
    places,
    plan,
    progress,
    reports,
    residents,
    resources,
    results,
    sign_ins,
    staff,
    story,
    subsidies,
    supervision,
    training,
)
from targets.demonstration.calendar import Month
from targets.demonstration.crew import Crew
from targets.demonstration.sizes import SIZES, Size
from targets.demonstration.stages import Stage, Terms, begin, run


def size_of(terms: Terms, actor: Actor) -> Size:
    return SIZES[actor.district.slug].scaled(terms.scale)


def make_people(terms: Terms, actor: Actor) -> str:
    bulk.mark_demonstration(actor.district, actor=actor)
    size = size_of(terms, actor)
    users = people.make(size, seed=terms.seed, actor=actor)
    inspectors = people.inspectors(size, today=terms.today, seed=terms.seed, actor=actor)
    return f"{len(users) + len(inspectors)} 人，其中检查人员 {len(inspectors)} 名"


def make_facilities(terms: Terms, actor: Actor) -> str:
    size = size_of(terms, actor)
    made, finals = facilities.make(size, today=terms.today, seed=terms.seed, actor=actor)
    files.make(made, finals, size, today=terms.today, seed=terms.seed, actor=actor)
    residents.make(size, today=terms.today, seed=terms.seed, actor=actor)
    places.make_neighbourhoods(size, today=terms.today, seed=terms.seed, actor=actor)
    return f"{len(made)} 家"


def make_staff(terms: Terms, actor: Actor) -> str:
    size = size_of(terms, actor)
    made = list(Facility.objects.order_by("code"))
    with recorded_at(files.known_since(terms.today) + timedelta(hours=6)):
        count = staff.make(size, made, today=terms.today, seed=terms.seed, actor=actor)
    facilities.moved(size, today=terms.today, seed=terms.seed, actor=actor)
    return f"{count} 人"


def make_emergency(terms: Terms, actor: Actor) -> str:
    return emergency.make(today=terms.today, seed=terms.seed, actor=actor)


def make_families(terms: Terms, actor: Actor) -> str:
    return families.make(size_of(terms, actor), today=terms.today, seed=terms.seed, actor=actor)


def make_guidance(terms: Terms, actor: Actor) -> str:
    return guidance.make(crew_of(terms, actor), today=terms.today, seed=terms.seed)


def make_events(terms: Terms, actor: Actor) -> str:
    return events.make(crew_of(terms, actor), today=terms.today, seed=terms.seed)


def make_resources(terms: Terms, actor: Actor) -> str:
    return resources.make(crew_of(terms, actor), today=terms.today, seed=terms.seed)


def make_devices(terms: Terms, actor: Actor) -> str:
    return devices.make(crew_of(terms, actor), today=terms.today, seed=terms.seed, actor=actor)


def crew_of(terms: Terms, actor: Actor) -> Crew:
    return Crew(size_of(terms, actor), actor)


def past_month(month: Month, void: bool) -> Callable[[Terms, Actor], str]:
    def make_month(terms: Terms, actor: Actor) -> str:
        crew = crew_of(terms, actor)
        return months.past(month, terms, crew, Lists.read(), void=void and crew.size.slug == "minhang")

    return make_month


def last_month(terms: Terms, actor: Actor) -> str:
    _history, last, _present = calendar.months(terms.today)
    crew = crew_of(terms, actor)
    return months.last(last, terms, crew, Lists.read(), cancel=crew.size.slug == "minhang")


def present_month(terms: Terms, actor: Actor) -> str:
    _history, last, present = calendar.months(terms.today)
    facilities.open_lately(last=last.first, actor=actor)
    return story.present(present, terms, crew_of(terms, actor), Lists.read())


def make_last_grades(terms: Terms, actor: Actor) -> str:
    _history, last, _present = calendar.months(terms.today)
    return grades.last_month(last, crew_of(terms, actor))


def make_grades(terms: Terms, actor: Actor) -> str:
    return grades.today(terms, crew_of(terms, actor))


def make_training(terms: Terms, actor: Actor) -> str:
    return training.make(crew_of(terms, actor), today=terms.today, seed=terms.seed)


def make_bans(terms: Terms, actor: Actor) -> str:
    return passport.make_bans(crew_of(terms, actor), today=terms.today)


def make_orders(terms: Terms, actor: Actor) -> str:
    _history, last, _present = calendar.months(terms.today)
    crew = crew_of(terms, actor)
    operators = story.make_operators(terms, crew, actor)
    return story.settle_orders(last, operators, terms, crew)


def make_proposals(terms: Terms, actor: Actor) -> str:
    return operators.make(crew_of(terms, actor), today=terms.today, seed=terms.seed)


def make_filings(terms: Terms, actor: Actor) -> str:
    return filings.make(terms, crew_of(terms, actor), actor)


def make_credit(terms: Terms, actor: Actor) -> str:
    return credit.make(crew_of(terms, actor), today=terms.today)


def make_results(terms: Terms, actor: Actor) -> str:
    return results.make(terms, crew_of(terms, actor))


def make_plan(terms: Terms, actor: Actor) -> str:
    return plan.make(terms, crew_of(terms, actor))


def make_evaluation(terms: Terms, actor: Actor) -> str:
    return evaluation.make(terms, crew_of(terms, actor))


def make_campaigns(terms: Terms, actor: Actor) -> str:
    return campaigns.make(terms, crew_of(terms, actor))


def make_phones(terms: Terms, actor: Actor) -> str:
    return phones.make(terms, crew_of(terms, actor))


def make_checklists(terms: Terms, actor: Actor) -> str:
    return checklists.make(terms, crew_of(terms, actor))


def make_documents(terms: Terms, actor: Actor) -> str:
    return documents.make(terms, crew_of(terms, actor))


def make_rulebook(terms: Terms, actor: Actor) -> str:
    """Looks at the rulebook as they would have been made: each Monday of twenty weeks, and the day itself."""
    monday = terms.today - timedelta(terms.today.weekday())
    days = [monday - timedelta(7 * week) for week in range(20, 0, -1)]
    looks = [rulebook.look(on=day, actor=actor) for day in [*days, terms.today]]
    return f"{sum(one.began for one in looks)} 条"


def make_progress(terms: Terms, actor: Actor) -> str:
    return progress.make(terms, crew_of(terms, actor))


def make_attestations(terms: Terms, actor: Actor) -> str:
    return attestations.make(terms, crew_of(terms, actor))


def make_conferences(terms: Terms, actor: Actor) -> str:
    return conferences.make(terms, crew_of(terms, actor))


def make_subsidies(terms: Terms, actor: Actor) -> str:
    return subsidies.make(terms, crew_of(terms, actor))


def make_figures(terms: Terms, actor: Actor) -> str:
    return figures.make(terms, crew_of(terms, actor))


def make_supervised(terms: Terms, actor: Actor) -> str:
    return supervision.make_past(terms, crew_of(terms, actor))


def make_supervision(terms: Terms, actor: Actor) -> str:
    return supervision.make(terms, crew_of(terms, actor))


def make_reports(terms: Terms, actor: Actor) -> str:
    return reports.make(terms, crew_of(terms, actor))


def make_lists(terms: Terms, actor: Actor) -> str:
    return lists.make(crew_of(terms, actor), today=terms.today)


def make_messages(terms: Terms, actor: Actor) -> str:
    """The messages of the last days, to everybody whom the worker writes to each morning."""
    days = [terms.today - timedelta(n) for n in range(3, -1, -1)]
    sent = [messages.send_digests(messages.recipients(day), on=day, actor=actor) for day in days]
    return f"{sum(sent)} 条"


def make_client(terms: Terms, actor: Actor) -> str:
    """A system that pulls data; its token is kept before the stage ends, so that it is never lost."""
    administrator = crew_of(terms, actor).called("sysadmin")
    _client, token = person_services.create_client(
        name="示例数据对接",
        scopes=list(person_services.SCOPES),
        actor=administrator,
        on=terms.today - timedelta(30),
        ends_on=terms.today + timedelta(335),
    )
    sign_ins.keep_token(token)
    return "1 个"


def make_city(terms: Terms, actor: Actor) -> str:
    """The city's officer, who reads all districts, the second person, and its administrator, who opens districts."""
    bulk.mark_demonstration(actor.district, actor=actor)
    bulk.create_people(
        [
            {"username": "sh-city", "name": "云示申", "role": Role.CITY},
            {"username": "sh-city2", "name": "云示沪", "role": Role.CITY},
            {"username": "sh-sysadmin", "name": "云示浦", "role": Role.SYSTEM_ADMIN},
        ],
        password=people.PASSWORD,
        actor=actor,
        on=people.BEGAN,
    )
    return "3 人"


def stages(district: District, terms: Terms) -> list[Stage]:
    """All stages of a district in their order; which months there are depends on the day."""
    history, last, present = calendar.months(terms.today)
    return [
        Stage("people", "账号与检查人员", make_people),
        Stage("facilities", "机构与人口", make_facilities),
        Stage("staff", "从业人员与证书、培训、查询", make_staff),
        Stage("training", "课程、场次与出勤", make_training),
        *([Stage("bans", "终身禁入", make_bans)] if district.slug == passport.GIVING else []),
        *(
            Stage(f"month-{month}", f"{month} 的抽取与检查", past_month(month, month == history[-3]))
            for month in history
        ),
        Stage("last", f"{last} 整月", last_month, heavy=True),
        Stage("last-grades", f"{last} 的风险等级", make_last_grades),
        Stage("present", f"{present} 到今天", present_month),
        Stage("families", "宝宝屋与幼儿", make_families),
        Stage("guidance", "育儿指导", make_guidance),
        Stage("events", "育儿指导活动", make_events),
        Stage("resources", "育儿资源、课程与母婴设施", make_resources),
        Stage("emergency", "应急预案与演练", make_emergency),
        Stage("devices", "摄像头、报警按钮与视频抽看", make_devices),
        Stage("orders", "整改", make_orders),
        Stage("operators", "举办者与变更申请", make_proposals),
        Stage("filings", "备案与开户申请", make_filings),
        Stage("results", "结果、公示与评价", make_results),
        Stage("credit", "诚信记录", make_credit),
        Stage("grades", "风险等级", make_grades),
        Stage("plan", "明年的检查计划", make_plan),
        Stage("evaluation", "质量评估", make_evaluation),
        Stage("campaigns", "专项检查与综合执法", make_campaigns),
        Stage("phones", "手机上的检查", make_phones),
        Stage("checklists", "检查表", make_checklists),
        *([Stage("documents", "政策文件", make_documents)] if district.slug == "minhang" else []),
        Stage("rulebook", "规则执行", make_rulebook, heavy=True),
        Stage("progress", "任务进展", make_progress),
        Stage("attestations", "由材料证明的指标", make_attestations),
        Stage("conferences", "联席会议", make_conferences),
        Stage("supervised", "上年的单位督查", make_supervised),
        Stage("subsidies", "补贴", make_subsidies),
        Stage("supervision", "单位年度督查", make_supervision, heavy=True),
        Stage("figures", "汇总", make_figures, heavy=True),
        Stage("reports", "督查报告", make_reports),
        Stage("lists", "导入与导出", make_lists),
        Stage("messages", "每日提醒", make_messages, heavy=True),
        *([Stage("client", "接口客户端", make_client)] if district.slug == "minhang" else []),
    ]


def between(districts: Iterable[District], terms: Terms, tell: Callable[[str], None]) -> int:
    """What needs two districts that are both there: somebody's certificates and hours go from one to the other."""
    found = {district.slug: district for district in districts}
    if not {passport.GIVING, passport.ASKING} <= found.keys():
        return 0
    asking = found[passport.ASKING]
    its = begin(asking, terms)
    moved = passport.somebody(found[passport.GIVING])

    def hand_over(terms: Terms, actor: Actor) -> str:
        return passport.hand_over(crew_of(terms, actor), moved, today=terms.today) if moved else ""

    return run(asking, [Stage("hand-over", "跨区交接", hand_over)], its, tell)


def naming_cycles(
    city: District, districts: dict[str, District], terms: Terms, tell: Callable[[str], None]
) -> int:
    """What the city and the districts write to each other in a naming cycle, in turns, each in its own tenant."""
    if not naming.TAKING_PART <= districts.keys():
        return 0
    ran = 0
    for slug, key, label, step in naming.STEPS:
        place = districts.get(slug, city)

        def made(its: Terms, actor: Actor, step=step, own=place) -> str:
            return step(its, actor if own is city else crew_of(its, actor))

        ran += run(place, [Stage(key, label, made)], begin(place, terms), tell)
    return ran


def make(districts: Iterable[District], terms: Terms, tell: Callable[[str], None]) -> int:
    """Runs what is left to do; returns how many stages it were."""
    ran, districts = 0, list(districts)
    for district in districts:
        its = begin(district, terms)
        ran += run(district, stages(district, its), its, tell)
    ran += between(districts, terms, tell)
    city = District.objects.get(level=District.Level.CITY)
    of_city = [
        Stage("city", "市级账号", make_city),
        Stage("city-attestations", "由材料证明的全市指标", attestations.of_the_city),
    ]
    ran += run(city, of_city, begin(city, terms), tell)
    ran += naming_cycles(city, {one.slug: one for one in districts}, terms, tell)
    if ran:
        statistics.refresh()
    return ran
