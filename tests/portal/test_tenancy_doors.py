"""A district's wall at its four doors: browser, REST, task and command; and a connection that keeps nothing."""

from __future__ import annotations

import hashlib
import inspect
import logging
import re
from itertools import zip_longest

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, ProgrammingError, connection, transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory
from django.urls import reverse

from facilities.models import Facility
from facilities.paging import encode
from inspections.models import Inspection
from portal import policies
from portal.access import Actor
from portal.celery import app as celery
from portal.errors import Refused
from portal.middleware import DistrictMiddleware
from portal.models import AuditEntry, StoredFile, Street
from portal.services.files import path_of
from portal.tasks import district_task
from portal.tenancy import ScopeError, city_scope, current_scope, district_scope, public_scope
from tests.portal import stage as stages
from tests.portal.access.rows import ROLES, CityRow, Row
from tests.portal.access_table import TABLE
from tests.portal.test_access import address, ask, patterns, prepared, stage  # noqa: F401
from tests.portal.test_house import APPS, ROOT

celery.loader.import_default_modules()
TASKS = {name: task for name, task in celery.tasks.items() if not name.startswith("celery.")}
#: Tasks of one district; those of the clock queue one of these for each.
OF_DISTRICTS = sorted(
    name for name, task in TASKS.items() if "actor" in inspect.signature(task.run).parameters
)


def settings_of_connection() -> tuple:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('portal.district', true), current_user::text, current_setting('role')"
        )
        district, user, role = cursor.fetchone()
    return district or "", user, role


def closed() -> bool:
    """Whether the connection is in nobody's scope: no district's rows can be asked for."""
    with pytest.raises(DatabaseError), transaction.atomic():
        Street.objects.count()
    return current_scope() is None and settings_of_connection() == ("", "portal_app", "none")


# --- Browser --------------------------------------------------------------------------------------

#: The city's own pages are no district's: tests/targets/test_naming.py has them.
FORMS = [
    row
    for row in TABLE
    if isinstance(row, Row) and not isinstance(row, CityRow) and row.method == "POST" and row.make
]


def foreign_data(row, stage) -> list[tuple[str, dict, dict]]:  # noqa: F811
    """(field, arguments, data) of the row's post with one value taken from the other district at a time."""
    kwargs, good = prepared(row, stage.inside)
    _theirs, bad = prepared(row, stage.foreign)
    found = []
    for (field, value), (other, theirs) in zip_longest(good.items(), bad.items(), fillvalue=(None, None)):
        if None in (field, other):  # the two districts have a different number of streets
            continue
        if field != other:  # text-<id of a finding>: the field itself names a row
            found.append(
                (
                    f"{field} as {other}",
                    kwargs,
                    {k: v for k, v in good.items() if k != field} | {other: theirs},
                )
            )
        elif refers(field, value) and value != theirs:
            found.append((field, kwargs, good | {field: theirs}))
            if isinstance(value, list):
                found.append((f"{field}, mixed", kwargs, good | {field: [value[0], theirs[0]]}))
    return found


def refers(field: str, value) -> bool:
    """Whether the value names a row: ids, lists of them, codes of things."""
    return isinstance(value, list) or field in (
        "street",
        "facility",
        "unit",
        "streets",
        "inspector",
        "scheme",
    )


@pytest.mark.walk(3)
@pytest.mark.parametrize("row", FORMS, ids=str)
def test_a_form_takes_nothing_of_another_district(row, stage):  # noqa: F811
    with stages.undone():
        attempts = foreign_data(row, stage)
        name = next(n for n in ROLES if row.expected(n) == row.success)
        for field, kwargs, data in attempts:
            before = stages.fingerprint()
            with stages.undone():
                answer = stage.clients[name].post(address(row, kwargs), data)
                assert 400 <= answer.status_code < 500, field
                assert stages.fingerprint() == before, field


@pytest.mark.long
def test_there_are_forms_with_references(stage):  # noqa: F811
    found = set()
    for row in FORMS:
        with stages.undone():
            if foreign_data(row, stage):
                found.add(row.url)
    assert {
        "facility-new",
        "facility-edit",
        "inspection-new",
        "order-answer",
        "order-recheck",
        "draw-team",
    } <= found


