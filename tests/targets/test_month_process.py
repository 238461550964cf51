"""`manage.py month` as a real process on a real database: exit codes, lines, the PDF, twice the same."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from inspections.models import Draw, Inspection, Scheme
from portal.models import AuditEntry, District
from portal.tenancy import district_scope
from tests import cast as casting
from tests.inspections.small_district import DICE


@pytest.mark.long
def test_the_month_from_the_command_line(world):
    casting.make()
    minhang = District.objects.get(slug="minhang")
    today = timezone.localdate()
    month = f"{today:%Y-%m}"
    with district_scope(minhang):
        Scheme.objects.update(grades_public_confirmed_at=timezone.now() - timedelta(days=1))
    bad = world.run("manage.py", "month", "--district", "nowhere", "--month", month, check=False)
    assert bad.returncode == 2
    assert "nowhere" in bad.stderr and "Traceback" not in bad.stderr
    bad = world.run("manage.py", "month", "--district", "minhang", "--month", "2026-13", check=False)
    assert bad.returncode == 2 and "Traceback" not in bad.stderr

    first = world.run("manage.py", "month", "--district", "minhang", "--month", month)
    path = Path(first.stdout.strip().splitlines()[-1])
    assert path.read_bytes()[:5] == b"%PDF-"
    for words in ("一、双随机", "二、指标", "三、督查报告", "小结"):
        assert words in first.stdout
    with district_scope(minhang):
        audited, visits, draws = AuditEntry.objects.count(), Inspection.objects.count(), Draw.objects.count()
    again = world.run("manage.py", "month", "--district", "minhang", "--month", month)
    assert again.stdout.strip().splitlines()[-1] == str(path)
    with district_scope(minhang):
        assert AuditEntry.objects.count() == audited
        assert (Inspection.objects.count(), Draw.objects.count()) == (visits, draws)
    reused = world.run(
        "manage.py", "month", "--district", "minhang", "--month", month, "--entropy", DICE[:9],
        "--source", "witness", check=False,
    )  # fmt: skip
    assert reused.returncode == 2 and "骰子" in reused.stderr
