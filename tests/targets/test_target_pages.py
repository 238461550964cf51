"""Pages of targets: what they show, to whom, with how many queries."""

import io
import zipfile
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from facilities.models import Facility, Kindergarten
from guidance.models import GuidancePlace
from inspections.models import Inspection
from portal.access import Actor
from portal.models import District, Street
from portal.spreadsheets import Asked
from portal.tenancy import district_scope
from targets import exports
from targets.metrics.registry import FAMILY_OF
from targets.models import Snapshot, Target
from targets.rules import clauses
from targets.services import first_records, rollup
from tests import rows
from tests.targets import figures as f

pytestmark = pytest.mark.django_db
LIST = "/minhang/targets/"


@pytest.fixture
def minhang(cast):
    """A district with a figure of each sort, rolled up for this month."""
    today = timezone.localdate()
    with district_scope(cast.minhang):
        Kindergarten.objects.all().delete()
        Facility.objects.update(opened_on=None)
        f.all_parameters()
        cast.targets = f.only(
            {"key": "visits", "metric": "yearly_visit", "text": "每年对每个机构至少实地巡查指导1次"},
            {"key": "certified", "metric": "certified_share", "kind": "ratio", "comparator": "==", "value": 100,
             "unit": "%", "period": "plan", "scope": "staff", "text": "持证上岗率达100%"},
            {"key": "sites", "metric": "inclusive_site_per_street", "kind": "per_unit_count", "period": "by-date",
             "due": date(2023, 12, 31), "scope": "street", "unit": "个", "text": "每个街镇至少开设1个普惠性托育点"},
            {"key": "attested", "proof": "attested", "metric": "", "proof_reason": "由名单证明", "text": "联系人"},
            {"key": "later", "proof": "not_yet", "metric": "", "proof_reason": "上门记录还没有登记", "text": "上门指导"},
            ends_on=date(2023, 12, 31),
        )  # fmt: skip
        for number in range(4):
            place = f.facility(cast.street, inclusive=number == 0)
            if number < 3:
                f.visit(place, today)
            f.certify(f.person(place))
        f.person(place)
        f.facility(cast.other_street)
        cast.snapshot = rollup.roll_up(
            rollup.period_of(today.year, today.month, on=today), actor=Actor.system(cast.minhang, "test")
        )
    return cast


def lines_of(content: bytes) -> list[list[str]]:
    """The first sheet's cells as text, row by row."""
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    return [["".join(cell.itertext()) for cell in row.iter(f"{space}c")] for row in sheet.iter(f"{space}row")]


def get(client, user, url=LIST, **headers):
    client.force_login(user)
    return client.get(url, headers=headers)


def test_the_list_shows_each_target_with_its_state(client, minhang):
    page = get(client, minhang.bureau)
    text = page.content.decode()
    assert page.status_code == 200
    for words in (
        "每年对每个机构至少实地巡查指导1次",
        "60%",
        "3 / 5",
        "80%",
        "由名单证明",
        "上门记录还没有登记",
        "计划期已满",
    ):
        assert words in text, words
    assert minhang.snapshot.sha256[:12] in text


def test_what_is_not_counted_is_never_shown_as_met(client, minhang):
    rows = get(client, minhang.bureau).context["groups"]
    states = {row.target.key: (row.state, row.word) for section in rows for row, *_ in section.rows}
    assert states["attested"] == ("none", "没有证明")
    assert states["later"] == ("none", "还没算")


@pytest.mark.parametrize(
    ("label", "section", "place"),
    [
        ("二（二）1", "二（二）", "二（二）1"),
        ("附件·任务分工方案·序号11", "附件 任务分工方案", "序号11"),
        ("二1", "二", "二1"),
        ("四（一）", "四（一）", ""),
        ("三", "三", ""),
    ],
)
def test_a_clause_is_told_by_its_part_and_its_place(label, section, place):
    assert (clauses.section_of(label), clauses.place_of(label)) == (section, place)


