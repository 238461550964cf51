"""What the yearly self-report (年度自评公报) prints: every target of the plans in force with what proves it, how the tasks
stand, what is lacking. Plain JSON, from the year's snapshot and the records. docs/reports.md."""

from __future__ import annotations

from collections import Counter
from datetime import date

from portal.models.places import District, Street
from portal.rules.official import chinese_date
from portal.services import publicity
from targets.metrics.registry import METRICS
from targets.models.reports import Report, ReportSetting
from targets.models.targets import Snapshot, SnapshotValue, Target
from targets.models.tasks import ProgressReport, ReportingRound, Task, TaskUnit
from targets.rules import attestations as proofs
from targets.rules import figures, self_report_words, verdicts
from targets.rules import tasks as task_rules
from targets.services import attestations, promises, report_content, rounds, snapshots

DONE = 100


def gather(snapshot: Snapshot, *, district: District, setting: ReportSetting, on: date) -> dict:
    """The whole content as it is known on a day; the same records give the same content."""
    period = snapshots.period_of_snapshot(snapshot)
    values = list(snapshot.values.all())
    table = report_content.street_table(values, list(Street.objects.all()))
    content = {
        **report_content.frame(period, snapshot, district=district, setting=setting),
        "addressee": "",
        "streets": table,
        "totals": report_content.totals(table, period),
        "plans": plans(values, period),
        "tasks": tasks(period, on),
    }
    content["sections"] = self_report_words.sections(content)
    return content


def plans(values: list[SnapshotValue], period) -> list[dict]:
    """Each plan in force with all its targets, counted, attested and not yet counted, in the order of its clauses."""
    whole = {v.target_id: v for v in values if v.street_id is None and v.target_id}
    found: dict[int, dict] = {}
    for target in promises.targets_in_force(period.as_of):
        if target.document.key == "own":
            continue
        plan = found.setdefault(
            target.document_id,
            {
                "title": report_content.tight(target.document.title),
                "over": promises.plan_over(target, period.as_of),
                "table": len(found) + 1,
                "lines": [],
            },
        )
        plan["lines"].append(line_of(target, whole.get(target.pk), period))
    for plan in found.values():
        lines = plan["lines"]
        counts = Counter(line["verdict"] for line in lines if line["proof"] == Target.Proof.COUNTED)
        counts.update(line["proof"] for line in lines)
        counts["valid"] = sum(
            line["proof"] == "attested" and line["verdict"] == verdicts.MET for line in lines
        )
        counts["short"] = sum(line["proof"] == "attested" and line["state"] == "warn" for line in lines)
        keys = (
            *(key for key, _word in self_report_words.VERDICTS),
            "counted",
            "attested",
            "not_yet",
            "valid",
            "short",
        )
        plan["counts"] = {key: counts.get(key, 0) for key in keys} | {"all": len(lines)}
    return list(found.values())


def line_of(target: Target, value: SnapshotValue | None, period) -> dict:
    line = {
        "key": target.key,
        "text": report_content.tight(str(target)),
        "short": report_content.tight(str(target)),
        "document": str(target.document),
        "clause": target.clause.label,
        "proof": str(target.proof),
        "value": "—",
        "made_of": "",
        "asked": "—",
        "basis": "",
        "verdict": verdicts.UNKNOWN,
    }
    if target.proof == Target.Proof.COUNTED and value is not None:
        metric, promise = METRICS[target.metric], promises.promise_of(target)
        kind = figures.kind_of(promise, metric.measure)
        numbers = (value.numerator, value.denominator)
        line |= {
            "short": report_content.tight(metric.label),
            "value": report_content.close(figures.big(kind, *numbers, value.value, metric.unit)),
            "made_of": report_content.close(figures.small(kind, *numbers)),
            "asked": report_content.close(figures.asked(promise, kind, value.denominator, value.limit)),
            "verdict": value.verdict,
        }
        state, word = verdicts.SHAPES[value.verdict], report_content.word_of(target, value.verdict, period)
    elif target.proof == Target.Proof.ATTESTED:
        stands, proof = attestations.standing(target, period.as_of)
        known = proof if stands in (proofs.PROVED, proofs.SHORT) else None
        short = verdicts.MISSED if promises.is_over(target, period) else verdicts.BEHIND
        line |= {
            "basis": document(known) if known else "",
            "verdict": {proofs.PROVED: verdicts.MET, proofs.SHORT: short}.get(stands, verdicts.UNKNOWN),
        }
        state, word = proofs.SHAPES[stands], proofs.WORDS[stands]
        promise = promises.promise_of(target)
        if promise.value is not None:
            line["asked"] = report_content.close(figures.promised(promise))
            if known:
                line["value"] = report_content.close(
                    f"{figures.plain(known.achieved)} {promise.unit}".strip()
                )
    else:
        line["basis"] = target.proof_reason
        state, word = verdicts.SHAPES[verdicts.UNKNOWN], "尚未计算"
    return line | {"state": state, "word": word}


def document(proof) -> str:
    """《材料》（文号）."""
    return f"《{proof.title}》{f'（{proof.number}）' if proof.number else ''}"


def tasks(period, on: date) -> dict:
    """How the tasks of the plans' tables stand by what their leads handed in last, up to the round of the period's end."""
    rows = list(Task.objects.current(period.as_of).exclude(origin=Task.Origin.DECISION))
    pks = [task.pk for task in rows]
    named = (
        TaskUnit.objects.filter(task__in=pks, role="lead")
        .order_by()
        .values_list("task_id", "unit_id", "role")
    )
    leads = task_rules.owing([task_rules.Link(*row) for row in named], rounds.members(), rounds.collectives())
    last = ReportingRound.objects.filter(starts_on__lte=period.as_of).order_by("-starts_on").first()
    to = max(period.as_of, min(on, last.due_on)) if last else period.as_of
    percents: dict[int, list[int]] = {}
    if last is not None:
        given = ProgressReport.objects.filter(task__in=pks, submitted_on__range=(period.starts_on, to))
        for task_id, unit_id, percent in given.latest_until(last).values_list(
            "task_id", "unit_id", "percent"
        ):
            if (task_id, unit_id) in leads:
                percents.setdefault(task_id, []).append(percent or 0)
    led = {task_id for task_id, _unit in leads}
    done = sum(min(found) >= DONE for found in percents.values())
    return {
        "all": len(rows),
        "done": done,
        "running": len(percents) - done,
        "silent": len(rows) - len(percents),
        "until": chinese_date(to) if percents else "",
        "gaps": [task.number for task in rows if task.origin == Task.Origin.TABLE and task.pk not in led],
    }


def demand_public(report: Report) -> None:
    """Refused where a document's title that the self-report prints names a person: it is read by everybody."""
    for plan in report.content["plans"]:
        for line in plan["lines"]:
            if line["basis"] and line["proof"] == Target.Proof.ATTESTED:
                publicity.demand(line["basis"], field="", label=line["text"])
