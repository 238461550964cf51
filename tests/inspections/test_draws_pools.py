"""What is frozen: exactly the definitions of the protocol, from the database."""

from datetime import date, timedelta

import pytest

from facilities.models import Facility
from inspections.models import Draw, Inspection, Inspector, InspectorStreet, Scheme
from inspections.services import chains, freezing, pools
from portal.errors import Refused
from tests.inspections import small_district
from tests.inspections.small_district import YEAR

FREEZE = date(2026, 2, 19)
ONE, TWO, THREE = "310199001", "310199002", "310199003"


@pytest.fixture
def small(db):
    it = small_district.make()
    with it.scope():
        yield it


def content(small, month=3, on=FREEZE, year=YEAR, scheme=None):
    scheme = scheme or small.scheme
    chain = chains.make_chain(scheme, year, actor=small.actor())
    return pools.frozen_content(scheme, chain, month, district_code="310199", on=on)


def visited(small, code, **options):
    frozen = content(small, **options)
    return next(item["visited"] for item in frozen["objects"] if item["id"] == code)


def recused(small, code, **options):
    frozen = content(small, **options)
    return next(row["recused"] for row in frozen["inspectors"] if row["id"] == code)


def drawn_visit(small, code, month, state="finished", finished=None, year=YEAR, scheme_key="safety-health"):
    """A visit drawn in a month, in whatever state."""
    scheme = Scheme.objects.filter(key=scheme_key).first()
    chain = chains.make_chain(scheme, year, actor=small.actor())
    draw = Draw.objects.filter(chain=chain, month=month).exclude(state="void").first()
    if draw is None:
        draw = Draw.objects.create(
            scheme=scheme, chain=chain, year=year, month=month, state="drawn", frozen=b"{}",
            frozen_sha256="0" * 64, frozen_at=small_district.moment(date(year, month, 1) - timedelta(days=10)),
        )  # fmt: skip
    day = finished if finished else date(year, month, 20)
    done = state in ("finished", "published")
    return Inspection.objects.create(
        number=f"JC-{year % 100}{month:02d}-{Inspection.objects.count() + 1:03d}",
        kind="drawn",
        facility=small.facility(code),
        draw=draw,
        position=1,
        month=date(year, month, 1),
        due_on=date(year, month, 28),
        state=state,
        finished_on=day if done else None,
        finished_at=small_district.moment(day) if done else None,
    )


def test_the_frozen_content_of_a_small_district_exactly(small):
    drawn_visit(small, "SM0003", 1)
    drawn_visit(small, "SM0004", 2, "due")
    small.past_visit("SM0001", date(2025, 11, 3), "JC003", "JC004")
    small.interest("JC001", "SM0006", date(2024, 1, 1), kind="ownership")
    small.interest("JC001", "SM0002", date(2024, 1, 1), date(2026, 3, 1))
    Facility.objects.filter(code="SM0005").update(state="suspended")
    Inspector.objects.filter(code="JC005").update(licence_until=date(2026, 3, 30))
    chain = chains.make_chain(small.scheme, YEAR, actor=small.actor())
    assert content(small) == {
        "protocol": "shuangsuiji-1",
        "district": "310199",
        "scheme": "safety-health",
        "year": 2026,
        "month": 3,
        "anchor": chain.anchor,
        "rates_permille": {"A": 50, "B": 100, "C": 200, "D": 500},
        "team_size": 2,
        "objects": [
            {"id": "SM0001", "street": ONE, "grade": "A", "visited": False},
            {"id": "SM0002", "street": ONE, "grade": "B", "visited": False},
            {"id": "SM0003", "street": ONE, "grade": "D", "visited": True},
            {"id": "SM0004", "street": TWO, "grade": "B", "visited": True},
            {"id": "SM0006", "street": THREE, "grade": "B", "visited": False},
        ],
        "capped": [],
        "inspectors": [
            {"id": "JC001", "unit": "small-education", "streets": [ONE, TWO, THREE], "recused": ["SM0002", "SM0006"]},
            {"id": "JC002", "unit": "small-health", "streets": [ONE, TWO], "recused": []},
            {"id": "JC003", "unit": "small-fire", "streets": [ONE, TWO, THREE], "recused": ["SM0001"]},
            {"id": "JC004", "unit": "small-health", "streets": [ONE, THREE], "recused": ["SM0001"]},
        ],
        "replaces": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("state", "values", "expected"),
    [
        ("finished", {"month": 1}, True),
        ("published", {"month": 1}, True),
        ("due", {"month": 2}, True),
        ("under_way", {"month": 2}, True),
        ("cancelled", {"month": 1}, False),
        # drawn in December and made in January: this year has seen it
        ("finished", {"year": 2025, "month": 12, "finished": date(2026, 1, 8)}, True),
        ("finished", {"year": 2025, "month": 12, "finished": date(2025, 12, 30)}, False),
        ("due", {"year": 2025, "month": 12}, True),  # overdue: it will be made this year
    ],
)
def test_what_counts_as_visited(small, state, values, expected):
    drawn_visit(small, "SM0001", state=state, **values)
    assert visited(small, "SM0001") is expected


