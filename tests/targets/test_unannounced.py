"""Inspections come unannounced: while a month's visits are not public only the bureau reads the number of a street."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from guardian.shortcuts import assign_perm

from facilities.models import Facility, Kindergarten
from inspections.models import Draw, Inspection
from inspections.services import undisclosed
from portal.access import Actor
from portal.models import ApiClient
from portal.tenancy import district_scope
from targets.models import Report, ReportSetting
from targets.services import report_settings, reports, rollup, unannounced
from tests.rows import make
from tests.targets import figures as f

pytestmark = pytest.mark.django_db
TOKEN = "sy_minhang_unannounced-secret"
WAIT = "各街镇的数等抽到的检查都做完"
BUREAU = ("bureau", "clerk")
#: Everybody with target.view who may not see what is drawn; `city_officer` looks in from the city.
OTHERS = ("head", "auditor", "officer", "department", "inspector", "city_officer")


@pytest.fixture
def minhang(cast):
    """Of this month's draw three visits in 七宝镇 are made, two in 古美街道 are not."""
    today = timezone.localdate()
    with district_scope(cast.minhang):
        Kindergarten.objects.all().delete()
        Facility.objects.update(opened_on=None)
        f.all_parameters()
        ReportSetting.objects.all().delete()
        ReportSetting.objects.create(kind="monthly", **report_settings.read()["monthly"]["310112"])
        for _n in range(3):
            f.visit(f.facility(cast.street), today)
        cast.open = [f.visit(f.facility(cast.other_street), today, state="due") for _n in range(2)]
        Inspection.objects.filter(pk__in=[v.pk for v in cast.open]).update(due_on=today + timedelta(days=3))
        assign_perm("portal.serve_street", cast.officer, cast.other_street)
        process = Actor.system(cast.minhang, "test")
        cast.snapshots = [
            rollup.roll_up(rollup.period_of(today.year, month, on=today), actor=process)
            for month in (today.month, None)
        ]
        told = {"metric": "drawn_visits_made", "target": "", "street": "古美街道", "was": "0 1", "now": "0 2"}
        for snapshot in cast.snapshots:
            type(snapshot).objects.filter(pk=snapshot.pk).update(differs=[told])
        ApiClient.objects.create(
            name="市级平台", token_sha256=hashlib.sha256(TOKEN.encode()).hexdigest(), scopes=["targets:read"],
            starts_on=date(2020, 1, 1), created_by=cast.system_admin,
        )  # fmt: skip
    return cast


def periods() -> list[str]:
    today = timezone.localdate()
    return [f"{today:%Y-%m}", f"{today:%Y}"]


def finish(cast) -> None:
    with district_scope(cast.minhang):
        Inspection.objects.filter(pk__in=[v.pk for v in cast.open]).update(
            state="finished", finished_on=timezone.localdate()
        )


def page(client, cast, name: str, url: str) -> str:
    client.force_login(cast.users[name])
    answer = client.get(url)
    assert answer.status_code == 200, (name, url)
    return answer.content.decode()


def figure(period: str) -> str:
    return reverse("figure", args=["minhang", "drawn_visits_made"]) + f"?period={period}"


@pytest.mark.parametrize("name", OTHERS)
def test_the_figure_has_the_district_and_no_street(name, minhang, client):
    for period in periods():
        text = page(client, minhang, name, figure(period))
        assert "60%" in text and "3 / 5" in text, "the district's figure is everybody's"
        assert "古美街道" not in text and "七宝镇" not in text and WAIT in text
        rows = client.get(reverse("figure-rows", args=["minhang", "drawn_visits_made"]) + f"?period={period}")
        assert rows.status_code == 404


@pytest.mark.parametrize("name", BUREAU)
def test_the_bureau_sees_its_streets(name, minhang, client):
    for period in periods():
        text = page(client, minhang, name, figure(period))
        assert "古美街道" in text and WAIT not in text and "0 1 → 0 2" in text


@pytest.mark.parametrize("name", [*BUREAU, *OTHERS])
def test_the_lists_of_targets(name, minhang, client):
    for period in periods():
        matrix = page(client, minhang, name, f"/minhang/targets/?period={period}&by=street")
        found = ("古美街道 双随机检查完成" in matrix, "七宝镇 双随机检查完成" in matrix)
        assert found == ((True, True) if name in BUREAU else (False, False))
        text = page(client, minhang, name, f"/minhang/targets/?period={period}")
        assert ("检查公开后列出" in text) is (name not in BUREAU)


