"""Versions of a result: what the record says at a moment, fixed by its hash."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from inspections.models import Answer, Finding, Inspection, ResultReview, ResultVersion
from inspections.rules import results as rules

FORMAT = "shanyu-result-1"


def content_of(
    inspection: Inspection,
    answers: Iterable[Answer],
    findings: Sequence[Finding],
    team: Sequence[str],
    *,
    number: int,
    previous: str = "",
) -> dict:
    """A result in full, with what people wrote: it stays inside, the public reads columns without free text."""
    given = [
        {
            "item": answer.item.key,
            "list": answer.item.version_id,
            "value": answer.value,
            "note": answer.note if answer.value != "ok" else "",
            "mended": answer.mended_on_the_spot,
        }
        for answer in answers
    ]
    withdrawn = sum(finding.state == "withdrawn" for finding in findings)
    return {
        "format": FORMAT,
        "version": number,
        "previous_sha256": previous,
        "inspection": inspection.number,
        "facility": inspection.facility.code,
        "name": inspection.facility.name,
        "kind": inspection.kind,
        "inspected_on": inspection.finished_on.isoformat(),
        "team": list(team),
        "counts": rules.counts((one["value"] for one in given), withdrawn),
        "answers": given,
        "findings": [
            {
                "id": finding.pk,
                "item": finding.item_key,
                "what": finding.item.text,
                "weight": finding.weight,
                "text": finding.text,
                "stands": finding.state != "withdrawn",
                "mended": finding.state == "mended",
                "due_on": finding.due_on.isoformat() if finding.due_on else None,
            }
            for finding in findings
        ],
        "objection_on_site": inspection.objection,
        "summary": inspection.summary,
    }


def built(
    review: ResultReview, content: dict, kind: str, *, at: datetime, by, reason: str = ""
) -> ResultVersion:
    """The version of a content, not saved yet."""
    body = rules.canonical(content)
    return ResultVersion(
        review=review,
        number=content["version"],
        kind=kind,
        content=body,
        sha256=rules.sha256(body),
        reason=reason,
        at=at,
        by=by,
    )


def write(review: ResultReview, kind: str, *, at: datetime, by, reason: str = "") -> ResultVersion:
    """The next version from the record as it is now; the one before stays and is named by its hash."""
    inspection = review.inspection
    last = review.versions.order_by("-number").first()
    answers = inspection.answers.select_related("item").order_by("item__version", "item__number")
    findings = list(inspection.findings.select_related("item").order_by("pk"))
    team = inspection.all_team.filter(dropped_at__isnull=True).order_by("position")
    content = content_of(
        inspection,
        answers,
        findings,
        list(team.values_list("inspector__code", flat=True)),
        number=last.number + 1 if last else 1,
        previous=last.sha256 if last else "",
    )
    made = built(review, content, kind, at=at, by=by, reason=reason)
    made.save(force_insert=True)
    review.latest = made.number
    return made
