"""Each page of plans, tasks, targets, guidance and the city, whoever opens it: twelve queries at most, also where the
process has nothing in memory yet. Lists at two sizes: tests/portal/test_list_queries.py."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, reverse
from django.utils import timezone

from portal.access import Actor
from portal.middleware import forget_districts
from portal.models import Membership, Unit, User
from portal.rules.rights import Role
from portal.services import people
from portal.services.messages import kinds_key, unread_key
from portal.tenancy import district_scope
from targets.metrics.registry import CITY as CITY_FIGURES
from targets.metrics.registry import OWN
from targets.models import (
    AgendaFile,
    AgendaItem,
    ConferenceDecision,
    ProgressReport,
    Snapshot,
    SnapshotValue,
    SupervisionCase,
    SupervisionEvidence,
    SupervisionObjection,
    SupervisionQuestion,
    SupervisionRound,
    Target,
)
from targets.services import reports, rollup, snapshots
from tests import rows
from tests.portal import stage as stages
from tests.portal.access import conferences as meetings
from tests.portal.access import naming, supervision
from tests.portal.access.rows import ROLES, CityRow, Open, Rest, Row
from tests.portal.access_table import TABLE
from tests.portal.test_access import CITY, address, ask, prepared
from tests.portal.test_list_queries import GATHERED, MOST, more
from tests.queries import of_a_page

MINHANG = 310112
#: Whose views are meant: the two apps', and those pages of the portal that belong to plans and the city.
OURS = ("targets.", "guidance.", "portal.views.documents", "portal.views.districts")


def modules(found=None) -> dict[str, str]:
    """The module of each URL's view, by the URL's name."""
    views = {}
    for one in get_resolver().url_patterns if found is None else found:
        if hasattr(one, "url_patterns"):
            views |= modules(one.url_patterns)
        else:
            views[one.name] = one.callback.__module__
    return views


VIEWS = modules()
PAGES = [row for row in TABLE if row.method == "GET" and VIEWS[row.url].startswith(OURS)]


def a_notice(place) -> dict:
    """The public notice of a cycle, which the table of access has only of nobody's."""
    return {"district": "shanghai", "pk": naming.a_cycle("notice").pk}


def a_city_target(place) -> dict:
    return {"pk": Target.objects.current(timezone.localdate()).order_by("pk").first().pk}


#: What the table of access makes for others than those who find it.
FOUND = {"naming-notice": a_notice, "city-target": a_city_target}


def reported(place, task) -> ProgressReport:
    return rows.make(
        ProgressReport,
        task=task,
        unit=place.unit,
        round=place.round(),
        state="submitted",
        percent=40,
        version=1,
    )


def a_meeting(place, state: str) -> dict:
    """A meeting with all that one has: papers, decisions, what was proposed, an older decision and what its task's unit
    reported."""
    before = meetings.a_conference(place, "confirmed")
    reported(place, ConferenceDecision.objects.get(item__conference=before).task)
    row = meetings.a_conference(place, state)
    for n in range(2):
        item = rows.make(
            AgendaItem, conference=row, state="proposed" if n else "listed", unit=place.unit, position=n + 5
        )
        AgendaFile.objects.create(item=item, file=place.stored())
    return {"pk": row.pk}


def a_case(place, state: str, of: str = "own") -> SupervisionCase:
    """A street's case with all that one has: a figure of the year's snapshot, a cited report, marks of persons, an
    objection."""
    case = supervision.a_case(place, state, of)
    Unit.objects.filter(pk=case.unit_id).update(street=place.street)
    SupervisionRound.objects.filter(pk=case.round_id).update(snapshot=Snapshot.objects.order_by("pk").last())
    value = SnapshotValue.objects.filter(street=place.street, target__isnull=False).first()
    task = place.task()
    for answer in case.answers.all():
        SupervisionQuestion.objects.filter(pk=answer.question_id).update(target=value.target_id, task=task)
        SupervisionEvidence.objects.create(answer=answer, report=reported(place, task))
        answer.marks.update(by=place.users["reviewer"])
        SupervisionObjection.objects.create(answer=answer, text="示例异议文字", given_at=timezone.now())
    return case


def case_of(state: str, of: str = "own"):
    return lambda place: {"pk": a_case(place, state, of).pk}


def answer_of(place) -> dict:
    return {"pk": a_case(place, "open").answers.get().pk}


def objection_of(place) -> dict:
    return {"pk": a_case(place, "announced", "gives").answers.get().objections.get().pk}


def round_of(state: str):
    return lambda place: {"pk": a_case(place, state).round_id}


#: Pages with more on them than the table of access makes: (URL, what, how it is made).
FULL = [
    ("document", "minhang", lambda place: {"key": "minhang"}),
    ("api-document", "minhang", lambda place: {"key": "minhang"}),
    *(
        ("conference", state, partial(a_meeting, state=state))
        for state in ("planned", "called", "held", "submitted", "confirmed")
    ),
    *(("supervision", state, round_of(state)) for state in ("handed", "disputed", "announced", "final")),
    ("supervision", "draft", lambda place: {"pk": supervision.a_round(place).pk}),
    *(("supervision-case", state, case_of(state)) for state in ("open", "handed", "disputed", "announced", "final")),
    ("supervision-review", "handed", case_of("handed", "gives")),
    ("supervision-decide", "disputed", case_of("disputed", "gives")),
    ("supervision-answer", "open", answer_of),
    ("supervision-objection", "announced", objection_of),
]  # fmt: skip
ROW = {row.url: row for row in PAGES}


