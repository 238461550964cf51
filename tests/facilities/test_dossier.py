"""The dossier: one order of time over all apps, paged by key, with the reader's rights; and its PDF."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from facilities import dossier_content
from facilities.models import DossierPrint, EmergencyDrill, EmergencyPlan, Facility, FacilityTransition
from facilities.models.credit import listing
from facilities.paging import encode
from facilities.services import dossiers
from facilities.tasks import print_dossier
from portal.access import Actor
from portal.dossier import KINDS, LAST, Wanted, kinds_of, leaf
from portal.errors import Denied, NotFound, Refused
from portal.models.people import Membership
from portal.models.records import AuditEntry
from portal.navigation import REGISTRY
from portal.services import audit
from portal.services.files import path_of
from portal.tenancy import district_scope
from tests import rows
from tests.facilities import factories
from tests.facilities.credit import in_force
from tests.portal.stage import days

pytestmark = pytest.mark.django_db
BUSY = date(2026, 3, 3)
ALL = Wanted()


@pytest.fixture
def minhang(cast):
    """A facility with many events on few days, of several streams."""
    with district_scope(cast.minhang):
        facility = cast.facility
        for number in range(5):
            FacilityTransition.objects.create(
                facility=facility,
                source="operating",
                target="suspended",
                on=BUSY - timedelta(number // 3),
                reason=f"示例{number}",
                by=cast.users["bureau"],
            )
            audit.record("facilities.facility.change", facility, actor=cast.actor("bureau"))
            factories.employment(facility, starts_on=BUSY)
        in_force(facility, cast.actor("bureau"), cast.actor("head"))
        in_force(facility, cast.actor("bureau"), cast.actor("head"), "honour")
        plan = rows.make(
            EmergencyPlan, facility=facility, kind="fire", version=2, title="示例预案", approved_on=BUSY,
            approved_by="示例批准人",
        )  # fmt: skip
        for number, result in enumerate(("good", "mend")):
            rows.make(
                EmergencyDrill, plan=plan, held_on=BUSY + timedelta(number), scenario=f"示例疏散{number}",
                leader="示例组织人", staff_count=9, child_count=40, result=result, problems="集合慢",
            )  # fmt: skip
        yield cast


def read(cast, name: str = "bureau", wanted: Wanted = ALL, size: int = 500) -> list:
    """The whole dossier, in pages of `size`."""
    found, after = [], None
    while True:
        page = leaf(REGISTRY.dossier(), cast.facility, cast.actor(name), wanted, after=after, size=size)
        assert len(page.events) <= size
        found += page.events
        after = page.after
        if after is None:
            return found


def test_the_streams_are_of_known_kinds_and_their_order_is_fixed():
    streams = REGISTRY.dossier()
    assert {stream.kind for stream in streams} <= KINDS.keys()
    assert len({stream.key for stream in streams}) == len(streams)
    assert list(kinds_of(streams)) == [key for key in KINDS if key in {s.kind for s in streams}]


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pages_of_any_size_make_the_whole_and_nothing_comes_twice(minhang, size):
    whole = read(minhang)
    assert len(whole) > 14
    assert [e.day for e in whole] == sorted((e.day for e in whole), reverse=True)
    assert read(minhang, size=size) == whole


def test_an_event_that_comes_in_between_moves_no_page(minhang):
    first = leaf(REGISTRY.dossier(), minhang.facility, minhang.actor("bureau"), size=4)
    rest = read(minhang)[4:]
    FacilityTransition.objects.create(
        facility=minhang.facility, source="operating", target="suspended",
        on=first.events[0].day + timedelta(1), reason="新来的",
    )  # fmt: skip
    after = leaf(
        REGISTRY.dossier(), minhang.facility, minhang.actor("bureau"), after=first.after, size=500
    ).events
    assert after == rest


def test_kinds_and_days_narrow_it(minhang):
    staff = read(minhang, wanted=Wanted(frozenset({"staff"})))
    assert [(e.day, e.kind) for e in staff] == [(BUSY, "staff")]
    assert "5" in staff[0].fact  # one line for the day
    some = read(minhang, wanted=Wanted(since=BUSY, until=BUSY))
    assert {e.day for e in some} == {BUSY}
    assert "credit" in {e.kind for e in read(minhang, wanted=Wanted(frozenset({"credit"})))}


def test_plans_and_drills_are_events(minhang):
    found = read(minhang, wanted=Wanted(frozenset({"emergency"})))
    assert [(e.day, e.state, e.fact) for e in found] == [
        (BUSY + timedelta(1), "warn", "消防安全演练：示例疏散1"),
        (BUSY, "ok", "消防安全演练：示例疏散0"),
        (BUSY, "ok", "消防安全预案第 2 版批准"),
    ]
    assert "从业人员 9 人，幼儿 40 名" in found[0].detail and "集合慢" in found[0].detail
    assert "示例组织人" not in str(found) and "示例批准人" not in str(found)
    assert f"/facilities/{minhang.facility.pk}/emergency/" in found[0].url


def test_each_event_asks_for_its_own_right(minhang):
    def kinds(name):
        return {e.kind for e in read(minhang, name)}

    assert {"file", "staff", "credit", "emergency"} <= kinds("bureau")
    assert "staff" not in kinds("department") and "emergency" in kinds("department")
    assert kinds("desk") == {"file"}
    names = " ".join(e.detail for e in read(minhang))
    assert minhang.users["bureau"].name not in names  # masked


def test_the_print_holds_what_its_maker_may_see_and_is_on_record(minhang):
    run = dossiers.order(minhang.facility, actor=minhang.actor("bureau"), queued=False)
    print_dossier.run(minhang.minhang.pk, run.pk)
    run.refresh_from_db()
    assert (run.state, run.file.content_type) == ("done", "application/pdf")
    assert run.events == len(read(minhang))
    assert path_of(run.file).read_bytes().startswith(b"%PDF")
    actions = AuditEntry.objects.filter(action__startswith="facilities.dossier.").order_by("pk")
    assert [(a.action.rsplit(".", 1)[1], a.user) for a in actions] == [
        ("order", minhang.users["bureau"]), ("print", minhang.users["bureau"]),
    ]  # fmt: skip
    before = run.file_id
    print_dossier.run(minhang.minhang.pk, run.pk)  # the message comes again
    run.refresh_from_db()
    assert run.file_id == before


def test_the_text_of_a_print_follows_the_reader(minhang):
    facility = (
        Facility.objects.annotate(listing=listing())
        .select_related("street", "operator")
        .get(pk=minhang.facility.pk)
    )

    def content(name):
        return dossier_content.gather(facility, minhang.actor(name), Wanted(), on=timezone.localdate())

    run = DossierPrint(kinds=["staff"], since=date(2026, 1, 1))
    html = dossiers.html_of(facility, content("bureau"), run, date(2026, 11, 22))
    assert "从业人员到岗 5 人" in html and "2026年1月1日至2026年11月22日" in html
    assert "从业人员到岗" not in dossiers.html_of(facility, content("department"), run, date(2026, 11, 22))


def test_who_lost_the_facility_gets_no_print(minhang):
    run = dossiers.order(minhang.facility, actor=minhang.actor("officer"), queued=False)
    Membership.objects.filter(user=minhang.users["officer"]).update(ends_on=date(2025, 1, 1))
    print_dossier.run(minhang.minhang.pk, run.pk)
    run.refresh_from_db()
    assert (run.state, run.file, bool(run.problem)) == ("refused", None, True)


def test_a_print_is_refused_out_of_reach_for_a_strange_kind_and_days_the_wrong_way(minhang):
    beyond = Facility.objects.get(code="TS0002")
    with pytest.raises(NotFound):
        dossiers.order(beyond, actor=minhang.actor("operator"))
    with pytest.raises(Denied):
        dossiers.order(minhang.facility, actor=minhang.actor("desk"))
    with pytest.raises(Refused):
        dossiers.order(minhang.facility, actor=minhang.actor("bureau"), kinds=["nonsense"])
    with pytest.raises(Refused):
        dossiers.order(minhang.facility, actor=minhang.actor("bureau"), since=BUSY, until=BUSY - timedelta(1))
    assert not DossierPrint.objects.exists()


def test_an_unknown_run_is_dropped(cast):
    for junk in (-1, 2**70, "x", None):
        assert print_dossier.run(cast.minhang.pk, junk) is None


def test_the_pages(cast, client):
    with district_scope(cast.minhang):
        for number in range(60):
            FacilityTransition.objects.create(
                facility=cast.facility,
                source="operating",
                target="suspended",
                on=BUSY,
                reason=f"示例{number}",
            )
    url = reverse("dossier", args=["minhang", cast.facility.pk])
    client.force_login(cast.users["bureau"])
    first = client.get(url, {"kind": "file", "since": "2020-01-01"})
    assert len(first.context["events"]) == 50
    assert first.context["older"].startswith("?kind=file&since=2020-01-01&after=")
    second = client.get(url + first.context["older"])
    assert len(second.context["events"]) == 11 and not second.context["older"]  # and its opening
    assert not {e.number for e in first.context["events"]} & {e.number for e in second.context["events"][:10]}
    assert client.get(url, {"after": "nonsense"}).status_code == 400
    assert client.get(url, {"after": encode([BUSY, 0, LAST])}).status_code == 200
    strange = client.get(url, {"kind": "nonsense", "since": "x"})
    assert strange.status_code == 200 and strange.context["problems"]
    run = client.post(reverse("dossier-print", args=["minhang", cast.facility.pk]), {"since": days(-9)})
    assert run.status_code == 302
    client.force_login(cast.users["clerk"])
    assert client.get(run["Location"]).status_code == 404  # its maker's alone


def test_the_city_reads_and_orders_nothing(cast, client):
    client.force_login(cast.users["city_officer"])
    page = client.get(reverse("dossier", args=["minhang", cast.facility.pk]))
    assert page.status_code == 200 and not page.context["may_print"]
    answer = client.post(reverse("dossier-print", args=["minhang", cast.facility.pk]))
    assert answer.status_code == 403


def test_a_system_sees_every_stream(cast):
    with district_scope(cast.minhang):
        factories.employment(cast.facility)
        actor = Actor.system(cast.minhang, "test")
        assert "staff" in {e.kind for e in leaf(REGISTRY.dossier(), cast.facility, actor).events}
        assert rows.make(DossierPrint).state == "making"
