"""A record whose file the disk has lost: each door of files says so, and how to get it back."""

from __future__ import annotations

import pytest
from django.urls import reverse

from portal.services.files import root
from tests.portal import stage as stages
from tests.portal.access.rows import Row
from tests.portal.access_table import TABLE

DOORS = (
    "report-pdf",
    "progress-file",
    "inspection-photo",
    "order-file",
    "field-signature",
    "field-addendum-file",
)
ROWS = [
    row for row in TABLE if isinstance(row, Row) and row.url in DOORS and row.method == "GET" and not row.note
]


@pytest.fixture(scope="module")
def stage(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), stages.undone():
        yield stages.build()


def test_every_door_of_files_is_walked():
    assert {row.url for row in ROWS} == set(DOORS)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_file_that_is_gone_is_a_page_with_the_way_out(row, stage, caplog):
    with stages.undone():
        with stage.inside.scope():
            made = row.make(stage.inside)
        url = reverse(row.url, kwargs={"district": "minhang", **made})
        there = stage.clients["bureau"].get(url)
        assert there.status_code == 200 and b"".join(there.streaming_content)
        lost = [path for path in root().rglob("*") if path.is_file()]
        assert lost
        kept = {path: path.read_bytes() for path in lost}
        try:
            for path in lost:
                path.unlink()
            answer = stage.clients["bureau"].get(url)
            page = answer.content.decode()
            assert answer.status_code == 410
            assert "存放处没有这个文件了。告诉系统管理员从备份恢复" in page and 'href="/"' in page
            assert "Traceback" not in page and str(root()) not in page
            assert "of record" in caplog.text, "whoever runs it finds it in the log"
        finally:
            for path, body in kept.items():
                path.write_bytes(body)


def test_a_report_that_is_being_set_says_so_on_a_page(stage):
    row = next(row for row in ROWS if row.url == "report-pdf")
    with stages.undone():
        with stage.inside.scope():
            made = row.make(stage.inside)
            from targets.models import Report

            Report.objects.filter(pk=made["pk"]).update(file=None)
        answer = stage.clients["bureau"].get(reverse("report-pdf", kwargs={"district": "minhang", **made}))
        assert (answer.status_code, answer["Retry-After"]) == (503, "5")
        assert "正在排版" in answer.content.decode() and "<h1>" in answer.content.decode()
