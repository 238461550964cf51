"""The month ribbon: four lanes, whatever is on record."""

from datetime import date

import pytest

from inspections import month_clocks
from portal.errors import Denied
from portal.tenancy import district_scope
from tests.queries import at_most


def test_a_month_without_records_says_so(cast):
    with district_scope(cast.minhang):
        lanes = month_clocks.lanes(cast.actor("bureau"), date(2026, 3, 18))
    assert [lane["state"][0] for lane in lanes] == ["warn", "none", "ok", "ok"]


def test_the_card_costs_few_queries_and_is_not_for_operators(cast, client):
    client.force_login(cast.bureau)
    client.get("/minhang/inspections/month-card/")  # the list of districts is read once a minute
    with at_most(12):
        assert client.get("/minhang/inspections/month-card/").status_code == 200
    client.force_login(cast.operator)
    assert client.get("/minhang/inspections/month-card/").status_code == 403
    with district_scope(cast.minhang), pytest.raises(Denied):
        month_clocks.lanes(cast.actor("operator"), date(2026, 3, 18))
