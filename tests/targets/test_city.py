"""The city's pages: districts side by side and the city's targets, from the districts' snapshots, for the city alone."""

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal as D

import jsonschema
import pytest
import python_calamine
from django.db import ProgrammingError, transaction
from django.urls import reverse
from django.utils import timezone

from facilities.models import Facility, Kindergarten, Population
from guidance.models import GuidancePlace, GuidanceSession
from portal.access import Actor
from portal.calendar import add_working_days
from portal.models import District, Parameter, Street
from portal.tenancy import city_scope, district_scope
from targets.metrics import cycle
from targets.metrics.base import Period
from targets.models import Snapshot, SnapshotValue, Target
from targets.models.naming import Candidate, CycleLetter, NamingCycle
from targets.services import city, reference, rollup
from tests import rows
from tests.cast import street
from tests.queries import at_most
from tests.rows import make
from tests.targets import figures as f
from tests.targets.test_metrics_supply import count
from tests.targets.test_target_api import get, grant, schema_of

pytestmark = pytest.mark.django_db
MONTH = Period.month(2026, 11, f.DAY)
NOW = timezone.make_aware(datetime(2026, 11, 20, 18))
PERIOD = "?period=2026-11"
TOKEN = "sy_shanghai_city-secret"
TARGETS = (
    {"key": "visits", "metric": "yearly_visit", "text": "每年对每个机构至少实地巡查指导1次"},
    {"key": "video", "metric": "video_retention_all", "kind": "ratio", "value": 100, "unit": "%", "period": "plan"},
)  # fmt: skip
STREETS = {
    "key": "sites", "metric": "inclusive_site_per_street", "kind": "per_unit_count", "period": "by-date",
    "due": date(2025, 12, 31), "scope": "street", "unit": "个", "streets_counted": "street",
}  # fmt: skip
PAGES = ("city-comparison", "city-comparison-file", "city-glance", "city-targets", "city-targets-file")


def roll(district, period=MONTH, now=NOW) -> Snapshot:
    return rollup.roll_up(period, actor=Actor.system(district, "test"), now=now)


def emptied() -> None:
    Kindergarten.objects.all().delete()
    Facility.objects.update(opened_on=None)
    Population.objects.all().delete()
    f.all_parameters()


@pytest.fixture
def two(cast):
    """Minhang: three of four facilities visited, recordings for 90 days; Jinshan: one of two, for 60 days."""
    with district_scope(cast.minhang):
        emptied()
        f.only(*TARGETS, STREETS)
        for n in range(4):
            place = f.facility(
                cast.street, inclusive=True, video_days=90, places=30, opened_on=date(2026, 2 + n, 1)
            )
            if n < 3:
                f.visit(place, date(2026, 3, 1))
        f.kindergarten(cast.street, place)
        f.kindergarten(cast.street)
        cast.ours = roll(cast.minhang)
    with district_scope(cast.jinshan):
        emptied()
        f.parameters(video__days__other=60)
        f.only(*TARGETS)
        zhujing = Street.objects.get(code="310116101")
        for n in range(2):
            place = f.facility(zhujing, video_days=61 + n, inclusive=n == 1)
            if n:
                f.visit(place, date(2026, 3, 1))
        f.kindergarten(zhujing, place)
        cast.theirs = roll(cast.jinshan)
    # the third district has nothing in it here: these tests look at two
    District.objects.filter(slug="pudong").exclude(pk__in=[cast.minhang.pk, cast.jinshan.pk]).update(
        level="city"
    )
    return cast


def url(name: str, *args, slug: str = "shanghai", query: str = PERIOD) -> str:
    return reverse(name, args=[slug, *args]) + query


@pytest.fixture
def officer(client, cast):
    client.force_login(cast.city_officer)
    return client


def rows_of(client, **query) -> dict:
    asked = "&".join([PERIOD, *(f"{k}={v}" for k, v in query.items())])
    groups = client.get(url("city-comparison", query=asked)).context["groups"]
    return {row.row.metric.key: row for _label, group in groups for row in group}


