"""The list of targets as tables: by part of the document, and targets down with streets across."""

from __future__ import annotations

from dataclasses import dataclass, field

from portal.figures import heat
from portal.models.places import Street
from targets.models import Task
from targets.rules import clauses, verdicts
from targets.views.shown import Shown


@dataclass
class Section:
    """A part of a document with its targets: (target, its clause, what the annex's row is about)."""

    title: str
    rows: list[tuple[Shown, str, str]] = field(default_factory=list)


def grouped(rows: list[Shown]) -> list[Section]:
    """By part of the document, in its order; an annex's rows are told by what the task there is about."""
    projects = dict(
        Task.objects.filter(origin="table").exclude(project="").values_list("clause_id", "project")
    )
    found: dict[tuple, Section] = {}
    for row in rows:
        document, clause = row.target.document, row.target.clause
        title = clauses.section_of(clause.label)
        section = found.setdefault((document.pk, title), Section(f"{document}　{title}"))
        section.rows.append((row, clauses.place_of(clause.label), projects.get(clause.pk, "")))
    return list(found.values())


def matrix_of(rows: list[Shown], streets: list[Street]) -> dict:
    """Targets down, streets across: (text, shade, verdict's mark) per cell, None where the target does not ask."""
    lines = []
    for row in rows:
        if not row.has_streets:
            continue
        found = {street.pk: value for street, value in row.by_street}
        cells = []
        for street in streets:
            value = found.get(street.pk)
            if value is None:
                cells.append(None)
                continue
            share = None
            if value.value is not None:
                share = float(value.value / value.limit) * 100 if value.limit else float(value.value) * 100
            cells.append(
                {
                    "text": short(row, value),
                    "heat": None if share is None else heat(share),
                    "late": row.street_verdict(value) in (verdicts.BEHIND, verdicts.MISSED),
                    "says": f"{street.name} {row.label} {row.of_street(value)}",
                }
            )
        lines.append({"row": row, "cells": cells})
    return {"streets": streets, "lines": lines}


def short(row: Shown, value) -> str:
    """A street's figure in a cell of the matrix: a number, or whole per cent cut down."""
    if value.value is None:
        return "—"
    return f"{value.numerator:.0f}" if row.metric.measure == "count" else str(int(value.value * 100))
