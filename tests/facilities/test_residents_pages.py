"""Pages and REST of residents, places against them, the forecast; tiles that a district moved."""

from datetime import date

import pytest
from django.utils import timezone

from facilities.models import Population
from facilities.services import residents
from portal.access import Actor
from portal.models import Street
from portal.services.reference import load_reference
from portal.tenancy import district_scope
from tests.facilities import factories
from tests.facilities.test_api import schema, validator
from tests.inspections.test_results_api import grant
from tests.queries import at_most

pytestmark = pytest.mark.django_db
LAST = timezone.localdate().year - 1
TOKEN = "sy_minhang_residents-secret"


def fill(cast, street, first=LAST - 6, births=100):
    rows = []
    for year in range(first, LAST + 1):
        rows += [
            (street, year, "births", births),
            (street, year, "one_to_three", 2 * births),
            (street, year, "under_three", 3 * births),
            (street, year, "total", 90_000),
        ]
    residents.record_many(rows, source="示例年报", actor=Actor.system(cast.minhang, "test"))


@pytest.fixture
def minhang(cast):
    with district_scope(cast.minhang):
        fill(cast, cast.street)
        factories.facility(cast.street, kind="baby_house", places=15)
    return cast


def get(client, user, url):
    client.force_login(user)
    return client.get(url)


def figures(**more):
    return {"counted_on": f"{LAST}-12-31", "source": "街道台账"} | more


def test_the_street_proposes_on_a_page_and_the_bureau_decides_on_it(client, minhang):
    url = f"/minhang/residents/{minhang.street.pk}/{LAST}/"
    client.force_login(minhang.officer)
    answer = client.post(url, figures(births=104, note="漏了一个居委"))
    assert answer.status_code == 302
    page = get(client, minhang.bureau, url).content.decode()
    assert "街镇报数" in page and "漏了一个居委" in page
    with district_scope(minhang.minhang):
        row = Population.objects.proposed().get()
    stale = client.post(f"{url}decide/", {"accept": "yes", "seen": f"{row.pk},1"})
    assert stale.status_code == 409 and "刚变过" in stale.content.decode()
    bare = client.post(f"{url}decide/", {"accept": "no", "seen": str(row.pk)})
    assert bare.status_code == 422 and "写明为什么不采用" in bare.content.decode()
    assert client.post(f"{url}decide/", {"accept": "yes", "seen": str(row.pk)}).status_code == 302
    with district_scope(minhang.minhang):
        newest = Population.objects.in_force().get(street=minhang.street, year=LAST, kind="births")
        assert (newest.count, newest.version, newest.decided_by) == (104, 2, minhang.bureau)
    page = get(client, minhang.bureau, f"/minhang/residents/?year={LAST}").content.decode()
    assert "104" in page and "第 2 版" in page


def test_what_is_wrong_stands_beside_its_field(client, minhang):
    client.force_login(minhang.bureau)
    url = f"/minhang/residents/{minhang.street.pk}/{LAST}/"
    answer = client.post(url, figures(one_to_three=301, note="x一"))
    page = answer.content.decode()
    assert answer.status_code == 422 and "两种口径不能混" in page and 'id="id_one_to_three_error"' in page
    assert client.post(url, figures(births="很多")).status_code == 422
    with district_scope(minhang.minhang):
        assert Population.objects.filter(version__gt=1).count() == 0


def test_a_year_to_come_is_no_page(client, minhang):
    client.force_login(minhang.bureau)
    assert client.get(f"/minhang/residents/{minhang.street.pk}/{LAST + 2}/").status_code == 404
    assert client.get(f"/minhang/residents/{minhang.street.pk}/1999/").status_code == 404


def test_the_forecast_says_what_it_gives_and_how_it_did(client, minhang):
    client.force_login(minhang.bureau)
    with at_most(12):
        page = client.get("/minhang/supply/forecast/?of=one_to_three").content.decode()
    assert str(LAST + 3) in page and "平均误差" in page and "0.0%" in page
    assert "年份不够" in page  # the other streets


def test_without_years_there_is_no_forecast_and_it_says_so(client, cast):
    page = get(client, cast.bureau, "/minhang/supply/forecast/").content.decode()
    assert "年份不够，不能预测" in page and "去填人口数" in page
    with district_scope(cast.minhang):
        fill(cast, cast.street, first=LAST - 2)
    page = get(client, cast.bureau, "/minhang/supply/forecast/").content.decode()
    assert "现在的预测没有误差可说" in page