def targets_of(client) -> dict:
    groups = client.get(url("city-targets")).context["groups"]
    return {row.target.key: row for _label, group in groups for row in group}


# ---- districts side by side


def test_like_figures_are_added_and_ranked(two, officer):
    row = rows_of(officer)["yearly_visit"]
    assert row.row.state == "alike" and row.differences == []
    assert [(c.shown.big, c.small, c.place) for c in row.cells] == [("75%", "3 / 4", 1), ("50%", "1 / 2", 2)]
    (total,) = row.sums
    assert (total.words, total.small, total.of) == ("66.7%", "4 / 6", "2 个区合计")  # not the mean 62.5 %
    text = officer.get(url("city-comparison")).content.decode()
    assert "4 / 6" in text and "第 1 名" in text


def test_figures_under_other_parameters_stand_apart_with_the_difference_in_words(two, officer):
    row = rows_of(officer)["video_retention_all"]
    assert row.row.state == "unlike" and row.sums == [] and [c.place for c in row.cells] == [0, 0]
    assert row.differences == ["video.days.other：闵行区 90；金山区 60"]
    assert row.unranked == "口径不同，不排名"
    text = officer.get(url("city-figure", "video_retention_all")).content.decode()
    assert "没有两个区口径一样" in text and "不同" in text and "6 / 6" not in text


def test_whose_streets_are_counted_is_a_difference(two, officer):
    with district_scope(two.jinshan):
        f.only(*TARGETS, STREETS | {"streets_counted": "plan"})
        roll(two.jinshan)
    row = rows_of(officer)["inclusive_site_per_street"]
    assert row.row.state == "unlike" and row.sums == []
    assert row.differences == ["哪些街镇：闵行区 街道、镇；金山区 街道、镇和计划列入的园区"]


def test_a_plan_that_counts_nothing_beside_the_streets_asks_the_streets(two, officer):
    with district_scope(two.jinshan):
        Street.objects.update(counted_in_plan=False)
        f.only(*TARGETS, STREETS | {"streets_counted": "plan"})
        roll(two.jinshan)
    assert rows_of(officer)["inclusive_site_per_street"].differences == []


def test_another_number_asked_of_each_street_is_a_difference(two, officer):
    with district_scope(two.jinshan):
        f.only(*TARGETS, STREETS | {"value": 2})
        roll(two.jinshan)
    row = rows_of(officer)["inclusive_site_per_street"]
    assert row.differences == ["每个街镇的要求：闵行区 ≥ 1；金山区 ≥ 2"] and row.sums == []


def test_a_metric_of_one_district_is_compared_with_nobody(two, officer):
    row = rows_of(officer)["inclusive_site_per_street"]
    assert row.row.state == "alone" and row.cells[1] is None and row.sums == []


def test_what_was_not_computed_is_missing_and_no_nought(two, officer):
    with district_scope(two.jinshan):
        Snapshot.objects.all().delete()
    row = rows_of(officer)["yearly_visit"]
    assert (row.cells[1].known, row.cells[1].why) == (False, "这段时间还没有算过")
    assert row.row.state == "alike" and row.sums == [] and row.unranked == "有的区没有数，不排名"
    page = officer.get(url("city-comparison")).content.decode()
    assert "金山区 这段时间还没有算过" in page


def test_before_a_districts_first_records_its_figure_is_not_known(two, officer):
    """The visits of both are of March 2026. Minhang's year before was counted by somebody, Jinshan's was not."""
    with district_scope(two.minhang):
        roll(two.minhang, Period.year(2025))
    page = officer.get(url("city-comparison", query="?period=2025"))
    cells = [row.cells for _label, part in page.context["groups"] for row in part]
    assert {cell.why for row in cells for cell in row if cell} == {"这段时间还没有记录"}
    assert page.context["without"] == [], "there is nothing to compute"


