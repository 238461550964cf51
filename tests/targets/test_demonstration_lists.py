"""The demonstration's spreadsheets: what a clerk's file brings in, and what waits with its faults."""

from __future__ import annotations

from datetime import date

import pytest

from portal.services import imports
from portal.tenancy import district_scope
from targets.demonstration import lists
from tests.facilities import factories
from tests.portal.spreadsheets import sentences

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 18)


def test_one_is_written_and_one_waits_with_its_faults(cast, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    with district_scope(cast.minhang):
        actor = cast.actor("bureau")
        known = [factories.facility(cast.facility.street, video_days=30) for _n in range(3)]
        done = lists.written(known, actor, TODAY)
        assert done.state == "done", imports.reason_of(done)
        assert (done.counts["changed"], done.counts["skipped"]) == (3, 1)
        known[0].refresh_from_db()
        assert known[0].video_days == lists.GIVEN_DAYS
        waits = lists.waiting(known, actor, TODAY)
        assert waits.state == "ready" and waits.counts["new"] >= 2 and waits.counts["wrong"] >= 3, sentences(
            waits
        )
        assert lists.workbook("示例", ("甲",), ("乙",)) == lists.workbook("示例", ("甲",), ("乙",))
