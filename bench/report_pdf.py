# ruff: noqa: E402 - Django is set up before its models are imported
"""The month's report against WeasyPrint alone: `python bench/report_pdf.py`, without any database.

The floor sets the finished HTML with a bare WeasyPrint whose fonts and stylesheet are as warm as ours. Ours is what
a worker does: fill the template from the report's content and set it. Memory is that of the process after 25 and
after `--count` reports.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import time
from datetime import date, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ.setdefault("PORTAL_BUILD", "1")
os.environ.setdefault("LOG_LEVEL", "ERROR")

import django

django.setup()

from django.utils import timezone

from bench.report import Line, print_table
from portal import pdf
from portal.rules.official import chinese_date
from targets.models import Report
from targets.rules import report_words
from targets.services import reports

GOAL, FLAT = 1.3, 1.1
COLUMNS = ("sites", "places", "drawn", "made", "findings", "orders", "closed", "overdue")


def content(streets: int, chance: random.Random) -> dict:
    """A month of a district of the size, as gathered from a snapshot."""
    table = []
    for number in range(streets):
        drawn = chance.randint(2, 6)
        made = chance.randint(1, drawn)
        orders = chance.randint(0, made)
        closed = chance.randint(0, orders)
        line = dict(
            zip(COLUMNS, (28, 1100, drawn, made, orders * 2, orders, closed, orders - closed), strict=True)
        )
        table.append({"name": f"示例{number + 1}街道", "asked": True, **line})
    sums = {column: sum(line[column] for line in table) for column in COLUMNS}
    weights = [("veto", "否决项"), ("high", "高风险项"), ("medium", "中风险项"), ("low", "低风险项")]
    found = {
        "span": "month", "this": report_words.THIS["month"], "records": "", "as_of": "2026-11-30",
        "as_of_words": chinese_date(date(2026, 11, 30)),
        "closed": True, "snapshot": {"id": 1, "sha256": "0f" * 32, "as_of": "2026-11-30"},
        "title": "关于2026年11月全区托育服务督查情况的通报", "issuer": "上海市浦东新区教育局",
        "addressee": "各街镇人民政府、街道办事处", "copies_to": ["上海市教育委员会"], "printing_unit": "示例办公室",
        "district": "示例区", "streets": table,
        "totals": {**sums, "streets_with_sites": streets, "cancelled": 2, "unscheduled": 3},
        "short_teams": {"count": 2, "left": 1, "streets": [{"name": "示例镇", "count": 2}]},
        "findings": [{"weight": k, "label": w, "count": sums["findings"] // 4 + (k == "low") * (sums["findings"] % 4)}
                     for k, w in weights],
        "frequent": [{"text": "视频监控留存不足", "count": 12}, {"text": "晨检记录不全", "count": 9}],
        "in_time": {"numerator": 21, "denominator": 30}, "draw_basis": "浦府办〔2021〕12号二（二）2",
        "targets": [
            {"key": f"t{n}", "text": f"第{n}项指标每年对每个机构至少实地巡查指导1次", "short": f"第{n}项",
             "clause": "二（二）2", "value": "82.1%", "made_of": "821/1,000", "asked": "100%", "verdict": verdict,
             "state": state, "word": word}
            for n, (verdict, state, word) in enumerate(
                [("met", "ok", "达到"), ("on_pace", "doing", "快于进度"), ("behind", "warn", "缺口"),
                 ("missed", "bad", "未达"), ("unknown", "none", "没有数据")] * 4, 1)
        ],
        "target_counts": {"met": 4, "on_pace": 4, "behind": 4, "missed": 4, "unknown": 4, "counted": 20,
                          "attested": 25, "not_yet": 40},
        "plans_over": ["浦府办〔2021〕12号"],
        "tasks": {"round": "2026年第三季度", "due_words": "2026年10月21日", "owed": 300, "given": 260, "in_time": 240,
                  "units": [{"name": f"示例单位{n}", "tasks": [3, 7, 12], "count": 3} for n in range(13)], "gaps": [15]},
        "path": [{"label": f"{m}月", "value": 8.3 * m} for m in range(1, 12)],
    }  # fmt: skip
    found["sections"] = report_words.sections(found)
    return found


def resident() -> float:
    """Megabytes of this process."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> bool:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--streets", type=int, default=36)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--count", type=int, default=200)
    options = parser.parse_args()
    now = timezone.make_aware(datetime(2026, 12, 3, 9))
    report = Report(
        kind="monthly", year=2026, month=11, state="issued", number="浦教托督〔2026〕11号", drafted_at=now,
        issued_at=now, content=content(options.streets, random.Random(1)),
    )  # fmt: skip
    html = reports.html_of(report)
    from weasyprint.layout import inline

    its_own = inline.justify_line
    pdf.warm()
    press, in_our_way = pdf._press(), inline.justify_line

    def floor() -> bytes:
        inline.justify_line = its_own
        source = press.engine.HTML(string=html, base_url=pdf.STATIC.as_uri() + "/")
        return source.write_pdf(
            font_config=press.fonts, stylesheets=[press.sheets["official"]], pdf_variant=pdf.VARIANT
        )

    def ours() -> bytes:
        inline.justify_line = in_our_way
        return pdf.render(reports.html_of(report), duplex=True)

    spent: dict[str, list[float]] = {"floor": [], "ours": []}
    for turn in range(options.repeats + 2):
        for name, run in (("floor", floor), ("ours", ours)):
            start = time.process_time()
            body = run()
            if turn >= 2:
                spent[name].append((time.process_time() - start) * 1000)
    early = 0.0
    for number in range(1, options.count + 1):
        ours()
        if number == min(25, options.count):
            early = resident()
    size = f"{options.streets} streets, 3 charts, 4 tables, {len(body) // 1000} kB"
    return print_table(
        [
            Line("the month's report, warm", size, statistics.median(spent["floor"]), statistics.median(spent["ours"]),
                 GOAL, "ms"),
            Line(f"memory after {options.count} reports", "against 25", early, resident(), FLAT, "MB"),
        ]
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
