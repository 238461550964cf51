"""What the report of a month, quarter or year prints, gathered from a snapshot and the period's records, as JSON.

Every number of the tables per street and of the targets is a figure of the snapshot; the report prints the
snapshot's hash, so that each can be traced. Read in a constant number of queries.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal

from django.db.models import Count, F, Q

from facilities.models import CreditEntry
from facilities.rules.credit import DISCIPLINE
from inspections.models import Finding, Inspection
from inspections.rules.states import WEIGHTS
from portal.models.places import District, Street, Unit
from portal.rules.official import chinese_date
from targets.metrics.base import Period
from targets.metrics.registry import METRICS
from targets.models.reports import ReportSetting
from targets.models.targets import Snapshot, SnapshotValue, Target
from targets.models.tasks import QUARTERS, ProgressReport, ReportingRound, Task, TaskUnit
from targets.rules import figures, report_words, verdicts
from targets.rules.tasks import GIVEN
from targets.services import first_records, promises, rounds, snapshots

BLANK = re.compile("(?<=[\u3400-\u9fff：；，]) +| +(?=[\u3400-\u9fff：；，])")  # content
#: column of the table per street -> (metric, which part of the figure)
COLUMNS = {
    "sites": ("sites_per_street", "numerator"),
    "places": ("places_per_street", "numerator"),
    "drawn": ("drawn_visits_made", "denominator"),
    "made": ("drawn_visits_made", "numerator"),
    "findings": ("findings_found", "numerator"),
    "orders": ("orders_closed", "denominator"),
    "closed": ("orders_closed", "numerator"),
    "overdue": ("orders_overdue", "numerator"),
}
#: of the table of months
MONTH_COLUMNS = {name: COLUMNS[name] for name in ("drawn", "made", "findings", "orders", "closed")}


def number(value: Decimal | None) -> int:
    return int(value or 0)


def frame(period: Period, snapshot: Snapshot, *, district: District, setting: ReportSetting) -> dict:
    """What every report says of itself."""
    quarter = QUARTERS[period.ends_on.month // 3 - 1] if period.kind == "quarter" else ""
    words = {"year": period.starts_on.year, "month": period.starts_on.month, "quarter": quarter}
    return {
        "district": district.name,
        "span": period.kind,
        "this": report_words.THIS[period.kind],
        "as_of": period.as_of.isoformat(),
        "as_of_words": chinese_date(period.as_of),
        "closed": period.closed,
        "records": records(period),
        "snapshot": {"id": snapshot.pk, "sha256": snapshot.sha256, "as_of": snapshot.as_of.isoformat()},
        "title": setting.title.format(**words),
        "issuer": setting.issuer,
        "addressee": setting.addressee,
        "copies_to": [name for name in setting.copies_to.split("；") if name],
        "printing_unit": setting.printing_unit,
    }


def records(period: Period) -> str:
    """Since when within the period there are inspections: a month in words; "" for the whole of it, "none"."""
    since = first_records.inspected_from()
    if since is None or since > period.ends_on:
        return "none"
    return f"{since.year}年{since.month}月" if since > period.starts_on else ""


def gather(snapshot: Snapshot, *, district: District, setting: ReportSetting, on: date) -> dict:
    """The whole content as it is known on a day; the same records give the same content."""
    period = snapshots.period_of_snapshot(snapshot)
    values = list(snapshot.values.all())
    streets = list(Street.objects.all())
    targets = promises.targets_in_force(period.as_of)
    table = street_table(values, streets)
    weights = findings_by_weight(period)
    content = {
        **frame(period, snapshot, district=district, setting=setting),
        "streets": table,
        "months": months(period),
        "totals": totals(table, period),
        "short_teams": short_teams(period),
        "findings": weights,
        "frequent": frequent_findings(period),
        "in_time": part_of(values, "orders_in_time"),
        "disciplined": disciplined(period.as_of),
        "draw_basis": draw_basis(targets),
        **judged(values, targets, period),
        "tasks": task_reports(period, on),
        "path": path(period),
    }
    content["tables"] = report_words.tables(content)
    content["sections"] = report_words.sections(content)
    return content


def street_table(values: list[SnapshotValue], streets: list[Street]) -> list[dict]:
    """A line per street that holds anything; sums of the lines are the snapshot's figures of the district."""
    found: dict[int, dict] = defaultdict(dict)
    for value in values:
        if value.street_id is None:
            continue
        for column, (metric, part) in COLUMNS.items():
            if value.metric == metric:
                found[value.street_id][column] = number(getattr(value, part))
    lines = []
    for street in streets:
        line = {column: found[street.pk].get(column, 0) for column in COLUMNS}
        asked = street.is_street or street.counted_in_plan
        if asked or any(line.values()):
            lines.append({"name": street.name, "asked": asked, **line})
    return lines