def test_a_metric_that_fails_in_one_district_leaves_the_others_whole(two, officer):
    with district_scope(two.jinshan):
        Parameter.objects.filter(key="video.days.other").delete()
        roll(two.jinshan)
    found = rows_of(officer)
    broken, whole = found["video_retention_all"], found["yearly_visit"]
    assert broken.cells[0].shown.big == "100%" and not broken.cells[1].known
    assert "幼儿园和托育机构录像保存天数" in broken.cells[1].why
    assert whole.cells[1].shown.big == "50%" and whole.sums[0].small == "4 / 6"


def test_snapshots_of_days_apart_are_not_added_but_a_night_is_no_difference(two, officer):
    with district_scope(two.jinshan):
        roll(two.jinshan, Period.month(2026, 11, date(2026, 11, 21)), NOW.replace(day=21))
    row = rows_of(officer)["yearly_visit"]
    assert row.sums and row.differences == []
    with district_scope(two.jinshan):
        roll(two.jinshan, Period.month(2026, 11, date(2026, 11, 22)), NOW.replace(day=22))
    row = rows_of(officer)["yearly_visit"]
    assert row.sums == [] and row.differences == ["算到：闵行区 11月20日；金山区 11月22日"]


def test_the_filters_show_what_they_say(two, officer):
    assert set(rows_of(officer, show="unlike")) == {"video_retention_all"}
    assert set(rows_of(officer, show="alone")) == {"inclusive_site_per_street"}
    assert set(rows_of(officer, show="alike")) == {"yearly_visit"}
    assert rows_of(officer, show="missing") == {}


def test_each_figure_leads_to_its_rows_which_the_city_may_read_and_not_change(two, officer):
    cells = [cell for row in rows_of(officer).values() for cell in row.cells if cell]
    parts = [part for row in targets_of(officer).values() if row.counted for part in row.parts]
    links = {cell.address for cell in cells} | {link for part in parts for _label, link in part.links}
    assert len(links) >= 5 + 2 * 7
    for link in links:
        assert officer.get(link).status_code == 200, link
    assert (
        officer.post(url("targets-roll-up", slug="minhang", query=""), {"period": "2026-11"}).status_code
        == 403
    )
    page = officer.get(
        url("target", rows_of(officer)["yearly_visit"].cells[0].cell.target.pk, slug="minhang")
    )
    assert "示例指标" in page.content.decode()  # the facility's name


def test_no_street_is_named_on_the_citys_pages(two, officer):
    """What docs/rights.md hides of a street cannot show here: only districts' figures are read."""
    for name in PAGES:
        assert "七宝镇" not in officer.get(url(name)).content.decode("utf-8", "replace"), name
    with city_scope():
        read, _rows = city.side_by_side(MONTH)
        assert read.values and all(value.street_id is None for value in read.values.values())


# ---- the city's targets


def expect(cast, districts: int | None) -> None:
    with district_scope(cast.city):
        Parameter.objects.filter(key=city.DISTRICTS).delete()
        if districts is not None:
            Parameter.objects.create(
                key=city.DISTRICTS, value=districts, label="全市的区数", starts_on=date(2020, 1, 1)
            )


def test_the_citys_targets_are_sums_over_the_districts(two, officer):
    found = targets_of(officer)
    assert len(found) == 40
    opened, share = found["inclusive-sites-city-annual"], found["kindergartens-with-nursery-classes-share"]
    assert (opened.big, opened.asked) == ("4 个", "≥ 50 个")
    assert [part.words for part in opened.parts] == ["4 个", "0 个"]
    assert (share.big, share.small, share.asked) == ("66.7%", "2 / 3", "≥ 50%")
    streets = found["inclusive-site-street-coverage"]
    with city_scope():
        towns = Street.objects.filter(is_street=True, district__in=[two.minhang, two.jinshan]).count()
    assert streets.small == f"2 / {towns}"
    assert {row.word for row in (opened, share, streets)} == {"不全"}
    assert "2 / 16 个区的数" in opened.outlook


