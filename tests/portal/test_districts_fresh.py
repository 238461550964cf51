"""A change of a district is seen without a restart."""

import pytest

from portal import middleware
from portal.models import District
from portal.tenancy import district_scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch):
    """Sets the middleware's clock; what it has read does not outlive the test."""
    now = [1000.0]
    monkeypatch.setattr(middleware, "monotonic", lambda: now[0])
    monkeypatch.setattr(middleware, "DISTRICTS_FRESH_SECONDS", 10)
    middleware.forget_districts()
    yield now
    middleware.forget_districts()


def test_what_this_process_changes_shows_at_once(cast, clock):
    assert not middleware.district_of("minhang").demonstration
    with district_scope(cast.minhang):
        district = District.objects.get(slug="minhang")
        district.demonstration = True
        district.save(update_fields=["demonstration"])
    assert middleware.district_of("minhang").demonstration


def test_what_another_process_changes_shows_after_seconds(cast, clock):
    assert not middleware.district_of("minhang").demonstration
    with district_scope(cast.minhang):
        District.objects.filter(slug="minhang").update(demonstration=True)  # no signal, as from outside
    clock[0] += 5
    assert not middleware.district_of("minhang").demonstration
    clock[0] += 6
    assert middleware.district_of("minhang").demonstration


def test_between_changes_the_database_is_not_asked(cast, clock, django_assert_num_queries):
    middleware.district_of("minhang")
    with django_assert_num_queries(0):
        assert middleware.district_of("jinshan").slug == "jinshan"
    with django_assert_num_queries(1):
        assert middleware.district_of("nowhere") is None