def totals(table: list[dict], period) -> dict:
    sums = {column: sum(line[column] for line in table) for column in COLUMNS}
    sums["streets_with_sites"] = sum(1 for line in table if line["sites"])
    other = Inspection.objects.filter(month__range=(period.starts_on, period.ends_on))
    sums["cancelled"] = other.filter(
        kind="drawn", state="cancelled", cancelled_at__date__lte=period.as_of
    ).count()
    sums["unscheduled"] = Inspection.objects.filter(
        kind="unscheduled", finished_on__range=(period.starts_on, period.as_of)
    ).count()
    return sums


def short_teams(period) -> dict:
    """Drawn visits of the period for which the draw found too few inspectors, or whose team is short now: per street,
    and how many still cannot begin."""
    at_first = Count("all_team", filter=Q(all_team__origin="drawn"))
    now_in = Count("all_team", filter=Q(all_team__dropped_at__isnull=True))
    rows = (
        Inspection.objects.filter(
            kind="drawn", month__range=(period.starts_on, period.ends_on), draw__isnull=False
        )
        .exclude(state="cancelled")
        .order_by()
        .annotate(at_first=at_first, now_in=now_in)
    )
    waits = Q(state="due", now_in__lt=F("draw__scheme__team_size"))
    rows = rows.filter(Q(at_first__lt=F("draw__scheme__team_size")) | waits)
    found = list(rows.values_list("facility__street__code", "facility__street__name", "state", "now_in",
                                  "draw__scheme__team_size"))  # fmt: skip
    counts = Counter((code, name) for code, name, *_rest in found)
    return {
        "count": len(found),
        "left": sum(state == "due" and now_in < size for *_street, state, now_in, size in found),
        "streets": [{"name": name, "count": counts[code, name]} for code, name in sorted(counts)],
    }


def period_findings(period):
    found = Finding.objects.filter(inspection__finished_on__range=(period.starts_on, period.as_of))
    return found.exclude(state="withdrawn")


def findings_by_weight(period) -> list[dict]:
    counts = dict(period_findings(period).order_by().values_list("weight").annotate(n=Count("pk")))
    return [
        {"weight": key, "label": label if key == "veto" else f"{label}风险项", "count": counts.get(key, 0)}
        for key, label in WEIGHTS.items()
    ]


def frequent_findings(period, size: int = 3) -> list[dict]:
    """What was found most, twice at least, by the item's own words."""
    rows = (
        period_findings(period)
        .order_by()
        .values("item_key", "item__text")
        .annotate(n=Count("pk"))
        .filter(n__gte=2)
        .order_by("-n", "item_key")[:size]
    )
    return [{"text": tight(row["item__text"]), "count": row["n"]} for row in rows]


def disciplined(on: date) -> list[str]:
    """Names of the facilities on the discipline list of the credit record on the day."""
    held = CreditEntry.objects.filter(kind=DISCIPLINE, starts_on__lte=on).exclude(state="revoked")
    held = held.filter(
        Q(left_on__isnull=True) | Q(left_on__gt=on), Q(ends_on__isnull=True) | Q(ends_on__gte=on)
    )
    return list(held.order_by("facility__code").values_list("facility__name", flat=True))


def part_of(values: list[SnapshotValue], metric: str) -> dict:
    whole = next((v for v in values if v.metric == metric and v.street_id is None), None)
    return {
        "numerator": number(whole.numerator) if whole else 0,
        "denominator": number(whole.denominator) if whole else 0,
    }


def draw_basis(targets: list[Target]) -> str:
    found = next((t for t in targets if t.metric == "double_random_monthly"), None)
    return f"{found.document}{found.clause.label}" if found else ""


def judged(values: list[SnapshotValue], targets: list[Target], period) -> dict:
    """The counted targets with their lights, in the order of the documents, and how many there are of each."""
    whole = {v.target_id: v for v in values if v.street_id is None and v.target_id}
    lines, counts = [], Counter()
    plan = [t for t in targets if t.document.key != "own"]
    for target in plan:
        counts[target.proof] += 1
        value = whole.get(target.pk)
        if target.proof != Target.Proof.COUNTED or value is None:
            continue
        metric, promise = METRICS[target.metric], promises.promise_of(target)
        kind = figures.kind_of(promise, metric.measure)
        counts[value.verdict] += 1
        lines.append(
            {
                "key": target.key,
                "text": tight(str(target)),
                "short": tight(metric.label),
                "document": str(target.document),
                "clause": target.clause.label,
                "value": close(
                    figures.big(kind, value.numerator, value.denominator, value.value, metric.unit)
                ),
                "made_of": close(figures.small(kind, value.numerator, value.denominator)),
                "asked": close(figures.asked(promise, kind, value.denominator, value.limit)),
                "verdict": value.verdict,
                "state": verdicts.SHAPES[value.verdict],
                "word": word_of(target, value.verdict, period),
            }
        )
    over = {t.document_id: str(t.document) for t in plan if promises.plan_over(t, period.as_of)}
    keys = ("met", "on_pace", "behind", "missed", "unknown", "counted", "attested", "not_yet")
    return {
        "targets": lines,
        "several": len({line["document"] for line in lines}) > 1,
        "target_counts": {key: counts.get(key, 0) for key in keys},
        "plans_over": list(over.values()),
    }