def test_the_city_is_judged_when_all_its_districts_are_in(two, officer):
    expect(two, 2)
    found = targets_of(officer)
    assert found["kindergartens-with-nursery-classes-share"].word == "达到"
    assert found["inclusive-site-street-coverage"].word == "未达"  # due in 2022
    assert found["inclusive-sites-city-annual"].one.whole.verdict == "behind"
    expect(two, None)
    assert targets_of(officer)["kindergartens-with-nursery-classes-share"].word == "不全"
    assert "没有登记全市有几个区" in officer.get(url("city-targets")).content.decode()


def test_places_per_thousand_wait_for_the_residents_of_every_street(two, officer):
    with district_scope(two.minhang):
        for one in Street.objects.filter(is_street=True):
            f.residents(one, 2000, "total")
        minhang = 2000 * Street.objects.filter(is_street=True).count()
        roll(two.minhang)
    with district_scope(two.jinshan):
        f.residents(Street.objects.get(code="310116101"), 4000, "total")
        roll(two.jinshan)
        lacking = Street.objects.filter(is_street=True).count() - 1
    row = targets_of(officer)["places-per-thousand"]
    ours, theirs = row.parts
    assert ours.small == f"120 / {minhang:,}" and row.one.whole.value == D(120) / minhang
    assert not theirs.known
    assert theirs.why == (f"{lacking} 个街镇缺常住人口数" if lacking else "")
    assert row.asked == "≥ 4.5 个/千人" and "缺 金山区" in row.outlook


def test_a_target_that_no_record_answers_says_what_is_lacking(two, officer):
    found = targets_of(officer)
    for key, row in found.items():
        assert row.counted == (row.target.proof == "counted"), key
        if not row.counted:
            assert row.outlook and row.state == "none", key
    page = officer.get(url("city-target", found["selection-cycle"].target.pk)).content.decode()
    assert "示范创建里有各周期的年份" in page


def a_cycle(two, year: int, days: int | None, **more) -> NamingCycle:
    """A cycle of the city as the naming leaves it; `days`: working days of its notice, None before it."""
    on = date(year, 3, 2)
    more = {"state": "named", "districts": 16} | more
    if days is not None:
        more |= {"notice_from": on, "notice_to": add_working_days(on, days), "notice_days": days}
        more |= {"named_on": add_working_days(on, days + 1)} if more["state"] == "named" else {}
    return make(NamingCycle, year=year, title=f"示例：{year}年示范区创建", **more)


def test_the_days_of_notice_and_the_quotas_come_from_the_citys_own_records(two, officer):
    year = timezone.localdate().year
    keys = ("public-notice-days", "municipal-quota-share", "national-quota-share")
    found = targets_of(officer)
    assert {(found[key].word, found[key].big) for key in keys} == {("没有数据", "—")}
    assert "还没有可算的记录" in found["public-notice-days"].outlook
    with district_scope(two.city):
        short = a_cycle(two, year - 3, 4)
        last = a_cycle(two, year - 1, 5)
        a_cycle(two, year, None, state="open")
        letter = make(CycleLetter, other=two.minhang, direction="in", kind="application", body="{}")
        one = {"cycle": last, "application": letter, "assessment": None}
        make(Candidate, applicant=two.minhang, state="named", municipal=True, national=False, **one)
        make(Candidate, applicant=two.jinshan, state="passed_over", municipal=False, national=False, **one)
    found = targets_of(officer)
    days, municipal, national = (found[key] for key in keys)
    assert (days.big, days.small, days.word) == ("50%", "1 / 2", "未达"), "one was a day short"
    assert (municipal.big, municipal.small, municipal.asked) == ("6.3%", "1 / 16", "≤ 40%")
    assert (municipal.word, national.small, national.word) == ("达到", "0 / 16", "达到")
    page = officer.get(url("city-target", days.target.pk)).content.decode()
    assert short.title in page and reverse("naming-cycle", args=["shanghai", short.pk]) in page
    assert "市级自己的记录" in page and "其中各区" not in page
    page = officer.get(url("city-target", municipal.target.pk)).content.decode()
    assert "闵行区" in page and "1 / 16" in page and "不计入" not in page, "who was not named has no line"
    with district_scope(two.city):
        short.delete()
    assert targets_of(officer)["public-notice-days"].word == "达到"


