"""The naming of districts: a cycle that is over, with one district named; one whose notice ended yesterday, to be named;
and one in which two districts take part.

Everything in it is invented and marked: no district ever wrote these self-assessments, and nobody named it for them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from portal.access import Actor
from portal.calendar import add_working_days
from portal.models.people import Membership, User
from targets.demonstration import people
from targets.demonstration.calendar import at
from targets.demonstration.crew import Crew
from targets.demonstration.stages import Terms
from targets.models import Candidate, CycleApplication, NamingCycle, SiteReview
from targets.rules import naming as rules
from targets.services import (  # noqa: F401 - the inboxes register what takes the letters
    applications,
    applications_inbox,
    naming,
    naming_inbox,
    naming_letters,
    notice_objections,
    site_reviews,
)

NAMED, ASSESSED, APPLIED = "minhang", "pudong", "jinshan"
TAKING_PART = {NAMED, ASSESSED, APPLIED}
APPROVAL = "示例府〔{year}〕1号"
INTENT = "示例：本区愿意参加示范区创建，已经召开联席会议部署，各部门分工明确，街镇和机构积极参与。"
SUMMARY = "示例自评报告：对照指标逐项自评，支持政策、服务供给、创新融合、监管服务四个方面都有进展，个别指标还要加强。"
SAID = (
    "示例：这一项已经做到，有文件和记录可查。",
    "示例：这一项正在推进，多数街镇已经做到，其余年底前完成。",
)
#: Which of a district's own figures speak to an indicator.
FIGURES = {
    "policy-5": "integrated_kindergarten_share",
    "supply-1": "places_per_street",
    "supply-3": "household_guidance",
    "supply-5": "inclusive_site_per_street",
    "supply-6": "streets_with_circle",
    "innovation-1": "trainer_training",
    "innovation-3": "video_connected",
    "innovation-4": "guidance_stations",
    "supervision-2": "results_published",
    "supervision-3": "orders_in_time",
}
#: Points of each indicator of the cycle that runs; the one that is over had none.
POINTS = Decimal(4)


def year_of(today: date) -> int:
    """The year of the cycle that runs."""
    return (today + timedelta(75)).year


def past(today: date) -> dict:
    """The days of the cycle that is over: the document's, two years before the one that runs."""
    return naming.defaults(year_of(today) - 2)


def person(city: Actor, username: str) -> Actor:
    return Actor.of(User.objects.get(username=username), city.district)


def take(actor: Actor, day: date) -> None:
    naming_letters.take_letters(actor=actor, now=at(day, 8))


# --- The cycle that is over -----------------------------------------------------------------------


def open_past(terms: Terms, city: Actor) -> str:
    first, days = person(city, "sh-city"), past(terms.today)
    begun = days["apply_by"] - timedelta(20)
    values = {name: days[name] for name in ("year", *rules.STAGES)}
    row = naming.make(title=f"示例：{days['year']}年示范区创建", actor=first, now=at(begun, 9), **values)
    naming.open_cycle(row, version=row.version, actor=first, now=at(begun, 15))
    return str(row)


def apply(crew: Crew, year: int, day: date) -> CycleApplication:
    """The draft by the bureau, sent by the head of the unit."""
    take(crew.system, day - timedelta(5))
    offer = next(one for one in applications.offers() if one.content["year"] == year)
    row = applications.begin(offer, actor=crew.bureau, now=at(day - timedelta(4), 10))
    row = applications.write(
        row, approval=APPROVAL.format(year=day.year), approved_on=day - timedelta(6), intent=INTENT, version=row.version,
        actor=crew.bureau, now=at(day - timedelta(3), 10),
    )  # fmt: skip
    return applications.apply(row, version=row.version, actor=crew.head, now=at(day, 11))


def assess(crew: Crew, year: int, day: date, *, some: int = 0, figures: bool = False) -> CycleApplication:
    """All indicators, or `some` of them; with `figures` those of the district's own targets where they fit."""
    row = CycleApplication.objects.get(plan__body__contains=f'"year":{year}')
    taken = {one.metric: one for one in applications.figures(day)} if figures else {}
    for number, entry in enumerate(row.entries.all()):
        if some and number >= some:
            break
        row.refresh_from_db()
        applications.assess(
            entry, text=SAID[number % 3 == 2], points=entry.most and entry.most - number % 3,
            taken=taken.get(FIGURES.get(entry.key)), version=row.version, actor=crew.bureau,
        )  # fmt: skip
    row.refresh_from_db()
    return row


def hand_in(crew: Crew, row: CycleApplication, day: date) -> None:
    row = applications.summarise(row, summary=SUMMARY, version=row.version, actor=crew.bureau)
    applications.hand_in(row, version=row.version, actor=crew.head, now=at(day, 16))