@pytest.mark.parametrize("name", [*BUREAU, *OTHERS])
def test_the_map_of_today(name, minhang, client):
    url = reverse("targets-streets", args=["minhang"])
    for show in ("", "?show=month"):
        text = page(client, minhang, name, url + show)
        assert ("本月双随机检查" in text) is (name in BUREAU), (name, show)
    glance = page(client, minhang, name, reverse("targets-glance", args=["minhang"]))
    assert "古美街道" not in glance


def test_the_feed_has_the_district_and_no_street(minhang, client):
    def asked(period):
        answer = client.get(f"/api/v1/targets/?period={period}", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        return {row["key"]: row for row in answer.json()["results"]}

    for period in periods():
        rows = asked(period)
        drawn = rows["drawn_visits_made"]
        assert drawn["figure"]["numerator"] == 3 and drawn["figure"]["denominator"] == 5
        assert drawn["streets"] == []
        assert rows["findings_found"]["streets"] is not None and rows["orders_closed"]["figure"]
    finish(minhang)
    for period in periods():
        told = {
            s["street"]: (s["numerator"], s["denominator"])
            for s in asked(period)["drawn_visits_made"]["streets"]
        }
        assert (told["310112102"], told["310112006"]) == ((3, 3), (0, 2)), "as the snapshot has them"


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_public_is_everybodys(name, minhang, client):
    finish(minhang)
    for period in periods():
        text = page(client, minhang, name, figure(period))
        assert "古美街道" in text and WAIT not in text


def test_an_unpublished_draw_veils_its_month_and_no_other(minhang):
    finish(minhang)
    with district_scope(minhang.minhang):
        head, bureau = minhang.actor("head"), minhang.actor("bureau")
        draw = make(Draw)
        Draw.objects.filter(pk=draw.pk).update(
            year=2026,
            month=4,
            state="drawn",
            drawn_at=timezone.now(),
            published_at=None,
            void_requested_at=None,
        )
        april, year = (date(2026, 4, 1), date(2026, 4, 30)), (date(2026, 1, 1), date(2026, 12, 31))
        march = (date(2026, 3, 1), date(2026, 3, 31))
        assert undisclosed.veils_streets(head, *april) and undisclosed.veils_streets(head, *year)
        assert not undisclosed.veils_streets(head, *march)
        assert not undisclosed.veils_streets(bureau, *april)
        assert not undisclosed.veils_streets(Actor.system(minhang.minhang, "test"), *april)
        Draw.objects.filter(pk=draw.pk).update(published_at=timezone.now(), state="published")
        assert not undisclosed.veils_streets(head, *april)
        assert unannounced.UNANNOUNCED == {"drawn_visits_made"}


# --- The report ------------------------------------------------------------------------------------------------------


@pytest.fixture
def report(minhang):
    today = timezone.localdate()
    with district_scope(minhang.minhang):
        made = reports.draft_report(today.year, today.month, actor=Actor.system(minhang.minhang, "test"))
        return reports.print_report(made, actor=Actor.system(minhang.minhang, "test"))


@pytest.mark.parametrize("name", ["officer", "department", "auditor", "city_officer"])
def test_a_draft_is_read_by_whoever_drafts_or_issues_it_only(name, minhang, report, client):
    client.force_login(minhang.users[name])
    for door in ("report", "report-pdf"):
        assert client.get(reverse(door, args=["minhang", report.pk])).status_code == 404
    listed = client.get(reverse("reports", args=["minhang"])).content.decode()
    assert f"/reports/{report.pk}/" not in listed
    for reader in ("bureau", "head"):
        text = page(client, minhang, reader, reverse("report", args=["minhang", report.pk]))
        assert "古美街道" in text
    with district_scope(minhang.minhang):
        Report.objects.filter(pk=report.pk).update(state="issued", number="闵教托督〔2026〕1号")
    client.force_login(minhang.users[name])
    for door in ("report", "report-pdf"):
        answer = client.get(reverse(door, args=["minhang", report.pk]))
        assert answer.status_code == 200
        if answer.streaming:
            assert b"".join(answer.streaming_content)
    assert f"/reports/{report.pk}/" in client.get(reverse("reports", args=["minhang"])).content.decode()