def test_targets_stand_in_the_order_of_the_clauses_annexes_last(client, cast):
    page = get(client, cast.bureau)
    titles = [section.title.partition("　")[2] for section in page.context["groups"]]
    parts = ["二（二）", "三（一）", "三（二）", "三（三）", "三（四）", "四（一）", "四（二）"]
    assert titles == [*parts, "附件 任务分工方案"]
    annex = page.context["groups"][-1].rows
    places = [int(place.removeprefix("序号")) for _row, place, _about in annex]
    assert places == sorted(places) and len(places) == len(annex) > 5
    assert all(about for _row, _place, about in annex)
    assert "完善综合管理机制" in page.content.decode()


@pytest.mark.parametrize(
    ("status", "keys"),
    [
        ("", 5),
        ("missed", {"certified", "sites"}),
        ("attested", {"attested"}),
        ("not_yet", {"later"}),
        ("met", set()),
    ],
)
def test_filters(client, minhang, status, keys):
    page = get(client, minhang.bureau, f"{LIST}?status={status}")
    found = {row.target.key for section in page.context["groups"] for row, *_ in section.rows}
    assert len(found) == 5 if keys == 5 else found == keys
    tab = next(t for t in page.context["tabs"] if t["current"])
    assert tab["count"] == len(found) + len(page.context["own"])


def test_the_matrix_has_a_cell_per_street(client, minhang):
    page = get(client, minhang.bureau, f"{LIST}?by=street")
    matrix = page.context["matrix"]
    assert page.status_code == 200
    line = next(x for x in matrix["lines"] if x["row"].target and x["row"].target.key == "visits")
    shown = {s.name: c and c["text"] for s, c in zip(matrix["streets"], line["cells"], strict=True)}
    assert (shown["七宝镇"], shown["古美街道"]) == ("75", "0")


def test_a_target_opens_the_rows_behind_it(client, minhang):
    url = f"{LIST}{minhang.targets[0].pk}/"
    page = get(client, minhang.bureau, url)
    text = page.content.decode()
    assert page.status_code == 200
    assert (page.context["counts"], page.context["others"]) == (3, 2)
    assert "今年已结束的实地检查" in text
    assert [line["street"] for line in page.context["lines"]] == ["七宝镇"] * 3
    assert len(get(client, minhang.bureau, f"{url}?rows=no").context["lines"]) == 2


def test_the_drawer_is_the_same_figure_without_the_page_around_it(client, minhang):
    url = f"{LIST}{minhang.targets[0].pk}/"
    text = get(client, minhang.bureau, url, **{"HX-Request": "true", "HX-Target": "drawer"}).content.decode()
    assert "drawer-title" in text
    assert "<html" not in text


def test_the_day_that_was_due_stands_beside_today(client, minhang):
    text = get(client, minhang.bureau, f"{LIST}{minhang.targets[2].pk}/").content.decode()
    assert "2023年12月31日" in text
    assert "那天" in text


def test_a_forecast_stands_beside_a_figure_whose_time_runs_with_its_method(client, minhang):
    year = timezone.localdate().year - 1
    with district_scope(minhang.minhang):
        places = list(Facility.objects.operating().order_by("pk")[:3])
        Facility.objects.update(opened_on=date(year - 1, 1, 1))
        for place in places[:2]:
            f.visit(place, date(year, 6, 10))
        today = timezone.localdate()
        rollup.roll_up(rollup.period_of(year, 6, on=today), actor=Actor.system(minhang.minhang, "test"))
        visits, sites = (Target.objects.get(key=key).pk for key in ("visits", "sites"))
    page = get(client, minhang.bureau, f"/minhang/targets/{visits}/?period={year}-06").content.decode()
    assert "预计" in page and "12月31日约" in page and "照今年以来的平均速度" in page
    past = get(client, minhang.bureau, f"/minhang/targets/{sites}/?period={year}-06").content.decode()
    assert "预计" not in past, "its day has passed"


def test_the_spreadsheet_has_as_many_rows_as_the_figure_says(client, minhang):
    answer = get(client, minhang.bureau, f"{LIST}{minhang.targets[0].pk}/rows.xlsx")
    assert answer["Content-Type"].endswith("sheet")
    lines = lines_of(answer.content)
    body = lines[3:]
    yes = [line for line in body if line[4] == "是"]
    whole = minhang.snapshot
    with district_scope(minhang.minhang):
        value = whole.values.get(metric="yearly_visit", street=None)
    assert len(yes) == value.numerator == 3
    assert len(body) == value.denominator == 5
    assert whole.sha256 in lines[1]