def close(words: str) -> str:
    """Without blanks, as official documents write figures."""
    return words.replace(" ", "")


def tight(words: str) -> str:
    """A sentence without the blanks between Chinese and figures; those between Latin words stay."""
    return BLANK.sub("", words)


def word_of(target: Target, verdict: str, period) -> str:
    slow = verdict == verdicts.BEHIND and promises.pace_of(target, period) is not None
    return "慢于进度" if slow else verdicts.WORDS[verdict]


def months(period) -> list[dict]:
    """The figures of each month of a quarter or year that has begun, from the newest snapshot of the month; of a month
    without one nothing is known, which is not nought."""
    if period.kind == "month":
        return []
    rows = SnapshotValue.objects.filter(
        metric__in={metric for metric, _part in MONTH_COLUMNS.values()},
        street=None,
        snapshot__period="month",
        snapshot__starts_on__range=(period.starts_on, period.as_of),
    ).order_by(  # the last one stays: of the newest snapshot, the figure that no target judged
        "snapshot__as_of", "snapshot__taken_at", "snapshot_id", F("target").asc(nulls_last=True)
    )
    found: dict[int, dict] = defaultdict(dict)
    for value in rows.select_related("snapshot"):
        found[value.snapshot.starts_on.month][value.metric] = value
    return [
        {
            "label": f"{month}月",
            **{
                column: number(getattr(found[month][metric], part)) if metric in found[month] else None
                for column, (metric, part) in MONTH_COLUMNS.items()
            },
        }
        for month in range(period.starts_on.month, period.as_of.month + 1)
    ]


def task_reports(period, on: date) -> dict:
    """The reporting round whose day came last: by the month's day; of a quarter or year the last that ended within it,
    told as it stands on the day `on`, no later than its due day."""
    if period.kind == "month":
        last, to = (
            ReportingRound.objects.filter(due_on__lte=period.as_of).order_by("-due_on").first(),
            period.as_of,
        )
    else:
        last = ReportingRound.objects.filter(ends_on__lte=period.as_of).order_by("-ends_on").first()
        to = max(period.as_of, min(on, last.due_on)) if last else period.as_of
    leads = set(TaskUnit.objects.filter(role="lead").values_list("task_id", flat=True))
    tasks = Task.objects.current(period.as_of).filter(origin="table")
    gaps = [t.number for t in tasks if t.pk not in leads]
    empty = {
        "round": "",
        "due_words": "",
        "to_words": chinese_date(to),
        "owed": 0,
        "given": 0,
        "in_time": 0,
        "units": [],
        "gaps": gaps,
    }
    if last is None:
        return empty
    owed = rounds.owing(last)
    given = {
        (r.task_id, r.unit_id): r.submitted_on
        for r in ProgressReport.objects.filter(round=last, state__in=GIVEN, submitted_on__lte=to)
    }
    missing: dict[int, list[int]] = defaultdict(list)
    numbers = dict(Task.objects.values_list("pk", "number"))
    for task_id, unit_id in owed - given.keys():
        missing[unit_id].append(numbers[task_id])
    units = Unit.objects.in_bulk(missing)
    lines = [
        {"name": units[pk].name, "tasks": sorted(tasks), "count": len(tasks)} for pk, tasks in missing.items()
    ]
    done = [day for key, day in given.items() if key in owed]
    return empty | {
        "round": tight(last.name),
        "due_words": chinese_date(last.due_on),
        "owed": len(owed),
        "given": len(done),
        "in_time": sum(day <= last.due_on for day in done),
        "units": sorted(lines, key=lambda line: (-line["count"], line["name"])),
    }


def path(period) -> list[dict]:
    """The share of facilities visited this year at the end of each month so far; None where none was kept."""
    rows = SnapshotValue.objects.filter(
        metric="yearly_visit",
        street=None,
        snapshot__period="month",
        snapshot__starts_on__range=(date(period.as_of.year, 1, 1), period.as_of),
    ).order_by("snapshot__as_of", "snapshot__taken_at")
    found = {starts_on.month: value for starts_on, value in rows.values_list("snapshot__starts_on", "value")}
    return [
        {
            "label": f"{month}月",
            "value": None if found.get(month) is None else float(round(found[month] * 100, 1)),
        }
        for month in range(1, period.starts_on.month + 1)
    ]