def test_before_the_year_begins_a_visit_still_to_be_made_belongs_to_the_old_year(small):
    drawn_visit(small, "SM0001", 12, "due")
    assert visited(small, "SM0001", year=2027, month=1, on=date(2026, 12, 22)) is False
    assert visited(small, "SM0001", year=2027, month=2, on=date(2027, 1, 22)) is True


def test_an_inspection_with_a_reason_is_no_visit(small):
    small.past_visit("SM0001", date(2026, 1, 20), "JC001")
    assert visited(small, "SM0001") is False


def test_what_a_void_draw_drew_does_not_count(small):
    visit = drawn_visit(small, "SM0001", 1)
    Draw.objects.update(state="void")
    assert visited(small, "SM0001") is False
    assert Inspection.objects.get().pk == visit.pk


def other_scheme(small, key="fire"):
    return Scheme.objects.create(
        plan=small.scheme.plan, key=key, name="消防", subject="消防", kinds=["nursery"], cap=12,
        rates_permille=small.scheme.rates_permille,
    )  # fmt: skip


def test_another_schemes_visit_is_no_visit_but_counts_for_the_cap(small):
    other_scheme(small)
    drawn_visit(small, "SM0001", 1, scheme_key="fire")
    assert visited(small, "SM0001") is False
    small.scheme.cap = 1
    frozen = content(small)
    assert frozen["capped"] == ["SM0001"]
    assert "SM0001" not in {item["id"] for item in frozen["objects"]}


@pytest.mark.parametrize(
    ("states", "capped"),
    [
        (["finished"], False),
        (["finished", "due"], True),
        (["published", "finished", "under_way"], True),
        (["finished", "cancelled"], False),
    ],
)
def test_the_cap_counts_drawn_visits_that_were_not_struck_off(small, states, capped):
    small.scheme.cap = 2
    for month, state in enumerate(states, 1):
        drawn_visit(small, "SM0001", month, state)
    small.past_visit("SM0001", date(2026, 1, 5), "JC001")  # with a reason: does not count
    drawn_visit(small, "SM0001", 12, year=2025)  # of another year
    assert (content(small, month=6, on=date(2026, 5, 20))["capped"] == ["SM0001"]) is capped


def test_the_cap_does_not_count_void_draws(small):
    small.scheme.cap = 1
    drawn_visit(small, "SM0001", 1)
    Draw.objects.update(state="void")
    assert content(small)["capped"] == []


@pytest.mark.parametrize(
    ("values", "there"),
    [
        ({}, True),
        ({"licence_from": date(2026, 3, 1)}, True),
        ({"licence_from": date(2026, 3, 2)}, False),
        ({"licence_until": date(2026, 3, 31)}, True),
        ({"licence_until": date(2026, 3, 30)}, False),
        ({"active": False}, False),
    ],
)
def test_only_inspectors_with_a_licence_throughout_the_month(small, values, there):
    Inspector.objects.filter(code="JC001").update(**values)
    assert ("JC001" in {row["id"] for row in content(small)["inspectors"]}) is there