@pytest.fixture(scope="module")
def stage(django_db_setup, django_db_blocker):
    """The cast in a district with rows of everything, rolled up, and a report of the year and of the month."""
    with django_db_blocker.unblock(), stages.undone():
        stage, today = stages.build(), timezone.localdate()
        with stage.inside.scope():
            more(stage.inside, 3)
            said = stage.inside.report("submitted")
            # so that last month, too, has records
            ProgressReport.objects.filter(pk=said.pk).update(submitted_on=today - timedelta(70))
            rollup.roll_up(rollup.period_of(today.year, today.month, on=today), actor=stage.inside.process)
            reports.draft_report(today.year, today.month, actor=stage.inside.process)
        with district_scope(CITY):
            admin = Actor(naming.the_city(), stage.cast.users["bureau"], roles=frozenset({Role.SYSTEM_ADMIN}))
            made = people.create_client(name="city", scopes=list(people.SCOPES), actor=admin, on=today)
            stage.tokens["city"] = made[1]
            person = User.objects.create(username="city-admin", name="示例市管理员", password="!")
            Membership.objects.create(user=person, role=Role.SYSTEM_ADMIN, starts_on=today)
            stage.clients["city_admin"] = Client()
            stage.clients["city_admin"].force_login(person)
        yield stage


def test_what_takes_more_is_told():
    """The two pages that gather from all apps stand in the documentation with their number, and no third."""
    text = Path(settings.BASE_DIR, "docs/performance.md").read_text()
    told = re.findall(r"^\| `([\w-]+)` \| (\d+) \|", text, re.MULTILINE)
    assert {name: int(number) for name, number in told} == GATHERED


def too_many(who: str, made: list[str]) -> list[str]:
    if len(made) <= MOST:
        return []
    return [f"{who}: {len(made)} queries\n" + "\n".join(sql[:300] for sql in made)]


def who_may(row) -> list[str]:
    if isinstance(row, Open):
        return ["anonymous"]
    if isinstance(row, Rest):
        return ["city" if row.of_city else "all"]
    if isinstance(row, CityRow):
        return ["city_admin" if row.right == "district.open" else "city_officer"]
    may = [name for name in ROLES if row.expected(name) == row.success]
    return may + ["city_officer"] * (row.expected_of_city() == 200)


def made_for(row, place) -> tuple[dict, dict]:
    if row.url not in FOUND:
        return prepared(row, place)
    with district_scope(CITY):
        return FOUND[row.url](place), {}


def opened(stage, row, who: str, url: str = "", data: dict | None = None) -> tuple[int, list[str]]:
    """The status and the statements of a page in a process that holds nothing of the database's."""
    with stages.undone():
        if not url:
            kwargs, data = made_for(row, stage.inside)
            url = address(row, kwargs, row.slug if isinstance(row, Row) else "")
        rest = isinstance(row, Rest)
        headers = {"headers": {"Authorization": f"Bearer {stage.tokens[who]}"}} if rest else {}
        forget_districts()
        persons = [*stage.cast.users.values(), *User.objects.filter(username="city-admin")]
        keys = (unread_key, kinds_key)
        cache.delete_many(
            [k(one.pk, district) for k in keys for one in persons for district in (CITY, MINHANG)]
        )
        ContentType.objects.clear_cache()
        connection.queries_log.clear()  # it holds the last 9,000, and a full one does not grow
        with CaptureQueriesContext(connection) as captured:
            answer = ask(stage.clients["anonymous" if rest else who], "GET", url, data, **headers)
        return answer.status_code, of_a_page(captured)


@pytest.mark.parametrize("row", PAGES, ids=str)
def test_a_page_takes_twelve_queries_at_most(row, stage):
    wrong = []
    for who in who_may(row):
        status, made = opened(stage, row, who)
        assert status in ((200, 302) if isinstance(row, Open) else (200,)) and made, (who, status)
        wrong += too_many(who, made)
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize(("name", "make"), [pytest.param(n, m, id=f"{n}-{w}") for n, w, m in FULL])
def test_a_full_page_takes_twelve_queries_at_most(name, make, stage):
    wrong, row, seen = [], ROW[name], []
    with stages.undone():
        with stage.inside.scope():
            kwargs = make(stage.inside)
        for who in who_may(row):
            status, made = opened(stage, row, who, address(row, kwargs))
            seen.append(status)
            wrong += too_many(who, made)
    assert 200 in seen and set(seen) <= {200, 403, 404, 409}, seen
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("who", ["bureau", "head", "officer", "auditor"])
def test_the_page_of_every_figure_takes_twelve_queries_at_most(who, stage):
    """Down to its rows, also in an older snapshot; whatever the rows are."""
    wrong, row = [], ROW["target"]
    with stage.inside.scope():
        kept = snapshots.latest("month", timezone.localdate().replace(day=1)).pk
        found = SnapshotValue.objects.filter(snapshot=kept, street=None).values_list("target", "metric")
        targets = sorted({target for target, _metric in found if target})
        metrics = sorted({metric for target, metric in found if not target} & {*OWN, *CITY_FIGURES})
    addresses = [reverse("target", args=["minhang", one]) for one in targets]
    addresses += [reverse("figure", args=["minhang", one]) for one in metrics]
    assert len(addresses) > 40
    for number, url in enumerate(addresses):
        status, made = opened(stage, row, who, url, {"snapshot": kept} if number % 2 else {})
        assert status == 200, url
        wrong += too_many(f"{who} {url}", made)
    assert wrong == [], "\n".join(wrong)