def test_no_district_counts_the_citys_records(two):
    with district_scope(two.minhang):
        found = rollup.compute(rollup.period_of(2026, on=date(2026, 3, 18)))
        assert not {key.metric for key in found.values} & {
            m.key for one in cycle.FAMILIES for m in one.metrics
        }


def test_a_district_without_figures_is_missing_from_the_citys_target(two, officer):
    expect(two, 2)
    with district_scope(two.jinshan):
        Snapshot.objects.all().delete()
    row = targets_of(officer)["kindergartens-with-nursery-classes-share"]
    assert (row.small, row.word) == ("1 / 2", "不全")
    assert "缺 金山区（这段时间还没有算过）" in row.outlook


def test_the_citys_own_addresses_of_targets_lead_to_its_page(two, officer):
    answer = officer.get(url("targets", query=""))
    assert (answer.status_code, answer["Location"]) == (302, url("city-targets", query=""))
    pk = targets_of(officer)["public-notice-days"].target.pk
    assert officer.get(url("target", pk, query=""))["Location"] == url("city-target", pk, query="")


def test_streets_with_what_the_city_asks(cast):
    with district_scope(cast.minhang):
        emptied()
        towns = Street.objects.filter(is_street=True).count()
        park = street("310112501", "示例园区", "park")
        Street.objects.filter(pk=park.pk).update(is_street=False)
        assert count("streets_with_inclusive_site", MONTH) == (0, towns)
        f.facility(cast.street, inclusive=True)
        f.facility(cast.other_street, kind="inclusive_site")
        f.facility(cast.other_street, kind="guidance_point", inclusive=True)
        f.facility(park, inclusive=True)
        assert count("streets_with_inclusive_site", MONTH) == (2, towns)

        opened = {"opened_on": date(2022, 1, 1)}
        station = rows.make(GuidancePlace, street=cast.street, kind="station", **opened)
        rows.make(GuidancePlace, street=cast.other_street, kind="station", **opened)
        session = {"place": station, "street": cast.street, "given_by": "station"}
        rows.make(GuidanceSession, **session, served_on=date(2025, 12, 31))
        rows.make(
            GuidanceSession, **session, served_on=date(2026, 5, 1), struck_on=f.DAY, struck_reason="记错了"
        )
        assert count("streets_with_guidance", MONTH) == (0, towns)
        rows.make(GuidanceSession, **session, served_on=date(2026, 5, 2))
        assert count("streets_with_guidance", MONTH) == (1, towns)

        for place in (cast.street, cast.other_street):
            rows.make(GuidancePlace, street=place, kind="friendly", **opened)
        rows.make(GuidancePlace, street=cast.street, kind="centre", **opened)
        rows.make(GuidancePlace, street=cast.other_street, kind="centre", closed_on=f.DAY, **opened)
        assert count("streets_with_circle", MONTH) == (1, towns)

        f.residents(cast.street, 1000, "total", 2024)
        f.residents(cast.street, 1200, "total", 2025)
        f.residents(cast.street, 9999, "total", 2027)
        f.residents(cast.street, 70, "under_three", 2025)
        f.residents(park, 5, "total", 2025)
        assert count("residents_total", MONTH)[0] == 1205
        assert count("residents_known", MONTH) == (1, towns)


def test_every_metric_of_the_city_is_kept_without_a_promise(two):
    with district_scope(two.minhang):
        alone = set(two.ours.values.filter(target=None, street=None).values_list("metric", flat=True))
        assert set(rollup.CITY) <= alone
        asked = {t.metric for t in Target.objects.all()}
    own = {metric.key for family in cycle.FAMILIES for metric in family.metrics}
    listed = {t.metric for t in city_counted(two)}
    assert own <= listed and not own & alone  # from the city's own records
    listed -= own
    assert listed <= set(rollup.CITY) and "inclusive_site_per_street" in asked
    text = reference.PROOFS.read_text().split("shanghai-plan-2020:")[1]
    assert all(f"metric: {key}" in text for key in listed)


