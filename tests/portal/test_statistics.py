"""The planner's statistics follow when many rows came at once."""

import os

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from portal.management.commands import load_reference
from portal.services import statistics
from portal.services.reference import Tally

pytestmark = pytest.mark.django_db


def analyzed(table: str):
    name = connection.settings_dict["NAME"]
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], dbname=name) as owner:
        return owner.execute(
            "SELECT last_analyze FROM pg_stat_user_tables WHERE relname = %s", [table]
        ).fetchone()[0]


def test_each_table_is_analyzed_as_its_owner():
    assert statistics.refresh()
    first = analyzed("facilities_facility")
    assert first is not None
    assert statistics.refresh()
    assert analyzed("facilities_facility") > first and analyzed("portal_street") > first


def test_where_the_owner_is_unknown_it_is_left_to_the_daemon(settings):
    settings.DATABASE_OWNER_URL = ""
    assert statistics.refresh() is False
    settings.DATABASE_OWNER_URL = "postgresql://portal_owner:wrong@127.0.0.1:1/portal"
    assert statistics.refresh() is False


@pytest.mark.parametrize("changed", [0, 3])
def test_reference_data_that_changed_something_refreshes_them(monkeypatch, changed):
    tally = Tally()
    tally.created["portal.street"] = changed
    monkeypatch.setattr(load_reference, "load_reference", lambda force: {"minhang": tally})
    calls = []
    monkeypatch.setattr(statistics, "refresh", lambda: calls.append(1))
    call_command("load_reference")
    assert len(calls) == bool(changed)