def test_own_figures_stand_apart(client, minhang):
    page = get(client, minhang.bureau)
    assert {row.metric.key for row in page.context["own"]} >= {"places_per_street", "orders_in_time"}
    figure = get(client, minhang.bureau, f"{LIST}figures/sites_per_street/")
    assert figure.status_code == 200
    assert "5 家" in figure.content.decode()


def test_a_figure_that_a_target_asks_for_opens_under_its_own_name_too(client, minhang):
    """A report names the figure, whether a target asks for it or not."""
    today = timezone.localdate()
    with district_scope(minhang.minhang):
        f.only(
            {
                "key": "sites",
                "metric": "sites_per_street",
                "kind": "count",
                "unit": "家",
                "text": "托育点都在办",
            }
        )
        rollup.roll_up(
            rollup.period_of(today.year, today.month, on=today), actor=Actor.system(minhang.minhang, "test")
        )
    page = get(client, minhang.bureau, f"{LIST}figures/sites_per_street/")
    assert page.status_code == 200 and "托育点都在办" in page.content.decode()


def test_names_of_persons_are_masked_and_shown_to_whom_may_see_staff(client, minhang):
    url = f"{LIST}{minhang.targets[1].pk}/"
    seen = get(client, minhang.bureau, url)
    assert seen.context["counts"] == 4
    assert "示例人员" not in seen.content.decode()
    hidden = get(client, minhang.department, url)
    assert hidden.status_code == 200
    assert "lines" not in hidden.context
    assert get(client, minhang.department, f"{url}rows.xlsx").status_code == 404


def test_an_officer_sees_the_rows_of_the_own_street_only(client, minhang):
    url = f"{LIST}{minhang.targets[0].pk}/"
    page = get(client, minhang.officer, url)
    assert (page.context["counts"], page.context["others"]) == (3, 1)
    assert page.context["limited"]


@pytest.mark.parametrize(
    ("name", "status"),
    [("bureau", 200), ("head", 200), ("officer", 200), ("inspector", 200), ("auditor", 200), ("city_officer", 200),
     ("operator", 403), ("parent", 403), ("system_admin", 403), ("stranger", 404)],
)  # fmt: skip
def test_who_may_see_targets(client, minhang, name, status):
    user = minhang.users[name]
    for url in (LIST, f"{LIST}{minhang.targets[0].pk}/", f"{LIST}glance/", f"{LIST}streets/"):
        assert get(client, user, url).status_code == status, url


def test_a_foreign_district_has_no_such_target(client, minhang):
    client.force_login(minhang.stranger)
    assert client.get(f"/jinshan/targets/{minhang.targets[0].pk}/").status_code == 404


@pytest.mark.parametrize("period", ["2026-13", "2099-01", "x", "2026-1-1", "2026-02-30", "2099-01-01"])
def test_a_bad_period_is_refused_with_a_sentence(client, minhang, period):
    page = get(client, minhang.bureau, f"{LIST}?period={period}")
    assert page.status_code == 400
    assert "Traceback" not in page.content.decode()


def test_the_whole_plan_and_a_day_are_chosen_counted_and_opened(client, minhang):
    day = (timezone.localdate() - timedelta(days=1)).isoformat()
    for period in ("plan", day):
        page = get(client, minhang.bureau, f"{LIST}?period={period}")
        assert page.status_code == 200 and "这段时间的数还没有算" in page.content.decode()
        assert client.post(f"{LIST}roll-up/", {"period": period}).status_code == 302
        text = get(client, minhang.bureau, f"{LIST}?period={period}").content.decode()
        assert "这段时间的数还没有算" not in text and f"period={period}" in text
        one = f"{LIST}{minhang.targets[0].pk}/"
        assert get(client, minhang.bureau, f"{one}?period={period}").status_code == 200
        assert get(client, minhang.bureau, f"{one}rows.xlsx?period={period}").status_code == 200