def test_supply_shows_each_street_against_both_populations(client, minhang):
    client.force_login(minhang.bureau)
    with at_most(12):
        page = client.get("/minhang/supply/?show=quota").content.decode()
    assert "7.5%" in page  # 15 places of 200 of 1-3
    assert "25.0" in page  # 75 places of 300 under three
    assert "闵教字〔2021〕93号" in page


def test_moved_tiles_stay_where_the_district_put_them(client, minhang):
    client.force_login(minhang.bureau)
    with district_scope(minhang.minhang):
        streets = list(Street.objects.order_by("code"))
    places = {f"{n}_{s.pk}": getattr(s, f"tile_{n}") for s in streets for n in ("column", "row")}
    one, other = streets[0], streets[1]
    shared = places | {f"column_{one.pk}": other.tile_column, f"row_{one.pk}": other.tile_row}
    answer = client.post("/minhang/supply/tiles/", shared)
    assert answer.status_code == 422 and "一格放一个" in answer.content.decode()
    for wrong in ("0", "13", "x", "", "１"):
        assert client.post("/minhang/supply/tiles/", places | {f"column_{one.pk}": wrong}).status_code == 422
    assert (
        client.post(
            "/minhang/supply/tiles/", places | {f"column_{one.pk}": "6", f"row_{one.pk}": "6"}
        ).status_code
        == 302
    )
    load_reference(force=True)
    with district_scope(minhang.minhang):
        one.refresh_from_db()
        other.refresh_from_db()
    assert (one.tile_column, one.tile_row, one.tile_moved, other.tile_moved) == (6, 6, True, False)


def test_every_street_has_a_tile_of_its_own(cast):
    for district in (cast.minhang, cast.jinshan):
        with district_scope(district):
            places = list(Street.objects.values_list("tile_column", "tile_row"))
            assert len(places) == len(set(places)) and (None, None) not in places


def rest(client, url):
    return client.get(url, HTTP_AUTHORIZATION=f"Bearer {TOKEN}")


def test_rest_gives_the_figures_in_force_page_after_page(client, minhang):
    grant(minhang, minhang.minhang, TOKEN, ["residents:read"])
    with district_scope(minhang.minhang):
        residents.enter_figures(
            minhang.street, LAST, {"births": 101}, counted_on=date(LAST, 12, 31), source="示例更正", note="更正",
            actor=minhang.actor("bureau"),
        )  # fmt: skip
    seen, url = [], f"/api/v1/residents/?year={LAST}&limit=3"
    while url:
        body = rest(client, url).json()
        seen += body["results"]
        url = f"/api/v1/residents/?year={LAST}&limit=3&cursor={body['next']}" if body["next"] else None
    assert {(row["kind"], row["count"], row["version"]) for row in seen} == {
        ("births", 101, 2), ("one_to_three", 200, 1), ("under_three", 300, 1), ("total", 90000, 1),
    }  # fmt: skip
    validator(schema(client), "FigurePage").validate(rest(client, "/api/v1/residents/").json())
    for wrong in ("year=x", "year=1999", "kind=cats", "limit=0", "cursor=zz", "other=1"):
        answer = rest(client, f"/api/v1/residents/?{wrong}")
        assert (answer.status_code, answer.json()["field"]) == (400, wrong.split("=")[0])


def test_rest_gives_places_forecast_and_error_as_described(client, minhang):
    grant(minhang, minhang.minhang, TOKEN, ["residents:read"])
    with at_most(12):
        body = rest(client, "/api/v1/supply/").json()
    row = next(r for r in body["results"] if r["street"] == minhang.street.code)
    assert (row["baby_house_percent"], row["one_to_three"], row["under_three"]) == (7.5, 200, 300)
    assert [f["year"] for f in row["forecast"]] == [LAST + 1, LAST + 2, LAST + 3]
    assert row["accuracy"][0] == {"population": "one_to_three", "checks": 9, "mape": 0.0, "naive_mape": 0.0}
    other = next(r for r in body["results"] if r["street"] == minhang.other_street.code)
    assert (other["forecast"], other["accuracy"], other["total"]) == ([], [], None)
    for wrong in ("on=gestern", "on=2999-01-01", "x=1"):
        assert rest(client, f"/api/v1/supply/?{wrong}").status_code == 400
    validator(schema(client), "SupplyAnswer").validate(body)
