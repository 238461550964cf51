"""The matrix as the documents print it: one table for each document, its merged cells, its own words for the units."""

from __future__ import annotations

from datetime import date
from itertools import groupby

from django.template.loader import render_to_string

from portal import word
from targets.models.tasks import Task, TaskUnit

ROLES = (("lead", "牵头单位："), ("support", "配合单位："))  # content
TABLE, DUTIES = "任务分工表", "职责分工表"  # content
NOBODY = "（文件未列）"  # content


def spans(values: list[str]) -> list[int]:
    """For each row how many rows its cell reaches over; 0 where the cell above reaches over it."""
    found: list[int] = []
    for _value, group in groupby(values):
        count = len(list(group))
        found += [count, *[0] * (count - 1)]
    return found


def content(on: date) -> list[dict]:
    """The documents in force on the day with the rows of their tables; three queries."""
    tasks = list(
        Task.objects.current(on).select_related("document").order_by("document__key", "origin", "number")
    )
    named: dict[int, dict[str, list[str]]] = {}
    for task, role, name in (
        TaskUnit.objects.filter(task__in=tasks).order_by("position", "pk").values_list("task", "role", "name")
    ):
        named.setdefault(task, {}).setdefault(role, []).append(name)
    documents = []
    for (document, origin), group in groupby(tasks, key=lambda task: (task.document, task.origin)):
        rows = list(group)
        categories = spans([row.category for row in rows])
        projects = spans([f"{row.category} {row.project}" for row in rows])
        documents.append(
            {
                "title": document.plan_title or document.title,
                "heading": DUTIES if origin == Task.Origin.DUTY else TABLE,
                "rows": [
                    {
                        "task": row,
                        "category": category,
                        "project": project,
                        "units": [
                            words + "、".join(named[row.pk][role])
                            for role, words in ROLES
                            if named.get(row.pk, {}).get(role)
                        ]
                        or [NOBODY],
                    }
                    for row, category, project in zip(rows, categories, projects, strict=True)
                ],
            }
        )
    return documents


def document(on: date) -> bytes:
    """The .docx file."""
    return word.render(render_to_string("official/matrix.html", {"documents": content(on)}))