def test_computing_again_gives_the_same_and_says_so(client, minhang):
    client.force_login(minhang.bureau)
    answer = client.post(f"{LIST}roll-up/", {"period": f"{timezone.localdate():%Y-%m}"}, follow=True)
    assert "都一样" in answer.content.decode()
    with district_scope(minhang.minhang):
        f.visit(
            Facility.objects.filter(street=minhang.other_street).exclude(opened_on=None).get(),
            timezone.localdate(),
        )
    page = client.get(f"{LIST}{minhang.targets[0].pk}/")
    assert "现在是 4 / 5" in page.content.decode()
    answer = client.post(f"{LIST}roll-up/", {"period": f"{timezone.localdate():%Y-%m}"}, follow=True)
    assert "变了" in answer.content.decode()
    assert client.post(f"{LIST}roll-up/", {"period": "2026-13"}).status_code == 400


@pytest.mark.parametrize("name", ["head", "officer", "city_officer"])
def test_who_may_not_roll_up(client, minhang, name):
    client.force_login(minhang.users[name])
    assert client.post(f"{LIST}roll-up/", {"period": f"{timezone.localdate():%Y-%m}"}).status_code == 403


def test_before_the_first_roll_up_the_page_says_so(client, minhang):
    with district_scope(minhang.minhang):
        Snapshot.objects.all().delete()
    assert "还没有算" in get(client, minhang.bureau).content.decode()
    assert "还没有算" in get(client, minhang.bureau, f"{LIST}glance/").content.decode()


def test_the_tile_map_counts_street_by_street(client, minhang):
    with district_scope(minhang.minhang):
        Street.objects.filter(pk=minhang.street.pk).update(tile_column=1, tile_row=1)
    for show, expected in (("month", (3, 3)), ("year", (3, 4))):
        page = get(client, minhang.bureau, f"{LIST}streets/?show={show}")
        tile = next(t for t in page.context["tiles"] if t["name"] == "七宝镇")
        assert (tile["number"], tile["of"]) == expected
    # drawn visits that are still to be made come unannounced: not everybody sees how many there are
    assert [t["show"] for t in get(client, minhang.officer, f"{LIST}streets/").context["tabs"]] == ["year"]


def test_few_queries_that_do_not_grow_with_the_rows(client, minhang):
    urls = (LIST, f"{LIST}?by=street", f"{LIST}{minhang.targets[0].pk}/", f"{LIST}glance/", f"{LIST}streets/")
    counts = []
    for _round in range(2):
        for url in urls:
            get(client, minhang.bureau, url)
            with CaptureQueriesContext(connection) as queries:
                client.get(url)
            real = [q for q in queries if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]
            counts.append((url, len(real)))
        with district_scope(minhang.minhang):
            for _n in range(5):
                f.visit(f.facility(minhang.street), timezone.localdate())
            rollup.roll_up(
                rollup.period_of(
                    timezone.localdate().year, timezone.localdate().month, on=timezone.localdate()
                ),
                actor=Actor.system(minhang.minhang, "test"),
            )
    half = len(counts) // 2
    assert counts[:half] == counts[half:]
    for url, number in counts:
        assert number <= (14 if url.endswith(f"{minhang.targets[0].pk}/") else 12), counts


def test_each_metrics_rows_can_be_listed(client, minhang):
    today = timezone.localdate()
    with district_scope(minhang.minhang):
        period = rollup.period_of(today.year, today.month, on=today)
        values = rollup.parameter_values(today) | {"city.notice_days": 5}  # the city's own
        for key, family in FAMILY_OF.items():
            metric = next(m for m in family.metrics if m.key == key)
            assert isinstance(family.rows(metric, period, values, limit=1), list)
        assert Target.objects.count() == 5