def test_a_role_takes_no_unit_or_street_of_another_district(stage):  # noqa: F811
    client, there = stage.clients["security_admin"], stage.foreign
    with stages.undone():
        for extra in (
            {"role": "bureau", "unit": there.unit.pk},
            {"role": "street_officer", "streets": [there.street.pk]},
        ):
            before = stages.fingerprint()
            answer = client.post("/minhang/people/new/", {"username": "li.lei", "name": "示例", **extra})
            assert answer.status_code == 422
            assert stages.fingerprint() == before


def test_filters_of_lists_find_nothing_of_another_district(stage):  # noqa: F811
    there = stage.foreign
    with stages.undone():
        with there.scope():
            visit = there.visit("finished", bad=True)
            order = visit.orders.get()
        client = stage.clients["bureau"]
        for path in (
            f"/minhang/facilities/?street={there.street.pk}",
            f"/minhang/facilities/?q={there.facility.code}",
            f"/minhang/staff/?facility={there.facility.code}",
            f"/minhang/inspections/?street={there.street.pk}&tab=done",
            f"/minhang/inspections/?q={visit.number}x{there.facility.code}",
            f"/minhang/orders/?street={there.street.pk}",
            f"/minhang/search/?q={there.facility.name}",
        ):
            text = client.get(path).content.decode()
            shown = text.split("</form>")[-1]  # the words that were searched for stand in the form itself
            assert there.facility.name not in shown.replace(f"“{there.facility.name}”", ""), path
            assert order.number not in text or order.number == own_number(stage, order), path


def own_number(stage, order) -> str | None:  # noqa: F811
    """Numbers are given in each district by itself, so that two may be alike."""
    with stage.inside.scope():
        return order.number if type(order).objects.filter(number=order.number).exists() else None


# --- Files ----------------------------------------------------------------------------------------


def test_a_file_is_served_with_its_record_only():
    """No address takes a StoredFile's own id; another district's record is no address here (test_access)."""
    named = {name for name, path in patterns() if re.search(r"<int:(file|photo|stored)", path)}
    known = {
        "order-file",
        "inspection-photo",
        "result-file",
        "result-photo",  # what failed in the own visit, once its draft was given: tests/inspections/test_evidence.py
        "complaint-photo",
        "incident-file",
        "evaluation-file",
        "guidance-event-photo",  # who holds the event
        "guidance-event-photo-remove",
    }
    assert named == known, "a new address of files: look at what it asks for"
    views = [path for app in APPS for path in (ROOT / app / "views").glob("*.py")]
    assert [p.name for p in views if "StoredFile.objects" in p.read_text()] == []


def test_the_same_content_in_two_districts_is_two_files(stage):  # noqa: F811
    with stages.undone():
        with stage.inside.scope():
            ours = stage.inside.stored(b"same")
        with stage.foreign.scope():
            theirs = stage.foreign.stored(b"same")
            assert not StoredFile.objects.filter(pk=ours.pk).exists()
        assert ours.sha256 == theirs.sha256
        assert path_of(ours) != path_of(theirs)


# --- REST -----------------------------------------------------------------------------------------


def api(stage, token: str, path: str, query=None):  # noqa: F811
    return ask(
        stage.clients["anonymous"],
        "GET",
        f"/api/v1/{path}",
        query,
        headers={"Authorization": f"Bearer {stage.tokens[token]}"},
    )


def test_a_token_reads_its_own_district(stage):  # noqa: F811
    ours = {row["code"] for row in api(stage, "all", "facilities/").json()["results"]}
    theirs = {row["code"] for row in api(stage, "foreign", "facilities/").json()["results"]}
    assert stage.inside.facility.code in ours and stage.foreign.facility.code in theirs
    assert not ours & theirs
    assert {row["district"] for row in api(stage, "all", "facilities/").json()["results"]} == {310112}