def city_counted(cast) -> list[Target]:
    with district_scope(cast.city):
        found = list(Target.objects.filter(proof="counted"))
    assert len(found) == 15
    return found


# ---- who sees it, and that nobody writes


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("who", ["bureau", "head", "auditor", "system_admin", "city_officer"])
def test_in_a_district_there_is_no_such_page(cast, client, name, who):
    client.force_login(cast.users[who])
    assert client.get(url(name, slug="minhang")).status_code == 404
    want = 200 if who == "city_officer" else 404
    assert client.get(url(name)).status_code == want


def test_somebody_of_the_citys_tenant_without_the_role_sees_no_districts(cast, client):
    from portal.models import Membership

    with district_scope(cast.city):
        Membership.objects.create(user=cast.auditor, role="auditor", starts_on=date(2020, 1, 1))
    client.force_login(cast.auditor)
    for name in PAGES:
        assert client.get(url(name)).status_code == 403, name


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_the_pages_are_for_looking(two, officer, method):
    for name in PAGES:
        assert getattr(officer, method)(url(name)).status_code == 405, name


def test_the_citys_role_cannot_write_what_it_reads(two):
    writing = (
        lambda: Snapshot.objects.filter(pk=two.ours.pk).update(sha256="0" * 64),
        lambda: SnapshotValue.objects.filter(snapshot=two.ours).delete(),
        lambda: Target.objects.update(value=0),
        lambda: Parameter.objects.filter(key=city.DISTRICTS).update(value=1),
    )
    with city_scope():
        assert Snapshot.objects.filter(pk__in=[two.ours.pk, two.theirs.pk]).count() == 2
        for write in writing:
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                write()


def test_the_navigation_has_it_in_the_city_only(two, officer):
    today = officer.get("/shanghai/").content.decode()
    assert url("city-comparison", query="") in today and url("city-glance", query="") in today
    visited = officer.get("/minhang/").content.decode()
    assert "/city/" not in visited and url("targets", slug="minhang", query="") in visited


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?period=2026-13", 400), ("?period=2099", 400), ("?period=x", 400), ("?period=2026-11-01", 400),
        ("?period=2024-01", 200), ("?show=nothing&period=2026-11", 200), ("?proof=nothing&period=2026", 200),
    ],
)  # fmt: skip
def test_periods_that_are_none_are_refused(two, officer, query, status):
    for name in ("city-comparison", "city-targets", "city-comparison-file"):
        assert officer.get(url(name, query=query)).status_code == status, name


@pytest.mark.parametrize("key", ["wishes", "residents_total"])
def test_a_metric_that_no_plan_targets_has_no_page(two, officer, key):
    assert officer.get(url("city-figure", key)).status_code == 404
    assert officer.get(url("city-target", 987654321)).status_code == 404


def test_a_target_of_a_district_is_none_of_the_citys(two, officer):
    with district_scope(two.minhang):
        pk = Target.objects.first().pk
    assert officer.get(url("city-target", pk)).status_code == 404


# ---- size, files, REST


def test_sixteen_districts_take_no_more_queries(two, officer):
    for n in range(14):
        one = District.objects.create(pk=310900 + n, slug=f"walk-{n}", name=f"示例{n}区", prefix=f"W{n}")
        with district_scope(one):
            f.only(*TARGETS)
            place = f.facility(street(f"3109{n:02d}001", "示例镇", "town"), video_days=90)
            f.visit(place, date(2026, 3, 1))
            f.parameters(video__days__other=90)
            roll(one)
    row = rows_of(officer)["yearly_visit"]
    assert len(row.cells) == 16 and row.sums[0].small == "18 / 20"
    assert [c.place for c in row.cells] == [15, 16, *[1] * 14]
    pk = targets_of(officer)["places-per-thousand"].target.pk
    pages = [url(name) for name in PAGES]
    for page in (*pages, url("city-figure", "yearly_visit"), url("city-target", pk)):
        with at_most(12):
            assert officer.get(page).status_code == 200


