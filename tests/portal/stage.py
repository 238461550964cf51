"""The stage of the tests that walk URLs: the cast, and in three places the things that URLs are about.

`inside` is what the cast's officer, operator, desk, inspectors and units reach in Minhang, `outside` is the same in
Minhang beyond their reach, `foreign` the same in Jinshan. It is built once per module in one transaction; each request
runs in a savepoint that is undone.
"""

from __future__ import annotations

import hashlib
import io
import itertools
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from PIL import Image

from facilities.models import Facility
from inspections.models import (
    Complaint,
    Draw,
    Incident,
    Inspection,
    InspectionPlan,
    Inspector,
    InspectorStreet,
    Order,
    ResultReview,
    Scheme,
)
from inspections.services import (
    answers,
    complaints,
    confirmations,
    draw_entropy,
    draw_voids,
    draws,
    freezing,
    incidents,
    orders,
    plans,
    rechecks,
    results,
    visits,
)
from inspections.services.checklists import items_of
from portal import policies
from portal.access import Actor
from portal.models import District, Membership, Street, Unit, User
from portal.rules.rights import Role
from portal.services import people
from portal.services.files import store_file
from portal.tenancy import current_scope, district_scope
from targets.models.tasks import ProgressFile, ProgressReport, ReportingRound, Task
from targets.rules import tasks as task_rules
from targets.services import rounds
from tests import cast as casting
from tests import plugin, rows

_numbers = itertools.count(1)
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00"
    b"\rIDATx\x9cc\xf8\xff\xff?\x00\x05\xfe\x02\xfe\xa75\x81\x84\x00\x00\x00\x00IEND\xaeB`\x82"
)
PDF = b"%PDF-1.4\n%%EOF\n"