def test_the_api_finds_nothing_by_another_districts_ids(stage):  # noqa: F811
    there = stage.foreign
    assert api(stage, "all", f"facilities/{there.facility.pk}/").status_code == 404
    assert api(stage, "foreign", f"facilities/{there.facility.pk}/").status_code == 200
    for query in (
        {"street": there.street.code},
        {"search": there.facility.name},
        {"search": there.facility.code},
    ):
        answer = api(stage, "all", "facilities/", query)
        assert answer.status_code == 400 or answer.json()["results"] == []
    with stages.undone():
        with there.scope():
            there.visit("published")
        assert api(stage, "foreign", "inspections/").json()["results"]
        assert api(stage, "all", "inspections/", {"facility": there.facility.code}).json()["results"] == []
        numbers = [r["facility"] for r in api(stage, "all", "inspections/").json()["results"]]
        assert there.facility.code not in numbers


def test_another_districts_cursor_leads_into_the_own_rows(stage):  # noqa: F811
    for cursor in (encode([stage.foreign.facility.code]), encode([""])):
        answer = api(stage, "all", "facilities/", {"cursor": cursor})
        assert {row["district"] for row in answer.json()["results"]} <= {310112}
    with stages.undone():
        with stage.foreign.scope():
            theirs = stage.foreign.visit("published")
        answer = api(stage, "all", "inspections/", {"cursor": encode([theirs.pk - 1])})
        assert answer.json()["results"] == []


def test_a_token_with_another_districts_name_opens_nothing(stage):  # noqa: F811
    """The district in the token only says where to look for it."""
    forged = stage.tokens["all"].replace("sy_minhang_", "sy_jinshan_")
    answer = ask(
        stage.clients["anonymous"],
        "GET",
        "/api/v1/facilities/",
        headers={"Authorization": f"Bearer {forged}"},
    )
    assert answer.status_code == 401
    assert closed()


def test_the_api_does_not_say_who_else_is_there(stage):  # noqa: F811
    """What a stranger to a district learns is the same as of a district that does not exist."""
    answers = []
    for slug in ("jinshan", "nowhere"):
        answer = ask(
            stage.clients["anonymous"],
            "GET",
            "/api/v1/facilities/",
            headers={"Authorization": f"Bearer sy_{slug}_x"},
        )
        answers.append((answer.status_code, answer.content))
    assert answers[0] == answers[1]


# --- Tasks ----------------------------------------------------------------------------------------


def run_task(name: str, *args):
    """As a worker runs it, without a broker; what it would queue is dropped with the transaction."""
    return TASKS[name].apply(args=args, throw=True)


def arguments(name: str) -> int:
    """How many ids a task takes beside the district's."""
    parameters = list(inspect.signature(TASKS[name].run).parameters.values())
    return len([p for p in parameters[1:] if p.name != "actor" and p.default is p.empty])


@pytest.mark.parametrize("name", OF_DISTRICTS)
def test_a_message_for_an_unknown_district_is_dropped(name, stage, caplog):  # noqa: F811
    with stages.undone():
        before = stages.fingerprint()
        for district in (0, -1, 999_999, 10**30, None, "minhang", "310112", [], {"pk": 310112}, True):
            caplog.clear()
            with caplog.at_level(logging.ERROR):
                assert run_task(name, district, *[1] * arguments(name)).result is None, district
            assert "unknown district" in caplog.text, district
            assert closed()
        assert stages.fingerprint() == before


@pytest.mark.parametrize("name", [n for n in OF_DISTRICTS if arguments(n)])
@pytest.mark.parametrize("junk", [0, -1, 987_654_321, 10**30, None, "x", "1; DROP TABLE portal_user"])
def test_a_message_for_an_unknown_id_is_dropped(name, junk, stage, caplog):  # noqa: F811
    with stages.undone():
        before = stages.fingerprint()
        with caplog.at_level(logging.ERROR):
            assert run_task(name, stage.cast.minhang.pk, *[junk] * arguments(name)).result is None
        assert name in caplog.text
        assert stages.fingerprint() == before
        assert closed()


def test_a_message_with_another_districts_id_is_dropped(stage, caplog):  # noqa: F811
    """The report of Jinshan is no report in Minhang."""
    from tests.portal.access.targets import reported

    with stages.undone():
        with stage.foreign.scope():
            theirs = reported(stage.foreign)
        before = stages.fingerprint()
        with caplog.at_level(logging.ERROR):
            run_task("targets.print_report", stage.cast.minhang.pk, theirs.pk)
        assert "targets.print_report" in caplog.text
        assert stages.fingerprint() == before


