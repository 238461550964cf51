"""Accounts asked for, and filings in every state: begun, waiting, late, to mend, under review, to issue, issued, changed,
refused, withdrawn, a pause, an end, a return, a revocation that is heard and one that was decided."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache
from random import Random

from django.core.files.base import ContentFile

from facilities.models import Applicant, Enrolment, Facility, Filing, Notice
from facilities.rules.filings import OPEN_STATES
from facilities.services import (
    applicants,
    filing_clocks,
    filing_hearings,
    filing_review,
    filing_signatures,
    filings,
    notices,
)
from portal import pdf
from portal.access import Actor
from portal.calendar import add_working_days
from portal.models.people import Membership
from portal.models.places import Street
from portal.rules.official import chinese_date
from portal.tenancy import recorded_at
from targets.demonstration import names
from targets.demonstration.crew import Crew
from targets.demonstration.files import at
from targets.demonstration.people import PASSWORD
from targets.demonstration.stages import Terms

#: Working days before the story's day on which the four accounts were asked for.
ACCOUNTS = 90
FILERS = 4
#: Where the story is told with all its turns; the others have one filing of a kind.
WHOLE = "minhang"
FIRST_CODE, FIRST_PHONE = 900_000, 9_000


@cache
def paper(title: str) -> bytes:
    """A page that stands for a file that somebody handed in."""
    return pdf.render(
        f'<html lang="zh-CN"><title>{title}</title><body><h1><span>{title}</span></h1>'
        '<div class="opening"><p>演示材料，内容均为虚构。</p></div></body></html>'
    )


class Story:
    """The filings of one district; `back` counts working days before the story's day."""

    def __init__(self, terms: Terms, crew: Crew, actor: Actor):
        self.terms, self.crew, self.system = terms, crew, actor
        self.random = Random(f"{terms.seed}/{actor.district.slug}/filings")
        self.streets = list(Street.objects.filter(is_street=True).order_by("code"))
        self.reviewer, self.head = crew.called("reviewer"), crew.head
        self.taken = set(Facility.objects.values_list("name", flat=True))
        self.made = 0
        self.filers: list[tuple[Actor, str, str]] = []

    def day(self, back: int) -> date:
        return add_working_days(self.terms.today, -back)

    def at(self, back: int, hour: int = 10) -> datetime:
        return at(self.day(back), hour)

    # --- Accounts

    def applied(self, number: int, back: int) -> tuple[Applicant, str]:
        word = names.WORDS[-number - 1]
        return applicants.apply(
            name=names.person(self.random),
            phone=names.mobile(FIRST_CODE + number),
            organisation=f"示例{word}教育有限公司",
            credit_code=names.credit_code(FIRST_CODE + number),
            actor=Actor.visitor(self.system.district),
            now=self.at(back, 9),
        )

    def account(self, number: int) -> None:
        """Somebody asks, the reviewer calls and agrees, the person sets a password."""
        row, token = self.applied(number, ACCOUNTS)
        applicants.confirm(row, actor=self.reviewer, now=self.at(ACCOUNTS - 1, 14))
        user = applicants.activate(
            token, PASSWORD, actor=Actor.visitor(self.system.district), now=self.at(ACCOUNTS - 1, 16)
        )
        own = Actor.person(user, self.system.district, Membership.objects.filter(user=user))
        self.filers.append((own, row.organisation, row.credit_code))

    def accounts(self) -> None:
        for number in range(FILERS):
            self.account(number)
        self.applied(FILERS, 2)
        self.applied(FILERS + 1, 1)
        waiting, _token = self.applied(FILERS + 2, 5)
        applicants.confirm(waiting, actor=self.reviewer, now=self.at(4, 14))
        wrong, _token = self.applied(FILERS + 3, 12)
        applicants.turn_down(
            wrong,
            "打电话核对，单位说没有委托这个人。由单位经办人重新申请",
            actor=self.reviewer,
            now=self.at(11, 14),
        )

    # --- New facilities

    def name(self, street: Street) -> str:
        start = self.random.randrange(len(names.WORDS))
        for word in names.WORDS[start:] + names.WORDS[:start]:
            made = f"{names.short(street.name)}{word}托育园"
            if made not in self.taken:
                self.taken.add(made)
                return made
        raise ValueError(street.name)

    def answers(self, number: int, street: Street, operator: str, code: str, day: date) -> dict[str, str]:
        """A complete new filing as somebody writes it."""
        early = (day - timedelta(40)).isoformat()
        places = 30 + 10 * (number % 3)
        return {
            "name": self.name(street), "kind": "nursery", "ownership": "non_profit", "operator": operator,
            "credit_code": code, "head": names.person(self.random), "phone": names.telephone(FIRST_PHONE + number),
            "street": str(street.pk), "address": f"示例路 {800 + number} 号", "tenure": "leased",
            "lease_until": (day + timedelta(1500)).isoformat(), "floor": "1", "usable_area": str(300 + 100 * (number % 3)),
            "outdoor_area": "60", "places": str(places), "toddler_classes": "1", "toddler_places": "15",
            "senior_classes": "1", "senior_places": str(places - 15), "full_day": "yes", "half_day": "no",
            "hourly": "no", "opens_at": "07:30", "closes_at": "17:30", "meals": "yes" if number % 2 else "no",
            "staff_count": "12", "carers_count": "8", "health_worker": "yes", "all_checked": "yes", "head_years": "6",
            "fire_number": f"示消验{day.year}-{number + 1}", "fire_on": early, "exits": "3",
            "hygiene_number": f"示卫评{day.year}-{number + 1}", "hygiene_on": early, "isolation_room": "yes",
            "cameras": "24", "video_days": "90", "alarm_buttons": "2", "food_by": "kitchen",
            "food_licence": f"示食{day.year}{number:04d}", "food_until": (day + timedelta(900)).isoformat(),
            "fees": "保育费 3000 元/月\n餐费 20 元/天", "fees_shown": "yes",
            "refunds": "中途离开的，保育费按实际天数退；餐费按没有用的天数退。",
        }  # fmt: skip

    def fill(self, filing: Filing, given: dict, by: Actor, now: datetime, *, files: bool = True) -> Filing:
        for _turn in range(2):  # an answer brings other questions
            have = set(filing.answers.values_list("key", flat=True))
            for section in filings.sections_of(filing):
                for field in section.fields:
                    if field.key in have:
                        continue
                    if field.of == "file":
                        if files:
                            upload = ContentFile(paper(field.label), name=f"{field.label}.pdf")
                            filings.attach(filing, field.key, upload, version=0, actor=by, now=now)
                    elif field.key in given:
                        filings.save_answer(filing, field.key, given[field.key], version=0, actor=by, now=now)
        return Filing.objects.get(pk=filing.pk)

    def new(self, back: int, *, part: int | None = None) -> tuple[Filing, Actor]:
        """One that is filled in on a day; `part`: only so many answers, and no files yet."""
        number, now = self.made, self.at(back, 9)
        self.made += 1
        by, operator, code = self.filers[number % FILERS]
        street = self.streets[number * 5 % len(self.streets)]
        given = self.answers(number, street, operator, code, now.date())
        if part is not None:
            given = dict(list(given.items())[:part])
        filing = filings.start_filing("new", actor=by, now=now)
        return self.fill(filing, given, by, now, files=part is None), by

    def sent(self, back: int) -> tuple[Filing, Actor]:
        made, by = self.new(back)
        return filings.send_filing(made, actor=by, now=self.at(back, 11)), by

    def received(self, back: int) -> tuple[Filing, Actor]:
        made, by = self.sent(back)
        return filing_review.receive(made, actor=self.reviewer, now=self.at(back - 2)), by

    def sign(self, filing: Filing, back: int, *, leave: tuple[str, ...] = ()) -> None:
        for one in filing.signatures.filter(state="asked").exclude(section__in=leave).order_by("pk"):
            user = self.crew.by_unit.get(one.unit_id)
            by = self.crew.of(user) if user else self.system
            filing_signatures.sign(one, "agree", "现场看过，符合要求", actor=by, now=self.at(back, 15))

    def accept(self, filing: Filing, back: int, *, leave: tuple[str, ...] = ()) -> None:
        for section in filings.sections_of(filing):
            if section.key not in leave:
                filing_review.accept_section(filing, section.key, actor=self.reviewer, now=self.at(back, 16))

    def proposed(self, filing: Filing, back: int) -> Filing:
        """From the receipt to the head's table, which it reaches `back` days before the story's."""
        self.sign(filing, back + 2)
        self.accept(filing, back + 1)
        return filing_review.propose(
            filing, "issue", "材料齐全，现场符合要求", actor=self.reviewer, now=self.at(back)
        )

    def issued(self, filing: Filing, back: int) -> Notice:
        """With its paper, which a worker would set; the register's history is of that day."""
        now = self.at(back)
        with recorded_at(now):
            made = notices.issue(filing, actor=self.head, now=now)
        return notices.print_notice(made, actor=self.system)

    def new_ones(self) -> None:
        self.new(1, part=18)
        self.sent(4)  # to be received tomorrow at the latest
        self.sent(6)  # nobody received it in time
        self.returned()
        self.late()
        waiting, _by = self.received(10)
        self.proposed(waiting, 1)
        if self.system.district.slug == WHOLE:
            self.others()

    def others(self) -> None:
        """What one district is enough for."""
        self.sent(1)
        self.received(4)
        refused, _by = self.received(30)
        filing_review.propose(
            refused, "refuse", "主要活动用房在地下一层", actor=self.reviewer, now=self.at(25)
        )
        filing_review.refuse_filing(
            refused,
            "主要活动用房在地下一层，不符合托育机构设置标准。换了场所可以重新办理",
            actor=self.head,
            now=self.at(24),
        )
        gone, by = self.sent(20)
        filings.withdraw_filing(gone, note="另选了场所", actor=by, now=self.at(18))

    def returned(self) -> None:
        """To be mended, the clock stands still; one of two remarks is answered."""
        filing, by = self.received(9)
        self.sign(filing, 5, leave=("fire",))
        self.accept(filing, 4, leave=("fire", "agreement"))
        now = self.at(4, 17)
        filing_review.remark(filing, "fire_number", "文号和上传的文件不一致", actor=self.reviewer, now=now)
        filing_review.remark(filing, "refunds", "写明家长临时请假怎么退", actor=self.reviewer, now=now)
        filing_review.return_filing(filing, note="补正这两处就行", actor=self.reviewer, now=now)
        filings.save_answer(
            filing,
            "refunds",
            "中途离开的，保育费按实际天数退；请假三天以上的，餐费从第二天起退。",
            version=1,
            actor=by,
            now=self.at(1, 20),
        )

    def late(self) -> None:
        """Under review; the fire department has let its days pass."""
        filing, _by = self.received(14)
        self.sign(filing, 8, leave=("fire",))
        self.accept(filing, 3)

    def decided(self) -> None:
        """One issued and then changed, one issued and taken back."""
        first, by = self.received(70)
        facility = self.issued(self.proposed(first, 62), 61).facility
        now = self.at(30)
        change = filings.start_filing("change", actor=by, facility=facility, now=now)
        given = {
            "new_head": names.person(self.random), "moves": "no", "change_reason": "原负责人离职，理事会另聘",
        }  # fmt: skip
        change = self.fill(change, given, by, now)
        change = filings.send_filing(change, actor=by, now=now)
        change = filing_review.receive(change, actor=self.reviewer, now=self.at(29))
        self.issued(self.proposed(change, 23), 22)

        second, by = self.received(65)
        facility = self.issued(self.proposed(second, 57), 56).facility
        filing = self.revocation(facility, 40, ends=25)
        filing_hearings.state_case(filing, "", waive=True, actor=by, now=self.at(37))
        filing_hearings.propose_revocation(
            filing, "机构没有要陈述的，事实清楚", actor=self.reviewer, now=self.at(33)
        )
        self.issued(filing, 25)

    # --- Facilities that are there

    def keeper(self, facility: Facility) -> Actor:
        return self.crew.called("op", facility.code.removeprefix(self.system.district.prefix))

    def one(self, **wanted) -> Facility | None:
        """The last facility of a kind without an open filing."""
        rows = Facility.objects.filter(**wanted).exclude(filings__state__in=OPEN_STATES)
        return rows.order_by("code").last()

    def of(self, facility: Facility | None, kind: str, back: int, given: dict) -> Filing | None:
        """A filing of a facility, filled in and sent on a day."""
        if facility is None:
            return None
        by, now = self.keeper(facility), self.at(back)
        made = filings.start_filing(kind, actor=by, facility=facility, now=now)
        made = self.fill(made, given, by, now)
        return filings.send_filing(made, actor=by, now=self.at(back, 11))

    def with_children(self) -> list[Facility]:
        """Sites that children go to, the last first."""
        ids = Enrolment.objects.filter(state="admitted").values("facility")
        return list(Facility.objects.filter(pk__in=ids, state="operating").order_by("-code"))

    def standing(self) -> None:
        """A change under review, an end with its children, a pause that is to come, a return, a hearing."""
        moved = self.of(
            self.one(state="operating", kind="nursery"),
            "change",
            6,
            {"new_places": "45", "moves": "no", "change_reason": "一间多功能室改成活动室，托位增加"},
        )
        if moved is not None:
            filing_review.receive(moved, actor=self.reviewer, now=self.at(4))
        sites = self.with_children()
        if sites:
            self.end(sites[0])
        if len(sites) > 1:
            self.pause(sites[1])
        self.of(
            self.one(state="suspended"),
            "resumption",
            2,
            {
                "resume_on": add_working_days(self.terms.today, 15).isoformat(),
                "done": "活动室重新粉刷，检测合格；换了两处老化的线路",
                "ready": "yes",
            },
        )
        facility = self.one(state="operating", kind="inclusive_site")
        if facility is not None:
            filing = self.revocation(facility, 2)
            filing_hearings.state_case(
                filing,
                "房屋使用证明上的门牌号写错了，已到房管部门申请更正，恳请等更正后再定。",
                upload=ContentFile(paper("房屋门牌更正申请"), name="房屋门牌更正申请.pdf"),
                actor=self.keeper(facility),
                now=self.at(1),
            )

    def end(self, facility: Facility) -> None:
        given = {
            "last_day": add_working_days(self.terms.today, 25).isoformat(), "end_reason": "租约到期，房东不再续租",
            "told_parents_on": self.day(12).isoformat(),
            "children_left": str(Enrolment.objects.filter(facility=facility, state="admitted").count()),
            "children_plan": "逐户谈过，按“幼儿去向”里的空余托位转，转走前照常照护",
            "refunds_done": "预收的费用按没有用的时段全额退", "staff_plan": "两人转到同一举办者的另一家，一人离职",
        }  # fmt: skip
        made = self.of(facility, "surrender", 6, given)
        filing_review.receive(made, actor=self.reviewer, now=self.at(5))

    def pause(self, facility: Facility) -> None:
        given = {
            "from_on": add_working_days(self.terms.today, 8).isoformat(),
            "until_on": add_working_days(self.terms.today, 50).isoformat(), "pause_reason": "消防改造",
            "told_parents_on": self.day(14).isoformat(), "arrangement": "暂停期间转到附近的宝宝屋，恢复后优先回来",
        }  # fmt: skip
        made = self.of(facility, "suspension", 12, given)
        made = filing_review.receive(made, actor=self.reviewer, now=self.at(10))
        self.issued(self.proposed(made, 5), 4)

    def revocation(self, facility: Facility, back: int, *, ends: int = -20) -> Filing:
        """The district tells a facility what it means to do, and why."""
        now = self.at(back)
        made = filings.start_filing("revocation", actor=self.reviewer, facility=facility, now=now)
        given = {
            "grounds": f"{chinese_date(self.day(back + 6))}核查时发现，报送的房屋使用证明和产权登记不一致",
            "basis": "《示例管理办法》第十条",
            "ends_on": self.day(ends).isoformat(),
        }
        made = self.fill(made, given, self.reviewer, now)
        return filing_hearings.notify(made, actor=self.reviewer, now=now)

    def tell(self) -> str:
        self.accounts()
        self.decided()
        self.new_ones()
        self.standing()
        filing_clocks.see_filings(on=self.terms.today, actor=self.system, now=self.at(0, 8))
        return f"{Filing.objects.count()} 份，开户申请 {Applicant.objects.count()} 份"


def make(terms: Terms, crew: Crew, actor: Actor) -> str:
    return Story(terms, crew, actor).tell()