def dice() -> str:
    """Twenty dice that nobody has thrown before."""
    number = next(_numbers)
    return " ".join(str(number // 6**n % 6 + 1) for n in range(20))


def png(name: str = "a.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, PNG, "image/png")


def photograph(name: str = "photo.jpg", exif: bytes = b"") -> SimpleUploadedFile:
    """A small photograph as a telephone makes it; each is another."""
    body = io.BytesIO()
    Image.new("RGB", (8, 8), (next(_numbers) % 256, 90, 20)).save(body, "JPEG", exif=exif)
    return SimpleUploadedFile(name, body.getvalue(), "image/jpeg")


def days(number: int) -> str:
    """A day from today on, as a form says it."""
    return (timezone.localdate() + timedelta(days=number)).isoformat()


@dataclass
class Place:
    """One of the three: a district, and in it a street, a facility, a unit and two inspectors with licences."""

    name: str
    district: District
    street: Street
    facility: Facility
    unit: Unit
    inspectors: list[Inspector]
    users: dict[str, User]
    scheme: Scheme

    def scope(self):
        return district_scope(self.district)

    @property
    def process(self) -> Actor:
        return Actor.system(self.district, "test")

    def actor(self, name: str) -> Actor:
        return Actor.of(self.users[name], self.district)

    def bureau(self) -> Actor:
        return self.actor("bureau")

    # --- Things that URLs are about; each is new, the district's scope is open

    def stored(self, content: bytes = b""):
        upload = SimpleUploadedFile("a.png", PNG + (content or str(next(_numbers)).encode()), "image/png")
        return store_file(upload, actor=self.process)

    def complaint(self, state: str = "handling", handler: str = "street", phone: str = "") -> Complaint:
        made, _code = complaints.submit(
            subject="care", where=self.facility.code, text="示例投诉：午睡时没有人巡视", phone=phone,
            photos=[photograph()], actor=Actor.visitor(self.district),
        )  # fmt: skip
        if state == "received":
            return made
        return complaints.sort_out(
            made, facility=self.facility, subject="care", handler=handler, actor=self.process
        )

    def incident(self, state: str = "open") -> Incident:
        now = timezone.now() - timedelta(hours=1)
        made = incidents.report_first(
            self.facility, kind="injury", happened_at=now, known_at=now, place="示例活动室",
            text="示例：从滑梯上摔下，擦伤额头", children=1, injured=0, parents_told_at=now, files=[png()],
            actor=self.process,
        )  # fmt: skip
        if state == "reported":
            incidents.report_next(made, text="示例：检查没有大碍，在家休息", final=True, actor=self.process)
            made.refresh_from_db()
        return made

    def visit(self, state: str = "due", bad: bool = False) -> Inspection:
        """An unscheduled visit of the place's facility, led to a state; `bad`: with one failed item."""
        today = timezone.localdate()
        made = visits.create_unscheduled(
            self.complaint(),
            inspectors=self.inspectors,
            due_on=today + timedelta(days=9),
            actor=self.process,
        )
        if state == "due":
            return made
        made = visits.start(made, actor=self.process)
        if state == "under_way":
            return made
        items = list(items_of(made))
        given = {item.pk: answers.Given("ok") for item in items}
        if bad:
            given[items[0].pk] = answers.Given("bad", "示例问题")
        answers.save_answers(made, given, actor=self.process)
        if state == "answered":
            return made
        made = visits.sign_off(made, present="示例园长", actor=self.process)
        if state == "signed":
            return made
        made = confirmations.confirm_visit(made, actor=self.process)
        if state == "lapsed":  # the facility's days are over
            yesterday = today - timedelta(days=1)
            ResultReview.objects.filter(inspection=made).update(answer_by=yesterday)
        if state == "published":  # after the facility's days to answer
            return results.publish_result(made, actor=self.process, now=timezone.now() + timedelta(days=30))
        return made

    def order(self, state: str = "issued") -> Order:
        made = self.visit("finished", bad=True).orders.get()
        if state == "answered":
            finding = made.findings.get()
            made = orders.answer_order(made, texts={finding.pk: "改好了"}, actor=self.process)
        elif state == "rechecked":  # written down by the product, signed by nobody yet
            finding = made.findings.get()
            made = rechecks.recheck(
                made,
                results={finding.pk: rechecks.CLOSED},
                note="看过了",
                inspectors=[one.code for one in self.inspectors],
                actor=self.process,
            )
        return made

    def draw(self, state: str = "drawn") -> Draw:
        """A draw of this month in a scheme of its own."""
        scheme = plans.confirm_publicity(self.new_scheme(), actor=self.process)
        today = timezone.localdate()
        made = freezing.freeze(scheme, today.year, today.month, actor=self.process)
        if state == "frozen":
            return made
        later = timezone.now() + timedelta(seconds=1)
        made = draw_entropy.enter_witness(made, source="witness", value=dice(), actor=self.process, at=later)
        if state == "witnessed":
            return made
        made = draws.confirm_and_draw(made, actor=self.process, at=later)
        if state == "void_requested":
            made = draw_voids.request_void(made, reason="示例理由", actor=self.process)
        return made

    def new_scheme(self) -> Scheme:
        one = Scheme.objects.get(pk=self.scheme.pk)
        one.pk, one._state.adding, one.key = None, True, f"stage-{next(_numbers)}"
        one.grades_public_confirmed_at = None
        one.save()
        return one

    def round(self) -> ReportingRound:
        return rounds.open_round(*task_rules.quarter_of(timezone.localdate()), actor=self.process)

    def task(self) -> Task:
        row = rows.make(Task)
        rows.make(Task.units.rel.related_model, task=row, unit=self.unit, role="lead", name=self.unit.name)
        return row

    def report(self, state: str = "submitted") -> ProgressReport:
        return rows.make(
            ProgressReport,
            task=self.task(),
            unit=self.unit,
            round=self.round(),
            state=state,
            percent=40,
            version=1,
        )

    def progress_file(self, state: str = "submitted") -> ProgressFile:
        return ProgressFile.objects.create(report=self.report(state), file=self.stored())

    def person(self, role: str = Role.EXPERT) -> Membership:
        user = User.objects.create(username=f"stage-{next(_numbers)}", name="示例某人", password="!")
        return Membership.objects.create(user=user, role=role, starts_on=date(2020, 1, 1))


@dataclass
class Stage:
    cast: casting.Cast
    inside: Place
    outside: Place
    foreign: Place
    clients: dict[str, Client] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self):
        self.clients = {"anonymous": Client()}
        for name, user in self.cast.users.items():
            self.clients[name] = Client()
            self.clients[name].force_login(user)

    def cast_scope(self):
        """The district of the cast."""
        return district_scope(self.cast.minhang)


def _inspector(district: District, unit: Unit, street: Street, user: User | None) -> Inspector:
    number = next(_numbers)
    made = Inspector.objects.create(
        code=f"ST{number:03d}",
        user=user,
        name=f"示例检查{number}",
        unit=unit,
        licence_number=f"31-{number}",
        licence_from=date(2020, 1, 1),
        licence_until=date(2099, 12, 31),
    )
    InspectorStreet.objects.create(inspector=made, street=street)
    return made


def _place(name: str, district: District, street, facility, units, users: dict[str, User]) -> Place:
    """Inside of the open scope."""
    team = [
        _inspector(district, unit, street, user)
        for unit, user in zip(units, (users.get("inspector"), users.get("inspector2")), strict=True)
    ]
    today = timezone.localdate()
    plan = InspectionPlan.objects.order_by("-year").first()
    if plan is None or plan.published_on is None or plan.year > today.year:
        plan = rows.make(
            InspectionPlan,
            year=today.year,
            title="示例计划",
            state="published",
            published_on=date(2020, 1, 1),
        )
    scheme = Scheme.objects.create(
        plan=plan,
        key=f"stage-{next(_numbers)}",
        name="示例方案",
        subject="安全防控",
        kinds=["nursery"],
        rates_permille={"A": 50, "B": 100, "C": 200, "D": 500},
        team_size=2,
        cap=12,
        last_day=12,
    )
    return Place(name, district, street, facility, units[0], team, users, scheme)


def build() -> Stage:
    watch()
    cast = casting.make()
    with district_scope(cast.minhang):
        inside = _place(
            "inside",
            cast.minhang,
            cast.street,
            cast.facility,
            (cast.bureau_unit, cast.health_unit),
            cast.users,
        )
        far = [casting.unit(f"stage-{n}", f"示例单位{n}", "department") for n in (1, 2)]
        beyond = Facility.objects.get(code="TS0002")
        outside = _place(
            "outside", cast.minhang, cast.other_street, beyond, far, {"bureau": cast.users["clerk"]}
        )
    with district_scope(cast.jinshan):
        theirs = [
            casting.unit("jinshan-education", "区教育局", "education"),
            casting.unit("js-2", "示例", "department"),
        ]
        foreign = _place(
            "foreign",
            cast.jinshan,
            cast.foreign_facility.street,
            cast.foreign_facility,
            theirs,
            {"bureau": cast.users["stranger"]},
        )
    stage = Stage(cast, inside, outside, foreign)
    today = timezone.localdate()
    for place, name, scopes in (
        (inside, "all", list(people.SCOPES)),
        (foreign, "foreign", list(people.SCOPES)),
        *((inside, scope, [scope]) for scope in people.SCOPES),
    ):
        with place.scope():
            admin = Actor(place.district, place.users["bureau"], roles=frozenset({Role.SYSTEM_ADMIN}))
            stage.tokens[name] = people.create_client(name=name, scopes=scopes, actor=admin, on=today)[1]
    return stage


def ended_token(stage: Stage) -> str:
    """A token of Minhang that was stopped."""
    admin = Actor(stage.cast.minhang, stage.cast.users["system_admin"], roles=frozenset({Role.SYSTEM_ADMIN}))
    today = timezone.localdate()
    with district_scope(stage.cast.minhang):
        client, token = people.create_client(name="ended", scopes=list(people.SCOPES), actor=admin, on=today)
        people.end_client(client, actor=admin, on=today)
    return token


@contextmanager
def undone():
    """What happens in here is undone at its end."""
    with transaction.atomic():
        try:
            yield
        finally:
            transaction.set_rollback(True)


def _marks(models) -> str:
    """SQL: of each table how many rows it has, and the last transaction that wrote one."""
    tables = [m._meta.db_table for m in models]
    return " UNION ALL ".join(
        f"SELECT '{t}' || count(*) || ' ' || coalesce(max(xmin::text::bigint), 0) FROM {t}" for t in tables
    )


def watch() -> None:
    """Gives this process's test database the function behind `fingerprint`, which sees the rows of all districts.

    It runs as the server's superuser, whom no policy holds; one function, so that the plan of its hundred tables is
    made once per connection. The template has none of it, and so no real process.
    """
    body = _marks([User, *policies.tenant_models()])
    with plugin.cluster().superuser(connection.settings_dict["NAME"]) as owner:
        owner.execute("CREATE SCHEMA IF NOT EXISTS watch")
        owner.execute("GRANT USAGE ON SCHEMA watch TO PUBLIC")
        owner.execute(
            "CREATE OR REPLACE FUNCTION watch.marks() RETURNS SETOF text LANGUAGE plpgsql SECURITY DEFINER"
            f" SET search_path = public AS $marks$ BEGIN RETURN QUERY {body}; END $marks$"
        )


def fingerprint() -> str:
    """Changes whenever a row of any district's table, or of the users, is added, changed or deleted."""
    assert current_scope() is None
    with connection.cursor() as cursor:
        cursor.execute("SELECT watch.marks()")
        return hashlib.sha256(repr(sorted(cursor.fetchall())).encode()).hexdigest()


@contextmanager
def kept():
    """A savepoint: what an exception leaves behind does not spoil the transaction around it."""
    with transaction.atomic():
        yield
