"""Each HTML list makes a constant number of queries, twelve at most, however many rows there are."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from facilities.models import Applicant, Filing, HandOver, HandOverGiven, Proposal, Trainer
from facilities.services import access_requests, deletions, enrolments
from guidance.services import newborns
from inspections.models import IndicatorSet, Inspection
from portal.access import Actor
from portal.models import Unit
from portal.rules.rights import Role
from portal.services import people
from targets.services import reports, rollup
from tests import rows
from tests.facilities import factories, families
from tests.portal import stage as stages
from tests.portal.access import evaluations as evaluation_rows
from tests.portal.access import events as event_rows
from tests.portal.access import facilities as facility_rows
from tests.portal.access import filings as filing_rows
from tests.portal.access import guidance as guidance_rows
from tests.portal.access import portal as portal_rows
from tests.portal.access import resources as resource_rows
from tests.portal.access import supervision as supervision_rows
from tests.queries import OF_THE_TEST

MOST = 12
#: The list, and who opens it.
LISTS = {
    "facilities": "bureau",
    "imports": "bureau",
    "filings": "bureau",
    "applicants": "bureau",
    "kindergartens": "bureau",
    "operators": "bureau",
    "proposals": "bureau",
    "staff": "bureau",
    "bans": "bureau",
    "credit": "bureau",
    "hand-overs": "bureau",
    "training": "bureau",
    "training-hours": "bureau",
    "courses": "bureau",
    "trainers": "bureau",
    "clocks": "bureau",
    "clocks-summary": "bureau",
    "clocks-card": "bureau",
    "emergency": "bureau",
    "messages": "bureau",
    "supply": "bureau",
    "forecast": "bureau",
    "residents": "bureau",
    "circle": "bureau",
    "what-if": "bureau",
    "map": "bureau",
    "neighbourhoods": "bureau",
    "sites": "bureau",
    "access-requests": "head",
    "deletions": "bureau",
    "consent-texts": "bureau",
    "guidance-places": "bureau",
    "guided-children": "bureau",
    "guidance-events": "bureau",
    "guidance-sessions": "bureau",
    "guidance-resources": "bureau",
    "kit-uses": "bureau",
    "nursing-places": "bureau",
    "nursing-coverage": "bureau",
    "guidance-courses": "bureau",
    "lecturers": "bureau",
    "newborns": "bureau",
    "births": "bureau",
    "inspections": "bureau",
    "orders": "bureau",
    "complaints": "bureau",
    "incidents": "bureau",
    "checklists": "bureau",
    "indicator-sets": "bureau",
    "evaluations": "bureau",
    "agreement": "bureau",
    "draws": "bureau",
    "tasks": "bureau",
    "units": "bureau",
    "rounds": "bureau",
    "targets": "bureau",
    "attestations": "bureau",
    "conferences": "bureau",
    "supervisions": "bureau",
    "subsidies": "bureau",
    "subsidy-year": "bureau",
    "subsidy-rules": "bureau",
    "cycle-applications": "bureau",
    "reports": "bureau",
    "documents": "bureau",
    "parameters": "bureau",
    "people": "security_admin",
    "clients": "system_admin",
    "audit": "audit_admin",
}
#: Pages that gather from all apps: constant, too, and not more than this.
GATHERED = {"today": 64, "search": 14}


#: One thing with what belongs to it: a dossier, a unit's duties, a month's draw with its teams.
DETAILS = {
    "facility": lambda place: {"pk": place.facility.pk},
    "dossier": lambda place: {"pk": place.facility.pk},
    "credit-entry": lambda place: {"pk": facility_rows.credit_request(place).entry_id},
    "facility-records": lambda place: {"pk": place.facility.pk},
    "residents-street": lambda place: {"pk": place.street.pk},
    "site": lambda place: {"pk": families.site(place.facility, place.process).pk},
    "facility-emergency": lambda place: {"pk": facility_rows.drill(place).plan.facility_id},
    "children": lambda place: {"pk": place.facility.pk},
    "child": lambda place: {"pk": families.applied(place.facility, place.process).child_id},
    "filing": lambda place: {"pk": filing_rows.revoking(place, "hearing").pk},
    "filing-children": lambda place: {"pk": leaving(place).pk},
    "unit": lambda place: {"slug": place.unit.slug},
    "evaluation-round": lambda place: {"pk": evaluated(place).round_id},
    "evaluation": lambda place: {"pk": evaluated(place).pk},
    "evaluation-selection": lambda place: {"pk": evaluated(place).round_id},
    "guidance-place": lambda place: guidance_rows.place_of(place),
    "guided-child": lambda place: guidance_rows.child_of(place),
    "newborn": lambda place: guidance_rows.newborn_of(place),
    "guidance-event": lambda place: event_rows.event_of(place),
    "guidance-resource": lambda place: {"pk": resource_rows.a_kit(place).pk},
    "nursing-place": lambda place: resource_rows.room_of(place),
    "guidance-session": lambda place: guidance_rows.session_of(place),
    "draw": lambda place: {"pk": place.draw().pk},
    "document": lambda place: {"key": "minhang"},
    "supervision": lambda place: {"pk": supervision_rows.a_round(place, "announced").pk},
    "supervision-case": lambda place: {"pk": supervision_rows.a_case(place, "announced").pk},
}


def evaluated(place):
    """A facility's evaluation in a round with as many others as there are nurseries."""
    case = evaluation_rows.a_case(place)
    evaluation_rows.rounds.choose(case.round, actor=place.process)
    return case