def apply_past(terms: Terms, crew: Crew) -> str:
    days = naming_days(crew, year_of(terms.today) - 2, terms.today)
    apply(crew, year_of(terms.today) - 2, days["apply_by"] - timedelta(8))
    return ""


def naming_days(crew: Crew, year: int, today: date) -> dict[str, date]:
    """A cycle's days as the city told the district."""
    take(crew.system, today)
    plan = next(one for one in applications.offers() if one.content["year"] == year).content
    return {name: date.fromisoformat(plan[name]) for name in rules.STAGES}


def assess_past(terms: Terms, crew: Crew) -> str:
    year = year_of(terms.today) - 2
    row = assess(crew, year, terms.today)
    hand_in(crew, row, naming_days(crew, year, terms.today)["assess_by"] - timedelta(4))
    return ""


def marks(row: SiteReview, some: int = 0) -> dict:
    found = {}
    for number, one in enumerate(row.candidate.cycle.indicators.all()):
        if some and number >= some:
            break
        part = number % 9 == 8
        found[one.key] = {
            "finding": "part" if part else "true", "methods": ["read", "site"] if number % 2 else ["read", "hear"],
            "points": one.most and one.most - 1 - part, "note": "示例：个别街镇的记录不全。" if part else "",
        }  # fmt: skip
    return found


def expert(cycle: NamingCycle, name: str, username: str, start: date, end: date, actor: Actor) -> User:
    user, _password = site_reviews.invite(
        cycle, username=username, name=name, starts_on=start, ends_on=end, actor=actor, password=people.PASSWORD,
        now=at(start, 9),
    )  # fmt: skip
    user.must_change_password = False  # the demonstration's accounts share a known password and are not asked
    user.save(update_fields=["must_change_password"])
    return user


def reviewed(row: NamingCycle, name: str, username: str, city: Actor, first: Actor) -> Candidate:
    """The one district of a cycle, reviewed by an expert whose account is long over, and judged."""
    take(city, row.assess_by)
    candidate = Candidate.objects.get(cycle=row)
    start = row.assess_by + timedelta(10)
    user = expert(row, name, username, start, row.review_by, first)
    review = site_reviews.assign(candidate, user, actor=first, now=at(start, 10))
    visit = start + timedelta(15)
    role = Actor.person(user, city.district, user_memberships(user))
    site_reviews.write(
        review, marks(review), conclusion="示例：自评基本属实，材料齐全，个别街镇的记录要补。", submit=True,
        version=review.version, actor=role, now=at(visit, 16),
    )  # fmt: skip
    candidate.refresh_from_db()
    return naming.judge(
        candidate, passed=True, score=None, opinion="示例：综合现场审核、上报资料和数据审核，同意入选。",
        version=candidate.version, actor=first,
    )  # fmt: skip


def put_up(row: NamingCycle, candidate: Candidate, day: date, first: Actor, second: Actor) -> NamingCycle:
    """Selected by one and put on notice by the other."""
    row.refresh_from_db()
    row = naming.propose(
        row, municipal=[candidate], national=[], reason="", version=row.version, actor=first, now=at(day, 9)
    )
    return naming.publish(row, version=row.version, actor=second, now=at(day, 15))


def name_past(terms: Terms, city: Actor) -> str:
    """The review, the selection, the notice with one objection, the naming."""
    first, second = person(city, "sh-city"), person(city, "sh-city2")
    row = NamingCycle.objects.get(year=year_of(terms.today) - 2)
    candidate = reviewed(row, "云示评", "sh-expert-past", city, first)
    chosen = add_working_days(row.select_by, -8)
    row = put_up(row, candidate, chosen, first, second)
    objection = notice_objections.object_to(
        row, candidate=candidate, text="示例异议：公示的区里有一个街镇没有指导站。", name="示例市民", contact="00000000000",
        actor=Actor.visitor(city.district), now=at(chosen + timedelta(1), 10),
    )  # fmt: skip
    notice_objections.answer(
        objection, "reject", text="示例：核实了全部街镇，指导站都在，已告知本人。", version=objection.version,
        actor=first, now=at(add_working_days(chosen, 4), 10),
    )  # fmt: skip
    row.refresh_from_db()
    naming.name(row, version=row.version, actor=second, now=at(row.name_by - timedelta(16), 10))
    return str(candidate)


def user_memberships(user: User) -> list:
    return list(Membership.objects.filter(user=user))


def report_past(terms: Terms, crew: Crew) -> str:
    """The reports of the years that are over; the present year's waits."""
    take(crew.system, terms.today)
    row = CycleApplication.objects.get(state="named")
    for year in applications.owed_years(row, terms.today):
        if year < terms.today.year:
            applications.report(
                row, year, text="示例：全年工作情况，托位、指导、监管各方面都有进展。", actor=crew.head,
                now=at(date(year, 12, 20), 10),
            )  # fmt: skip
    return ""


# --- The cycle whose notice ended yesterday -------------------------------------------------------