@pytest.mark.parametrize("name", OF_DISTRICTS)
def test_every_task_of_a_district_runs_in_its_scope(name):
    """There is no other way to make one: the wrapper opens the scope before the function runs."""
    run = TASKS[name]._orig_run  # below Celery's own wrapper, by which it comes again
    assert run.__code__.co_filename.endswith("portal/tasks.py")
    assert run.__wrapped__.__code__.co_filename.endswith("/tasks.py")


def test_a_task_without_a_district_reads_no_district():
    others = set(TASKS) - set(OF_DISTRICTS)
    for name in others:
        source = inspect.getsource(TASKS[name].run)
        assert "each_district(" in source, f"{name} does more than queue a task for each district"


def test_a_task_that_fails_in_the_middle_leaves_nothing(stage):  # noqa: F811
    @district_task("tests.fails")
    def fails(district, *, actor):
        AuditEntry.objects.create(actor="x", action="x", subject_type="x", subject="x")
        raise RuntimeError("示例")

    with stages.undone():
        before = stages.fingerprint()
        with pytest.raises(RuntimeError), stages.kept():
            fails.apply(args=[stage.cast.minhang.pk], throw=True)
        assert stages.fingerprint() == before
        assert closed()
    celery.tasks.unregister("tests.fails")


# --- Commands -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "args"),
    [
        ("month", ["--district", "nowhere", "--month", "2026-11"]),
        ("account", ["li.lei", "--district", "nowhere", "--role", "auditor", "--name", "示例"]),
    ],
)
def test_a_command_for_an_unknown_district_says_which_there_are(command, args, stage):  # noqa: F811
    with pytest.raises(CommandError) as error:
        call_command(command, *args)
    assert "minhang" in str(error.value)
    assert closed()


# --- Scopes and connections -----------------------------------------------------------------------


def middleware(view):
    return DistrictMiddleware(view)


def request_of(stage, path: str, name: str = "bureau"):  # noqa: F811
    request = RequestFactory().get(path)
    request.user = stage.cast.users[name]
    request.session = stage.clients[name].session
    return request


def test_outside_of_a_district_a_query_is_an_error_and_no_rows(stage):  # noqa: F811
    def view(request):
        return HttpResponse(str(list(Street.objects.all())))

    for path in ("/", "/sign-in/", "/design/", "/api/v1/facilities/"):
        with pytest.raises(DatabaseError), stages.kept():
            middleware(view)(request_of(stage, path))
    assert closed()


def test_a_page_that_streams_is_refused(stage):  # noqa: F811
    def view(request):
        return StreamingHttpResponse(str(one) for one in Street.objects.all())

    with pytest.raises(RuntimeError, match="stream"), stages.kept():
        middleware(view)(request_of(stage, "/minhang/"))
    assert closed()


def test_a_lazy_page_is_rendered_inside_of_the_scope(stage):  # noqa: F811
    from django.template.response import SimpleTemplateResponse

    def view(request):
        return SimpleTemplateResponse("400.html", {"rows": Street.objects.all()})

    answer = middleware(view)(request_of(stage, "/minhang/"))
    assert answer.is_rendered


def test_two_requests_on_one_connection_share_nothing(stage):  # noqa: F811
    seen = []

    def view(request):
        seen.append((settings_of_connection(), set(Street.objects.values_list("district_id", flat=True))))
        return HttpResponse("x")

    middleware(view)(request_of(stage, "/minhang/"))
    assert closed()
    middleware(view)(request_of(stage, "/jinshan/", "stranger"))
    assert closed()
    middleware(view)(request_of(stage, "/minhang/", "city_officer"))
    assert closed()
    assert [one[0] for one in seen] == [
        ("310112", "portal_app", "none"),
        ("310116", "portal_app", "none"),
        ("310112", "portal_reader", "portal_reader"),
    ]
    assert [one[1] for one in seen] == [{310112}, {310116}, {310112}]


@pytest.mark.parametrize("error", [RuntimeError("示例"), Refused("示例"), ProgrammingError("示例")])
def test_an_exception_in_between_leaves_nothing_of_the_scope(error, stage):  # noqa: F811
    def view(request):
        AuditEntry.objects.create(actor="x", action="x", subject_type="x", subject="x")
        raise error

    with stages.undone():
        before = stages.fingerprint()
        with pytest.raises(type(error)), stages.kept():
            middleware(view)(request_of(stage, "/minhang/"))
        assert closed()
        assert stages.fingerprint() == before