def test_the_list_goes_out_with_how_each_is_proved_and_why(minhang):
    """Counted, attested or not yet, as on the page, with the reason of those that nothing counts."""
    headings = [column.heading for column in exports.TARGET_COLUMNS]
    with district_scope(minhang.minhang):
        told = [dict(zip(headings, row, strict=True)) for row in exports.targets(asked_by(minhang)).rows]
        targets = {str(one): one for one in Target.objects.all()}
    mine = [row for row in told if row["指标"] in targets]
    assert {row["怎样证明"] for row in mine} >= {"算", "未算"}
    for row in mine:
        target = targets[row["指标"]]
        assert row["文件"] == "示例计划" and row["条款"] == "一"
        if target.proof == "not_yet":
            assert (row["现在"], row["说明"], row["判断"]) == ("", target.proof_reason, "还没算")


def asked_by(cast) -> Asked:
    return Asked(cast.actor("bureau"), QueryDict(""), timezone.localdate())


def test_parts_of_a_districts_number_are_not_judged_street_by_street(client, cast):
    """One base in the whole district is asked for: the streets without one break no promise, and none is red."""
    today = timezone.localdate()
    with district_scope(cast.minhang):
        f.only({"key": "bases", "metric": "early_development_bases", "kind": "count", "unit": "个",
                "scope": "district", "period": "plan"})  # fmt: skip
        rows.make(GuidancePlace, street=cast.street, kind="base", opened_on=date(2022, 1, 1), closed_on=None)
        rollup.roll_up(
            rollup.period_of(today.year, today.month, on=today), actor=Actor.system(cast.minhang, "test")
        )
        target = Target.objects.get()
    row = client_row(client, cast)
    assert (row.word, row.has_streets, row.street_limit) == ("达到", True, None)
    assert set(row.street_kinds) == {""} and row.lacking_streets == []
    page = client.get(f"/minhang/targets/{target.pk}/").content.decode()
    assert "七宝镇" in page and "未达" not in page
    matrix = client.get(f"{LIST}?by=street").context["matrix"]
    assert not any(cell["late"] for line in matrix["lines"] for cell in line["cells"] if cell)


def client_row(client, cast):
    (part,) = get(client, cast.bureau).context["groups"]
    return part.rows[0][0]


@pytest.mark.parametrize(
    ("key", "whom", "often"),
    [("visits", "机构", "每年"), ("certified", "从业人员", "整个期限"), ("sites", "街镇", "到某一天")],
)  # fmt: skip
def test_the_page_says_of_whom_and_for_which_time_it_is_asked(client, minhang, key, whom, often):
    pk = next(one.pk for one in minhang.targets if one.key == key)
    page = get(client, minhang.bureau, f"{LIST}{pk}/").content.decode()
    assert f"范围　{whom}　周期　{often}" in page


def test_what_was_over_before_the_first_records_is_neither_nought_nor_missed(client, minhang):
    """The fixture's visits are of this month: last year nobody recorded anything."""
    today = timezone.localdate()
    early = f"{today.year - 1}"
    page = get(client, minhang.bureau, f"{LIST}?period={early}").content.decode()
    assert "这段时间还没有记录" in page and "算出数字" not in page and "还没有算" not in page
    client.post(f"{LIST}roll-up/", {"period": early})  # as the address allows it all the same
    with district_scope(minhang.minhang):
        snapshot = Snapshot.objects.get(period="year", starts_on=date(today.year - 1, 1, 1))
        assert set(snapshot.unknown.values()) == {"这段时间还没有记录"}
        assert {value.verdict for value in snapshot.values.all()} <= {"unknown", ""}
        assert not snapshot.values.exclude(value=None).exists()
    page = get(client, minhang.bureau, f"{LIST}?period={early}")
    assert "这段时间还没有记录" in page.content.decode()
    rows = {row.target.key: row for part in page.context["groups"] for row, *_ in part.rows}
    assert rows["visits"].big == "—" and rows["visits"].outlook == "这段时间还没有记录"


def test_a_district_that_was_opened_has_no_records_before_its_day(cast):
    today = timezone.localdate()
    with district_scope(cast.minhang):
        assert not Inspection.objects.exists()
        last_year = rollup.period_of(today.year - 1, on=today)
        assert not first_records.none_of(last_year), "one that ships has no first day"
        District.objects.filter(pk=cast.minhang.pk).update(opened_at=timezone.now())
        assert first_records.none_of(last_year)
        assert not first_records.none_of(rollup.period_of(today.year, on=today))