def put_up_on(today: date) -> date:
    """The last day on which a notice could be put up and be over by today."""
    day = today - timedelta(7)
    while add_working_days(day, 5) >= today:
        day -= timedelta(1)
    return day


def open_middle(terms: Terms, city: Actor) -> str:
    first, today, year = person(city, "sh-city"), terms.today, year_of(terms.today) - 1
    take(city, today)
    days = {
        name: today - timedelta(n)
        for name, n in {"apply_by": 310, "assess_by": 200, "review_by": 120}.items()
    }
    days |= {"select_by": put_up_on(today) + timedelta(3), "name_by": today + timedelta(20)}
    begun = today - timedelta(345)
    row = naming.make(title=f"示例：{year}年示范区创建", year=year, actor=first, now=at(begun, 9), **days)
    naming.open_cycle(row, version=row.version, actor=first, now=at(begun, 15))
    return str(row)


def take_part_middle(terms: Terms, crew: Crew) -> str:
    year, today = year_of(terms.today) - 1, terms.today
    apply(crew, year, today - timedelta(320))
    hand_in(crew, assess(crew, year, today), today - timedelta(204))
    return ""


def notice_middle(terms: Terms, city: Actor) -> str:
    """Nobody objected; who did not propose it may name from today on."""
    first, second = person(city, "sh-city"), person(city, "sh-city2")
    row = NamingCycle.objects.get(year=year_of(terms.today) - 1)
    candidate = reviewed(row, "云示审", "sh-expert-middle", city, first)
    put_up(row, candidate, put_up_on(terms.today), first, second)
    return str(candidate)


# --- The cycle that runs --------------------------------------------------------------------------


def open_present(terms: Terms, city: Actor) -> str:
    first, today = person(city, "sh-city"), terms.today
    take(city, today)
    begun = today - timedelta(100)
    ahead = {"apply_by": -40, "assess_by": 4, "review_by": 25, "select_by": 45, "name_by": 75}
    year = year_of(today)
    row = naming.make(
        title=f"示例：{year}年示范区创建", year=year, actor=first, now=at(begun, 9),
        **{name: today + timedelta(days) for name, days in ahead.items()},
    )  # fmt: skip
    points = {one.key: POINTS for one in row.indicators.all()}
    row = naming.set_points(row, points, version=row.version, actor=first)
    naming.open_cycle(row, version=row.version, actor=first, now=at(begun + timedelta(1), 9))
    return str(row)


def assess_present(terms: Terms, crew: Crew) -> str:
    """Handed in, with figures of the district's own targets."""
    year = year_of(terms.today)
    apply(crew, year, terms.today - timedelta(50))
    row = assess(crew, year, terms.today, figures=True)
    hand_in(crew, row, terms.today - timedelta(1))
    return ""


def apply_present(terms: Terms, crew: Crew) -> str:
    """Applied, and the self-assessment is not whole yet."""
    year = year_of(terms.today)
    apply(crew, year, terms.today - timedelta(45))
    assess(crew, year, terms.today, some=9)
    return ""


def review_present(terms: Terms, city: Actor) -> str:
    """One expert, whose account works for some weeks, in the middle of the review."""
    first, today = person(city, "sh-city"), terms.today
    take(city, today)
    row = NamingCycle.objects.get(year=year_of(today))
    user = expert(row, "云示鉴", "sh-expert", today, today + timedelta(24), first)
    candidate = Candidate.objects.get(cycle=row, state="assessed")
    review = site_reviews.assign(candidate, user, actor=first, now=at(today, 10))
    site_reviews.write(
        review, marks(review, 6), conclusion="", submit=False, version=review.version,
        actor=Actor.person(user, city.district, user_memberships(user)), now=at(today, 11),
    )  # fmt: skip
    return "1 名专家"


#: Whose turn it is ('' for the city), the stage's key, its words, what it does.
STEPS: tuple[tuple[str, str, str, Callable], ...] = (
    ("", "naming-past", "示范创建：上一个周期", open_past),
    (NAMED, "naming-past-apply", "示范创建：申报", apply_past),
    (NAMED, "naming-past-assess", "示范创建：自评", assess_past),
    ("", "naming-past-name", "示范创建：审核、公示、命名", name_past),
    (NAMED, "naming-past-report", "示范创建：年度情况", report_past),
    ("", "naming-middle", "示范创建：去年的周期", open_middle),
    (APPLIED, "naming-middle-part", "示范创建：申报和自评", take_part_middle),
    ("", "naming-middle-notice", "示范创建：审核、公示", notice_middle),
    ("", "naming-present", "示范创建：这个周期", open_present),
    (ASSESSED, "naming-assess", "示范创建：申报和自评", assess_present),
    (APPLIED, "naming-apply", "示范创建：申报", apply_present),
    ("", "naming-review", "示范创建：现场审核", review_present),
)
