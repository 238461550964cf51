"""Files of imports and exports go when their time is over; what is on record stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from facilities.models import Facility
from portal.models import AuditEntry, ExportRun, ImportLine, ImportRun, ImportStaged, StoredFile
from portal.services import exports, import_expiry, imports
from portal.services.files import path_of
from portal.spreadsheets import LISTS
from portal.tasks import sweep_files
from portal.tenancy import district_scope
from tests.portal.spreadsheets import read, write

pytestmark = pytest.mark.django_db
HEAD = ("名称", "类型", "街镇", "地址", "托位", "性质", "开办日期")
GOOD = ("示例晨光托育园", "托育园", "七宝", "示例路 1 号", 60, "民非", "2021-09-01")


@pytest.fixture(autouse=True)
def data(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def scene(cast):
    with district_scope(cast.minhang):
        yield cast


@pytest.fixture
def bureau(scene):
    return scene.actor("bureau")


def later(days: int):
    return timezone.now() + timedelta(days=days)


def test_a_preview_that_nobody_wrote_goes_with_its_file_and_rows(bureau):
    run = read("facilities", HEAD, GOOD, actor=bureau)
    path = path_of(run.file)
    assert import_expiry.sweep(actor=bureau, now=later(29)) == 0
    assert path.exists() and ImportStaged.objects.filter(run=run).exists()
    assert import_expiry.sweep(actor=bureau, now=later(31)) == 1
    run.refresh_from_db()
    assert (run.state, run.file, run.name[-5:], len(run.sha256)) == ("dropped", None, ".xlsx", 64)
    assert not ImportStaged.objects.exists() and not ImportLine.objects.exists()
    assert not StoredFile.objects.filter(sha256=run.sha256).exists()
    assert import_expiry.sweep(actor=bureau, now=later(31)) == 0


def test_what_was_written_stays_on_record_without_its_file(bureau):
    run = write(read("facilities", HEAD, GOOD, actor=bureau), actor=bureau)
    assert import_expiry.sweep(actor=bureau, now=later(31)) == 1
    run.refresh_from_db()
    assert run.state == "done" and run.counts["written"] == {"new": 1, "changed": 0}
    assert AuditEntry.objects.get(action="portal.import.facilities").changes["sha256"] == run.sha256
    assert Facility.objects.filter(name=GOOD[0]).exists()
    again = read("facilities", HEAD, GOOD, actor=bureau)
    assert (
        imports.same_file(again) is None or imports.same_file(again) == run
    )  # another archive, another hash


def test_leaving_an_import_deletes_its_file_at_once(bureau, django_capture_on_commit_callbacks):
    run = read("facilities", HEAD, GOOD, actor=bureau)
    path = path_of(run.file)
    with django_capture_on_commit_callbacks(execute=True):
        imports.drop(run, actor=bureau)
    run.refresh_from_db()
    assert (run.state, run.file) == ("dropped", None)
    assert not path.exists() and not ImportStaged.objects.filter(run=run).exists()


def test_a_file_that_another_import_has_too_stays(bureau, django_capture_on_commit_callbacks):
    from tests.portal.spreadsheets import upload, workbook

    content, one = workbook(HEAD, GOOD), LISTS.incoming["facilities"]
    first = imports.start(one, upload(content), actor=bureau, queued=False)
    second = imports.start(one, upload(content), actor=bureau, queued=False)
    imports.read(first, actor=bureau, queued=False)
    with django_capture_on_commit_callbacks(execute=True):
        imports.drop(first, actor=bureau)
    assert path_of(second.file).exists()
    assert imports.read(second, actor=bureau, queued=False).state == "ready"


def test_an_exported_file_goes(bureau, scene):
    run = exports.order(LISTS.outgoing["facilities"], query="", revealed=False, actor=bureau, queued=False)
    exports.make(run, actor=bureau)
    assert import_expiry.sweep(actor=bureau, now=later(31)) == 1
    assert ExportRun.objects.get(pk=run.pk).file is None


def test_a_run_whose_worker_was_lost_is_given_back(bureau):
    reading = read("facilities", HEAD, GOOD, actor=bureau)
    writing = read("facilities", HEAD, GOOD, actor=bureau)
    imports.order(writing, actor=bureau, queued=False)
    ImportRun.objects.filter(pk=reading.pk).update(state="reading")
    making = exports.order(LISTS.outgoing["facilities"], query="", revealed=False, actor=bureau, queued=False)
    import_expiry.sweep(actor=bureau)
    assert set(ImportRun.objects.values_list("state", flat=True)) == {"reading", "writing"}
    import_expiry.sweep(actor=bureau, now=later(2))
    assert [ImportRun.objects.get(pk=r.pk).state for r in (reading, writing)] == ["refused", "ready"]
    assert ExportRun.objects.get(pk=making.pk).state == "refused"


def test_the_days_are_the_districts(bureau, scene):
    from portal.models.policy import Parameter

    read("facilities", HEAD, GOOD, actor=bureau)
    Parameter.objects.filter(key="import.keep_days").update(value=3)
    assert import_expiry.sweep(actor=bureau, now=later(4)) == 1


def test_the_task_sweeps(cast):
    sweep_files(cast.minhang.pk)
    sweep_files(10**9)  # an unknown district is dropped
