"""The three official documents of a visit, read back from their PDF and measured: a sheet of 34 items over several pages."""

from __future__ import annotations

from datetime import date

import pytest

from inspections.models import Finding, Order
from inspections.services import case_documents as documents
from inspections.services import orders, rechecks
from inspections.services.checklists import numbered, versions_for
from portal.rules.official import chinese_date
from portal.tenancy import district_scope
from tests.inspections import factories
from tests.inspections.factories import at
from tests.portal.test_official_pdf import (
    BIAOSONG,
    BOTTOM,
    LEFT,
    LINE,
    RIGHT,
    SQUARE,
    TOP,
    face,
    find,
    lines,
    read,
    red_line,
    text,
)

pytestmark = [pytest.mark.django_db, pytest.mark.long]
FOUND = "第{n}项：现场看到的与要求不符，当班人员说明了原因，检查人员拍了照片，要求当天写出改正的办法。"
SAID = "第{n}项：已经按要求改正，附照片和登记表；负责人每周复核一次，写进交接班记录。"
HEADS = {
    "record": ("序号", "检查内容", "结果", "情况"),
    "order": ("序号", "检查内容", "发现的问题", "依据", "期限"),
    "recheck": ("序号", "问题", "机构的答复", "复查结果"),
}
#: Which column is too short to be broken.
SHORT = {"record": 2, "order": 4, "recheck": 3}


def plain(cell: str | None) -> str:
    return "".join((cell or "").split())


@pytest.fixture
def papers(cast):
    """Per document: its PDF, title, number, day, and what each row of its table has to say."""
    with district_scope(cast.minhang):
        factories.reference(cast.minhang)
        visit = factories.drawn(cast.facility, factories.team(cast))
        one, two = cast.actor("inspector"), cast.actor("inspector2")
        shown = [
            item
            for version in versions_for(cast.facility.kind, factories.MARCH)
            for item in version.items.order_by("number")
            if not item.kinds or cast.facility.kind in item.kinds
        ]
        failing = {item.key: FOUND.format(n=n) for n, item in enumerate(shown, start=1)}
        factories.finished(visit, one, failing=failing)
        visit.refresh_from_db()
        order, findings = Order.objects.get(), list(Finding.objects.order_by("pk").select_related("item"))
        said = {row.pk: SAID.format(n=n) for n, row in enumerate(findings, start=1)}
        orders.answer_order(order, texts=said, actor=cast.actor("operator"), now=at(date(2026, 3, 10), 15))
        rechecks.recheck(
            order,
            results={row.pk: "closed" for row in findings},
            note="逐项看过。",
            inspectors=["JC901", "JC902"],
            actor=two,
            now=at(date(2026, 3, 11)),
        )
        rechecks.confirm_recheck(order, actor=one)
        order.refresh_from_db()
        recheck = order.rechecks.get()
        told = {row.item_id: row.text for row in findings}
        yield {
            "record": (
                read(documents.record_html(visit)),
                "托育机构现场检查记录",
                visit.number,
                visit.finished_on,
                [(str(n), item.text, "不符合", told[item.pk]) for n, item in numbered(visit)],
            ),
            "order": (
                read(documents.order_html(order)),
                "责令整改通知书",
                order.number,
                order.issued_on,
                [
                    (str(n), row.item.text, row.text, documents.basis_of(row), chinese_date(row.due_on))
                    for n, row in enumerate(findings, start=1)
                ],
            ),
            "recheck": (
                read(documents.recheck_html(order, recheck)),
                "整改复查记录",
                f"{order.number}-F1",
                recheck.on,
                [(str(n), row.item.text, said[row.pk], "已改好") for n, row in enumerate(findings, start=1)],
            ),
        }


def test_read_back_and_measured(papers):
    for kind, (document, title, number, day, expected) in papers.items():
        assert len(expected) == 34
        pages = document.pages
        assert len(pages) >= 4, kind
        first, last = pages[0], pages[-1]

        # title and number stand as the standard has it
        rows = [row for row in lines(first) if {round(char["size"]) for char in row} == {22}]
        assert "".join(map(text, rows)) == title, kind
        for row in rows:
            assert {face(char) for char in row} == {BIAOSONG}
            assert abs((row[0]["x0"] + row[-1]["x1"]) / 2 - (LEFT + RIGHT) / 2) < 1
        shown = find(first, number)
        assert abs((shown[0]["x0"] + shown[-1]["x1"]) / 2 - (LEFT + RIGHT) / 2) < 1
        assert shown[-1]["bottom"] < red_line(first)["top"] < rows[0][0]["top"]

        # nothing leaves the type area; each page has its number
        for n, page in enumerate(pages, start=1):
            inside = [char for char in page.chars if char["top"] < BOTTOM]
            assert min(char["x0"] for char in inside) > LEFT - 0.8, (kind, n)
            assert max(char["x1"] for char in inside) < RIGHT + 0.8, (kind, n)
            assert max(char["bottom"] for char in inside) < BOTTOM + 0.5, (kind, n)
            assert min(char["top"] for char in inside) > TOP - 1, (kind, n)
            foot = sorted((char for char in page.chars if char["top"] > BOTTOM), key=lambda char: char["x0"])
            assert text(foot) == f"— {n} —"

        # the 34 rows, each whole in one row of one page, in order, below the same head on every page
        found, carrying = [], 0
        for page in pages:
            for table in page.find_tables():
                raw = table.extract()
                cells = [tuple(map(plain, row)) for row in raw]
                if len(cells[0]) != len(HEADS[kind]):
                    continue
                carrying += 1
                assert cells[0] == HEADS[kind], kind
                assert len(cells) > 2, "a row alone on a page"
                assert LEFT - 1 < table.bbox[0] and table.bbox[2] < RIGHT + 1
                found += cells[1:]
                assert not any("\n" in row[SHORT[kind]] for row in raw), "a day or a result is broken in two"
        assert carrying >= 3
        assert found == [tuple(map(plain, row)) for row in expected], kind

        # who issued it and when, below the text and not alone
        day_words, unit = find(last, chinese_date(day)), find(last, "上海市闵行区教育局")
        assert abs(RIGHT - unit[-1]["x1"] - 2 * SQUARE) < 1
        assert abs(day_words[0]["x0"] - unit[0]["x0"] - 2 * SQUARE) < 0.5
        assert abs(day_words[0]["top"] - unit[0]["top"] - LINE) < 0.6
        above = [row for row in lines(last) if row[0]["bottom"] < unit[0]["top"]]
        assert above and text(lines(last)[-1]) == chinese_date(day), kind
