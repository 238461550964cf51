"""Risk grades: last month's proposals were decided before the list of this month was frozen; today's wait, but for some."""

from __future__ import annotations

from datetime import date

from django.db.models import F

from facilities.models import Facility
from inspections.models import GradeDecision, GradeProposal
from inspections.rules import grades as rules
from inspections.services import grades
from portal.calendar import add_working_days
from targets.demonstration.calendar import Month, at
from targets.demonstration.crew import Crew
from targets.demonstration.results import keeper
from targets.demonstration.stages import Terms

KEPT = "整改已经复查通过，街镇每月上门看，先保持现在的等级"
OBJECTION = "评定里的那个问题我们当场就改好了，检查记录和照片都有，不应当按没有改的计分，请核对。"
#: Of those that would change, one in so many keeps its grade; today one in so many of the usual ones is confirmed.
KEPT_OF, CONFIRMED_OF = 9, 3


def waiting() -> list[GradeProposal]:
    rows = GradeProposal.objects.waiting().select_related("facility").defer("facility__search_text")
    return list(rows.order_by("-rank", "-pk"))


def last_month(month: Month, crew: Crew) -> str:
    """Proposed on the tenth, decided two working days later: most as proposed, some kept with a reason."""
    day = date(month.year, month.number, 10)
    grades.propose(actor=crew.system, on=day, now=at(day, 4, 15), month=month.first)
    rows = waiting()
    choices = [
        grades.Choice(row.facility, row.facility.grade, KEPT, row)
        if place % KEPT_OF == 4 and row.facility.grade
        else grades.Choice(row.facility, row.grade, proposal=row)
        for place, row in enumerate(rows)
    ]
    grades.decide(choices, actor=crew.bureau, now=at(add_working_days(day, 2), 10, 20))
    return f"建议 {len(rows)} 家变动，已定"


def today(terms: Terms, crew: Crew) -> str:
    """Proposed this morning: some are confirmed together, the others wait; a facility objects to its grade."""
    if grades.propose_due(on=terms.today, actor=crew.system, now=at(terms.today, 4, 15)) is None:
        grades.propose(on=terms.today, actor=crew.system, now=at(terms.today, 4, 15))
    rows = waiting()
    usual = [row for row in rows if rules.usual(row.facility.grade, row.grade)]
    some = usual[::CONFIRMED_OF]
    done = grades.confirm_usual(some, actor=crew.second, now=at(terms.today, 9, 10)) if some else []
    return f"等人确认 {len(rows) - len(done)} 家，异议 {objected(terms, crew)}"


def objected(terms: Terms, crew: Crew) -> int:
    """The first that got graver last month, with an operator who has an account."""
    rows = GradeDecision.objects.filter(by=crew.bureau.user, kind="confirmed", grade__gt=F("before"))
    for row in rows.select_related("facility").order_by("-grade", "pk")[:20]:
        who = keeper(row.facility, crew)
        if who is not None and Facility.objects.get(pk=row.facility_id).grade == row.grade:
            yesterday = add_working_days(terms.today, -1)
            grades.object_to(row.facility, text=OBJECTION, actor=who, now=at(yesterday, 14, 40))
            return 1
    return 0