@pytest.mark.parametrize(
    ("starts", "ends", "expected"),
    [
        (date(2020, 1, 1), None, True),
        (date(2020, 1, 1), date(2026, 3, 1), True),
        (date(2020, 1, 1), date(2026, 2, 28), False),
        (date(2026, 3, 31), None, True),
        (date(2026, 4, 1), None, False),
    ],
)
def test_an_interest_recuses_while_it_is_in_force_in_the_month(small, starts, ends, expected):
    small.interest("JC001", "SM0001", starts, ends, kind="employment")
    assert recused(small, "JC001") == (["SM0001"] if expected else [])


def test_the_team_of_the_previous_inspection_is_recused_and_only_that_one(small):
    small.past_visit("SM0001", date(2025, 5, 5), "JC001", "JC002")
    last = small.past_visit("SM0001", date(2025, 9, 9), "JC003", "JC004")
    member = last.all_team.get(inspector__code="JC004")
    member.dropped_at = small_district.moment(date(2025, 9, 8))
    member.save()
    assert recused(small, "JC001") == recused(small, "JC002") == recused(small, "JC004") == []
    assert recused(small, "JC003") == ["SM0001"]


def test_a_visit_still_to_be_made_is_the_previous_one(small):
    small.past_visit("SM0001", date(2026, 1, 9), "JC001")
    open_visit = drawn_visit(small, "SM0001", 2, "due")
    open_visit.all_team.create(inspector=small.inspector("JC003"), origin="drawn", position=1)
    assert recused(small, "JC001") == []
    assert recused(small, "JC003") == ["SM0001"]
    open_visit.state = "cancelled"
    open_visit.save()
    assert recused(small, "JC001") == ["SM0001"]


def test_recusals_for_facilities_outside_of_the_draw_are_left_out(small):
    small.interest("JC001", "SM0001", date(2020, 1, 1))
    Facility.objects.filter(code="SM0001").update(state="closed", closed_on=date(2026, 1, 1))
    assert recused(small, "JC001") == []


@pytest.mark.parametrize("state", ["preparing", "filed", "suspended", "closed"])
def test_only_operating_facilities_of_the_kinds_are_drawn(small, state):
    Facility.objects.filter(code="SM0001").update(state=state)
    Facility.objects.filter(code="SM0002").update(kind="guidance_point")
    assert {item["id"] for item in content(small)["objects"]} == {"SM0003", "SM0004", "SM0005", "SM0006"}


def test_lists_are_in_code_point_order(small):
    Facility.objects.filter(code="SM0001").update(code="Z1")
    Facility.objects.filter(code="SM0002").update(code="a1")
    Facility.objects.filter(code="SM0003").update(code="M-1")
    ids = [item["id"] for item in content(small)["objects"]]
    assert ids == ["M-1", "SM0004", "SM0005", "SM0006", "Z1", "a1"]


def test_a_code_that_the_protocol_cannot_take_is_named(small):
    Facility.objects.filter(code="SM0001").update(code="SM 1")
    with pytest.raises(Refused) as refused:
        freezing.freeze(small.scheme, 2026, 3, actor=small.actor(), on=FREEZE)
    assert "objects[" in str(refused.value.message)


def test_the_number_of_queries_does_not_grow(small, django_assert_num_queries):
    chain = chains.make_chain(small.scheme, YEAR, actor=small.actor())

    def ask():
        return pools.frozen_content(small.scheme, chain, 3, district_code="310199", on=FREEZE)

    with django_assert_num_queries(6):
        ask()
    street = small.facility("SM0001").street
    for n in range(30):
        one = small.facility("SM0001")
        one.pk, one._state.adding, one.code = None, True, f"SN{n:04d}"
        one.save()
        inspector = Inspector.objects.create(
            code=f"JD{n:03d}", name="示例", unit=small.inspector("JC001").unit, licence_number="31",
            licence_from=date(2020, 1, 1), licence_until=date(2030, 1, 1),
        )  # fmt: skip
        InspectorStreet.objects.create(inspector=inspector, street=street)
    with django_assert_num_queries(6):
        assert len(ask()["objects"]) == 36