def lines_of(answer) -> list[list]:
    assert answer.status_code == 200
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    return book.get_sheet_by_index(0).to_python()[3:]


def test_the_table_as_a_workbook(two, officer):
    head, *lines = lines_of(officer.get(url("city-comparison-file")))
    found = [dict(zip(head, line, strict=True)) for line in lines]
    visits = [line for line in found if line["指标"] == "今年已实地检查的机构"]
    assert [(v["区"], v["分子"], v["分母"], v["名次"]) for v in visits] == [
        ("闵行区", 3, 4, 1), ("金山区", 1, 2, 2), ("2 个区合计", "", "", ""),
    ]  # fmt: skip
    assert visits[2]["现在"] == "66.7% 4 / 6" and visits[0]["快照指纹"] == two.ours.sha256
    assert {line["能不能比"] for line in found if "录像" in line["指标"]} == {"口径不同"}
    only = lines_of(officer.get(url("city-comparison-file", query=f"{PERIOD}&show=unlike")))[1:]
    assert {line[0] for line in only} == {"录像保存天数达标"}


def test_the_citys_targets_as_a_workbook(two, officer):
    head, *lines = lines_of(officer.get(url("city-targets-file")))
    found = [dict(zip(head, line, strict=True)) for line in lines]
    assert sum(line["区"] == "全市" for line in found) == 40
    opened = [line for line in found if line["指标"].startswith("未来3年")]
    assert [(line["区"], line["现在"]) for line in opened] == [
        ("全市", "4 个"),
        ("闵行区", "4 个"),
        ("金山区", "0 个"),
    ]


API = ("/api/v1/city/comparison/", "/api/v1/city/targets/")


@pytest.mark.parametrize("path", API)
def test_the_api_answers_as_its_schema_says_and_the_city_only(two, client, path):
    grant(two, two.city, TOKEN, ["city:read"])
    answer = get(client, path + PERIOD, TOKEN)
    assert answer.status_code == 200
    jsonschema.Draft202012Validator(schema_of(client, path)).validate(answer.json())
    with at_most(14):
        get(client, path + PERIOD, TOKEN)
    grant(two, two.minhang, "sy_minhang_city", ["city:read"])
    assert get(client, path + PERIOD, "sy_minhang_city").status_code == 404
    grant(two, two.city, "sy_shanghai_other", ["targets:read"])
    assert get(client, path + PERIOD, "sy_shanghai_other").status_code == 403
    assert get(client, path + PERIOD, "sy_shanghai_wrong").status_code == 401
    assert client.post(path, HTTP_AUTHORIZATION=f"Bearer {TOKEN}").status_code == 405
    for bad in ("?period=2099", "?period=x", "?wish=1"):
        assert get(client, path + bad, TOKEN).status_code == 400, bad
    client.force_login(two.city_officer)
    assert client.get(path).status_code == 401


def test_the_api_tells_what_the_page_tells(two, client):
    grant(two, two.city, TOKEN, ["city:read"])
    results = {r["method"]["metric"]: r for r in get(client, API[0] + PERIOD, TOKEN).json()["results"]}
    visits, video = results["yearly_visit"], results["video_retention_all"]
    assert visits["sums"] == [
        {"numerator": 4, "denominator": 6, "value": pytest.approx(2 / 3), "districts": ["闵行区", "金山区"]}
    ]
    assert [(d["district"], d["value"], d["place"]) for d in visits["districts"]] == [
        ("310112", 0.75, 1),
        ("310116", 0.5, 2),
    ]
    assert (video["comparable"], video["sums"]) == ("unlike", [])
    found = {r["key"]: r for r in get(client, API[1] + PERIOD, TOKEN).json()["results"]}
    opened = found["inclusive-sites-city-annual"]
    assert (opened["numerator"], opened["limit"], opened["verdict"], opened["lacking"]) == (
        4,
        50,
        "unknown",
        "part",
    )
    assert [d["numerator"] for d in opened["districts"]] == [4, 0]
    assert found["selection-cycle"]["verdict"] is None
    assert found["public-notice-days"]["lacking"] == "no_record"