def leaving(place):
    """The filing of a site that is to end, where children go to; free places elsewhere."""
    filing = filing_rows.revoking(place, "hearing")
    families.site(filing.facility, place.process)
    for _n in range(3):
        families.applied(filing.facility, place.process)
    return filing


#: Their timeline reads the rows of those streams that have an event on the page: fewer or more, never more than all.
DOSSIERS = {"facility", "dossier"}


def family(place) -> None:
    """A site with a session, a child on file, one that is deleted, a request and a text."""
    site = families.site(factories.facility(place.street), place.process)
    families.sessions(site, place.process)
    made = families.applied(place.facility, place.process)
    families.texts(place.process)
    access_requests.ask(made.child, actor=place.bureau(), purpose="complaint", reason="核实一件投诉", hours=2)
    gone = families.applied(place.facility, place.process)
    enrolments.leave(gone, actor=place.process, on=families.today(), reason="不来了")
    deletions.delete_child(gone.child, actor=place.process, ground="asked", on=families.today())


def more(place, number: int) -> None:
    """Rows of everything that a list shows; the district's scope is open."""
    today = timezone.localdate()
    admin = Actor(place.district, place.users["bureau"], roles=frozenset({Role.SYSTEM_ADMIN}))
    for n in range(number):
        rows.make(Filing, state="sent", street=place.street, clock_due=today)
        rows.make(Applicant, state="applied" if n % 2 else "refused")
        facility_rows.training_session(place, 3)
        facility_rows.ban_of(place)
        facility_rows.credit_request(place)
        facility_rows.credit_of(place, facility=factories.facility(place.street), kind="incentive")
        rows.make(HandOver, state="received", staff=factories.member())
        rows.make(HandOverGiven)
        rows.make(Trainer)
        family(place)
        own = factories.facility(place.street, operator=f"示例举办者{place.person().pk}")
        factories.facility(place.street, operator=own.operator.name)
        rows.make(Proposal, facility=own, changes={"places": [40, 45]}, reason="示例扩建")
        facility_rows.class_of(place)
        facility_rows.noticed(place)
        work = factories.employment(own)
        work.staff.certificates.create(
            kind="childcare",
            number=stages.dice()[:30],
            issued_on=today - timedelta(400),
            valid_until=today + timedelta(5),
        )
        facility_rows.drill(place)
        portal_rows.message(place)
        guidance_rows.a_place(place, services=["education", "reading"])
        guidance_rows.a_session(place)
        event_rows.some(place)
        resource_rows.some(place)
        guidance_rows.a_newborn(place)
        newborns.keep_births(**guidance_rows.a_months_births(place))
        rows.make(IndicatorSet, state="draft", published_on=None)
        place.order("answered" if n % 2 else "issued")
        place.visit("published", bad=True)
        place.visit()
        place.person()
        place.report("submitted")
        people.create_client(name=f"示例{n}", scopes=["facilities:read"], actor=admin, on=today)
        Unit.objects.create(slug=f"list-{place.person().pk}", name="示例单位", kind="department")
    Inspection.objects.filter(state="due").order_by("pk").update(due_on=today - timedelta(1))
    place.draw("witnessed")


@pytest.fixture(scope="module")
def counted(django_db_setup, django_db_blocker):
    """name -> (queries with few rows, queries with many), the statements of the latter."""
    with django_db_blocker.unblock(), stages.undone():
        stage = stages.build()
        place = stage.inside
        today = timezone.localdate()

        def walk() -> dict[str, list[str]]:
            found = {}
            for name, who in {**LISTS, **dict.fromkeys(GATHERED, "bureau")}.items():
                with stages.undone(), CaptureQueriesContext(connection) as captured:
                    answer = stage.clients[who].get(
                        reverse(name, args=["minhang"]), {"q": "示例"} if name == "search" else {}
                    )
                assert answer.status_code == 200, name
                found[name] = [q["sql"] for q in captured if not q["sql"].startswith(OF_THE_TEST)]
            for name, kwargs in DETAILS.items():
                with stages.undone():
                    with place.scope():
                        given = kwargs(place)
                    with CaptureQueriesContext(connection) as captured:
                        answer = stage.clients["bureau"].get(
                            reverse(name, kwargs={"district": "minhang", **given})
                        )
                assert answer.status_code == 200, name
                found[name] = [q["sql"] for q in captured if not q["sql"].startswith(OF_THE_TEST)]
            return found

        with place.scope():
            more(place, 2)
            rollup.roll_up(rollup.period_of(today.year, today.month, on=today), actor=place.process)
            reports.draft_report(today.year, today.month, actor=place.process)
        walk()  # what is read once per process
        few = walk()
        with place.scope():
            more(place, 6)
            reports.draft("yearly", str(today.year), actor=place.process)
        many = walk()
        yield few, many


def said(few: list[str], many: list[str]) -> str:
    return f"{len(few)} queries, then {len(many)}:\n" + "\n".join(sql[:200] for sql in many)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_makes_twelve_queries_at_most_and_none_more_for_more_rows(name, counted):
    few, many = counted[0][name], counted[1][name]
    assert len(many) == len(few) <= MOST, said(few, many)


@pytest.mark.parametrize("name", GATHERED)
def test_what_gathers_from_all_apps_does_not_grow_either(name, counted):
    few, many = counted[0][name], counted[1][name]
    assert len(many) == len(few) <= GATHERED[name], said(few, many)


@pytest.mark.parametrize("name", DETAILS)
def test_a_page_of_one_thing_does_not_grow_with_what_belongs_to_it(name, counted):
    few, many = counted[0][name], counted[1][name]
    assert len(many) <= 32 and (name in DOSSIERS or len(many) == len(few)), said(few, many)
