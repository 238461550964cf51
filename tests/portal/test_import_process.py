"""An import in real processes: the commands, and a writer that is killed in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from django.conf import settings

from facilities.models import Facility, Operator
from portal.models import AuditEntry, ImportRun
from portal.models.places import District
from portal.tenancy import district_scope
from tests import plugin
from tests.portal.spreadsheets import cells_of, workbook

HEAD = ("名称", "类型", "街镇", "地址", "托位", "性质", "开办日期", "举办者")
ROWS = [
    (f"示例第{n}托育园", "托育园", "七宝", f"示例路 {n} 号", 60, "民非", "2021-09-01", f"示例举办者{n}")
    for n in range(1, 31)
]


def command(world, *arguments: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env={**os.environ, "PORTAL_DATA": str(settings.DATA_DIR)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "register.xlsx"
    path.write_bytes(workbook(HEAD, *ROWS))
    return path


def count(model) -> int:
    with district_scope(District.objects.get(slug="minhang")):
        return model.objects.count()


@pytest.mark.long
def test_the_commands_bring_in_and_take_out(world, file, tmp_path):
    run = command(world, "import_list", "facilities", str(file), "--district", "minhang")
    out, err = run.communicate(timeout=120)
    assert run.returncode == 0, err
    assert "30 行：新增 30，更新 0，没有变化 0，有错 0" in out
    assert count(Facility) == 0
    run = command(world, "import_list", "facilities", str(file), "--district", "minhang", "--apply")
    out, err = run.communicate(timeout=120)
    assert run.returncode == 0, err
    assert "已写入：新增 30，更新 0" in out and count(Facility) == 30
    target = tmp_path / "out.xlsx"
    run = command(
        world, "export_list", "facilities", str(target), "--district", "minhang", "--query", "sort=-code"
    )
    assert run.communicate(timeout=120)[0] and run.returncode == 0
    assert len(cells_of(target.read_bytes())) == 31
    run = command(world, "import_list", "nothing", str(file), "--district", "minhang")
    assert "没有名单“nothing”" in run.communicate(timeout=120)[1]


@pytest.mark.long
def test_a_writer_that_is_killed_leaves_nothing_behind(world, file):
    """The database holds the writer up between the facilities and their transitions; there it is killed."""
    from django.db import connection

    with plugin.cluster().superuser(connection.settings_dict["NAME"]) as admin:
        admin.execute(
            "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $$;"
            "CREATE TRIGGER hold AFTER INSERT ON facilities_facilitytransition EXECUTE FUNCTION hold()"
        )
        run = command(world, "import_list", "facilities", str(file), "--district", "minhang", "--apply")
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
        deadline = time.monotonic() + 90
        while not admin.execute(waiting).fetchone()[0]:
            assert run.poll() is None, run.communicate()[1]
            assert time.monotonic() < deadline, "the writer never came to its transitions"
            time.sleep(0.1)
        run.send_signal(signal.SIGKILL)
        run.communicate(timeout=60)
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE wait_event = 'PgSleep' AND datname = current_database()"
        )
        admin.execute("DROP TRIGGER hold ON facilities_facilitytransition")
        while admin.execute(waiting).fetchone()[0]:
            time.sleep(0.1)
    assert (count(Facility), count(Operator)) == (0, 0)
    with district_scope(District.objects.get(slug="minhang")):
        (left,) = ImportRun.objects.all()
        assert left.state == "ready"  # what was read before stands, and can be written
        assert not AuditEntry.objects.filter(action__startswith="portal.import").exists()
    again = command(world, "import_list", "facilities", str(file), "--district", "minhang", "--apply")
    out, err = again.communicate(timeout=120)
    assert "已写入：新增 30，更新 0" in out, err
    assert count(Facility) == 30
