"""A number that is second-hand asks to be checked on the page that uses it, until somebody has."""

import pytest
from django.urls import reverse

from portal.models.policy import Parameter
from portal.tenancy import district_scope

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("page", "key"), [("clocks-summary", "expiry.warn_days"), ("deletions", "child.retention_days")]
)
def test_a_second_hand_number_asks_to_be_checked_where_it_is_used(cast, client, page, key):
    client.force_login(cast.users["bureau"])
    address, to = reverse(page, args=["minhang"]), reverse("parameter", args=["minhang", key])
    assert to in client.get(address).content.decode()
    with district_scope(cast.minhang):
        Parameter.objects.filter(key=key).update(weak=False)
    assert to not in client.get(address).content.decode()


def test_who_may_not_read_parameters_is_told_without_a_way_there(cast, client):
    client.force_login(cast.users["operator"])
    page = client.get(reverse("clocks-summary", args=["minhang"])).content.decode()
    assert "参数待核对" in page and reverse("parameter", args=["minhang", "expiry.warn_days"]) not in page