def test_a_broken_statement_in_between_leaves_nothing_of_the_scope(stage):  # noqa: F811
    def view(request):
        with connection.cursor() as cursor:
            cursor.execute("SELECT no_such_column FROM portal_street")

    with pytest.raises(ProgrammingError), stages.kept():
        middleware(view)(request_of(stage, "/minhang/", "city_officer"))
    assert closed()


def test_an_answer_of_400_undoes_what_was_written(stage):  # noqa: F811
    def view(request):
        AuditEntry.objects.create(actor="x", action="x", subject_type="x", subject="x")
        return HttpResponse("示例", status=409)

    with stages.undone():
        before = stages.fingerprint()
        assert middleware(view)(request_of(stage, "/minhang/")).status_code == 409
        assert stages.fingerprint() == before
        assert closed()


def test_the_role_of_a_scope_ends_with_it(stage):  # noqa: F811
    for opened, role in (
        (city_scope(), "portal_city"),
        (public_scope(), "portal_public"),
        (district_scope(stage.cast.minhang, read_only=True), "portal_reader"),
    ):
        with opened:
            assert settings_of_connection()[1] == role
        assert closed()


def test_the_application_takes_on_no_other_role(stage):  # noqa: F811
    for role in ("portal_owner", "postgres", "portal_search"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('role', %s, true)", [role])


def test_a_scope_in_another_districts_scope_is_an_error(stage):  # noqa: F811
    with pytest.raises(ScopeError), district_scope(stage.cast.minhang), district_scope(stage.cast.jinshan):
        pass
    assert closed()


def test_the_search_looks_into_its_own_district_only(stage):  # noqa: F811
    """Its function runs past row-level security, so it repeats the district's filter itself."""
    from facilities.search import found_ids

    with stage.inside.scope():
        theirs = {stage.foreign.facility.pk}
        for text in ("示例", stage.foreign.facility.name, "TS9001", "%", "_"):
            assert not theirs & set(found_ids(Facility, text) or ())
    with connection.cursor() as cursor:
        for name in policies.FUNCTIONS:
            if "SECURITY DEFINER" not in policies.FUNCTIONS[name]:
                continue  # runs as whoever asks, under row-level security
            assert "portal.district" in policies.FUNCTIONS[name], name
        with pytest.raises(DatabaseError), transaction.atomic():
            cursor.execute("SELECT count(*) FROM facilities_facility")


def test_the_public_pages_show_no_unpublished_row(stage):  # noqa: F811
    with stages.undone():
        with stage.inside.scope():
            visit = stage.inside.visit("finished", bad=True)
            draw = stage.inside.draw()
        with public_scope():
            assert not Inspection.objects.filter(pk=visit.pk).exists()
        page = ask(
            stage.clients["anonymous"], "GET",
            reverse("public-draw", args=["minhang", draw.scheme.key, draw.year, draw.month]),
        ).content.decode()  # fmt: skip
        assert draw.frozen_sha256[:8] in page
        for code in [i.code for i in stage.inside.inspectors]:
            assert code not in page, "who will come is not public before the evidence is"


def test_a_process_of_one_district_writes_in_its_own(stage):  # noqa: F811
    with stages.undone(), stage.inside.scope():
        actor = Actor.system(stage.cast.jinshan, "test")  # the wrong one, on purpose
        from portal.services import audit

        entry = audit.record("tests.x", None, actor=actor)
        entry.refresh_from_db()
        assert entry.district_id == stage.cast.minhang.pk, "the database fills it in, not the caller"


def test_a_token_is_kept_as_its_hash_in_its_district(stage):  # noqa: F811
    from portal.models import ApiClient

    digest = hashlib.sha256(stage.tokens["all"].encode()).hexdigest()
    with stage.inside.scope():
        assert ApiClient.objects.filter(token_sha256=digest).exists()
    with stage.foreign.scope():
        assert not ApiClient.objects.filter(token_sha256=digest).exists()
