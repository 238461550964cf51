"""Bringing a list in: choose the file, look at what would happen, write it or leave it."""

from __future__ import annotations

from collections import Counter
from urllib.parse import quote

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.errors import Refused
from portal.middleware import tell
from portal.models.imports import ImportRun
from portal.rules import cells, headings
from portal.rules.imports import CHANGED, KEPT_WRONG, NEW, OUTCOMES, WRONG
from portal.services import import_answers, import_expiry, imports
from portal.services.import_files import XLSX, content_of
from portal.spreadsheets import LISTS, ImportList

#: Runs that the list of imports shows, rows that a preview shows, columns beside those with a remark.
RUNS, ROWS, COLUMNS = 30, 300, 6
#: One mistake in so many rows is said once more above them; so many mistakes at most.
MANY, MOST_CAUSES = 3, 5
#: Cells of so many characters are not broken into lines.
SHORT = 12
SHAPES = {NEW: "ok", CHANGED: "doing", "same": "none", WRONG: "bad"}
RUN_SHAPES = {
    "reading": "doing",
    "ready": "warn",
    "refused": "bad",
    "writing": "doing",
    "done": "ok",
    "dropped": "none",
}


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("文件"),
        help_text=gettext_lazy(".xlsx，不超过 30 MB、100,000 行。列的顺序随意，不认识的列不读"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx"}),
        error_messages={
            "required": gettext_lazy("选一个文件"),
            "empty": gettext_lazy("这是空的文件"),
            "invalid": gettext_lazy("选一个文件"),
        },
    )


def incoming(request, key: str) -> ImportList:
    one = LISTS.incoming.get(key)
    if one is None or not request.actor.may(one.right):
        raise Http404
    return one


def workbook(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=XLSX)
    # a name in Chinese goes as RFC 5987 says
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def run_of(request, pk: int) -> ImportRun:
    request.actor.demand("list.import")
    runs = ImportRun.objects.for_actor(request.actor).select_related("file", "created_by")
    return get_object_or_404(runs, pk=pk)


@require_GET
def import_list(request, district):
    """What can be brought in, and what was."""
    request.actor.demand("list.import")
    runs = list(
        ImportRun.objects.for_actor(request.actor).select_related("file", "created_by").order_by("-pk")[:RUNS]
    )
    for run in runs:
        decorate(run)
    context = {
        "lists": LISTS.in_order(request.actor),
        "runs": runs,
        "days": import_expiry.keep_days(timezone.now()),
    }
    return render(request, "portal/imports.html", context)


def decorate(run: ImportRun) -> None:
    one = LISTS.incoming[run.list]
    run.label, run.shape, run.one = one.label, RUN_SHAPES[run.state], one


@require_http_methods(["GET", "POST"])
def import_new(request, district, key):
    """Chooses a file; reading goes on in the background."""
    request.actor.demand("list.import")
    one = incoming(request, key)
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                run = imports.start(one, form.cleaned_data["file"], actor=request.actor)
                return redirect("import", district, run.pk)
            except Refused as refused:
                form.add_error("file", str(refused.message))
    columns = import_answers.columns_of(one, request.actor)
    if one.trial:
        form.fields["file"].help_text = _(".xlsx，不超过 30 MB、5,000 行。列的顺序随意，不认识的列不读")
    context = {"one": one, "form": form, "columns": columns}
    return render(request, "portal/import_new.html", context, status=422 if request.method == "POST" else 200)


@require_GET
def import_template(request, district, key):
    request.actor.demand("list.import")
    one = incoming(request, key)
    return workbook(import_answers.template(one, actor=request.actor), f"{one.label}{_('模板')}.xlsx")


@require_GET
def import_run(request, district, pk):
    """One import, wherever it stands; while work goes on the page asks for itself."""
    run = run_of(request, pk)
    decorate(run)
    under_way = run.state in ("reading", "writing")
    comparing = run.state == "ready" and run.compared_at is None
    context = {
        "run": run,
        "one": run.one,
        "under_way": under_way,
        "comparing": comparing,
        "problem": imports.reason_of(run),
        "mine": run.created_by_id == request.user.pk,
    }
    if under_way or comparing:
        context["progress"] = progress(run)
    if run.state in ("ready", "done", "dropped") and run.counts:
        context |= preview(request, run)
    fragment = request.headers.get("HX-Request") and request.headers.get("HX-Target") == "import"
    return render(request, "portal/import_body.html" if fragment else "portal/import.html", context)


def progress(run: ImportRun) -> dict:
    """How far the work is: a sentence, and rows done of all where that is known."""
    now = imports.progress(run)
    done, total = now.get("done", 0), now.get("total") or 0
    words = {
        "reading": _("正在读取，%(done)d / %(total)d 行") if total else _("正在读取"),
        "checking": _("正在核对 %(total)d 行"),
        "comparing": _("正在找名称、地址相近的"),
        "writing": _("正在写入 %(total)d 行"),
    }
    stage = now.get("stage", "")
    return {
        "words": words[stage] % {"done": done, "total": total} if stage in words else _("排队中，马上开始"),
        "done": done,
        "total": max(total, 1),
        "known": bool(total) and (stage == "reading" or done > 0),
    }


def preview(request, run: ImportRun) -> dict:
    """The counts, and the rows that were asked for: wrong ones with those beside them, changed ones, new ones."""
    counts = run.counts
    tabs = [
        ("wrong", _("有错及前后行"), counts["wrong"]),
        ("likely", _("疑似重复"), counts["likely"]),
        ("changed", _("更新"), counts["changed"]),
        ("new", _("新增"), counts["new"]),
        ("note", _("提示"), counts["notes"]),
    ]
    given = request.GET.get("rows", "")
    tabs = [tab for tab in tabs if tab[2]]
    chosen = given if given in [key for key, _label, _n in tabs] else (tabs[0][0] if tabs else "")
    lines = list(chosen_lines(run, chosen)[:ROWS]) if chosen else []
    one = run.one
    known = one.columns(request.actor)
    columns, labels = shown_columns(run, lines, known), {c.field: c.label for c in known}
    same = imports.same_file(run) if run.state == "ready" else None
    unknown = "、".join(f"{headings.letter(index)} {text}" for index, text in run.unknown)
    return {
        "counts": counts,
        "written": counts.get("written"),
        "to_write": counts["new"] + counts["changed"],
        "without_likely": counts["new"] + counts["changed"] - counts["likely"],
        "may_leave_likely": 0 < counts["likely"] <= KEPT_WRONG,
        "tabs": [
            {"label": label, "count": n, "url": f"?rows={key}", "current": key == chosen}
            for key, label, n in tabs
        ],
        "columns": columns,
        "rows": [row_of(run, line, columns, labels) for line in lines],
        "cut": {key: n for key, _label, n in tabs}.get(chosen, 0) > ROWS,
        "limit": ROWS,
        "causes": causes_of(run, labels) if chosen == WRONG else [],
        "same_file": same,
        "unknown": unknown,
        "nothing": not counts["new"] and not counts["changed"],
    }


def chosen_lines(run: ImportRun, key: str):
    lines = run.lines.all()
    if key in (CHANGED, NEW):
        return lines.filter(outcome=key)
    if key in ("likely", "note"):
        return lines.filter(remarks__contains=[[key]])
    numbers = set(lines.filter(outcome=WRONG).values_list("number", flat=True)[:ROWS])
    beside = {n + step for n in numbers for step in (-1, 0, 1)}
    return lines.filter(number__in=beside)


def shown_columns(run: ImportRun, lines, columns) -> list:
    """Columns that a remark or a change is about, and the first ones, in the order of the file."""
    about = {remark[0] for line in lines for remark in line.remarks} | {
        f for line in lines for f in line.changes
    }
    known = [c for c in columns if c.field in run.columns]
    keys = [f for way in run.one.known_by for f in way]
    picked = [c for c in known if c.field in about or c.field in keys]
    for column in known:
        if len(picked) >= COLUMNS:
            break
        if column not in picked:
            picked.append(column)
    return sorted(picked, key=lambda c: run.columns[c.field])[: 2 * COLUMNS]


def row_of(run: ImportRun, line, columns, labels: dict[str, str]) -> dict:
    wrong = {remark[0] for remark in line.remarks if remark[1] == "wrong"}
    said = [
        {
            "kind": {"wrong": "bad", "likely": "warn"}.get(remark[1], "none"),
            "text": sentence(run, line, remark, labels),
        }
        for remark in line.remarks
    ]
    return {
        "number": line.number,
        "shape": SHAPES[line.outcome],
        "word": _("%(n)d 处错") % {"n": sum(r[1] == "wrong" for r in line.remarks)}
        if line.outcome == WRONG
        else _(OUTCOMES[line.outcome]),
        "cells": [
            {
                "text": line.cells.get(c.field, ""),
                "short": len(line.cells.get(c.field, "")) <= SHORT,
                "wrong": c.field in wrong,
                "before": told(c, line.changes.get(c.field)),
                "changed": c.field in line.changes,
                "label": c.label,
            }
            for c in columns
        ],
        "said": said,
        "span": len(columns) + 1,
    }


def told(column, value) -> str:
    """What stands in the list now, in the words in which it is filled in."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    parser = column.parser
    if isinstance(parser, cells.Choice):
        return next((w for w in parser.labels if parser.words.get(cells.key_of(w)) == value), str(value))
    return str(value)


def causes_of(run: ImportRun, labels: dict[str, str]) -> list[dict]:
    """What is wrong in the same way in many rows, most rows first: one mending in the file may mend them all."""
    found: Counter = Counter()
    for (remarks,) in run.lines.filter(outcome=WRONG).values_list("remarks"):
        found.update(
            {
                (field, _(text) % facts)
                for field, level, text, facts in remarks
                if level == WRONG and "other" not in facts
            }
        )
    return [
        {"n": n, "text": _("%(heading)s：%(said)s") % {"heading": labels[field], "said": said}}
        for (field, said), n in found.most_common(MOST_CAUSES)
        if n >= MANY and field in labels
    ]


def sentence(run: ImportRun, line, remark: list, labels: dict[str, str]) -> str:
    """`C14 出生日期：…`: where, then what is wrong and how to mend it."""
    field, _level, text, facts = remark
    said = _(text) % facts
    if field in run.columns:
        return f"{headings.address(line.number, run.columns[field])} {labels.get(field, field)}：{said}"
    return _("第 %(n)d 行：%(said)s") % {"n": line.number, "said": said}


@require_POST
def import_write(request, district, pk):
    run = run_of(request, pk)
    imports.order(
        run,
        actor=request.actor,
        without_wrong=request.POST.get("without_wrong") == "yes",
        without_likely=request.POST.get("without_likely") == "yes",
    )
    return redirect("import", district, pk)


@require_POST
def import_drop(request, district, pk):
    run = run_of(request, pk)
    imports.drop(run, actor=request.actor)
    tell(request, _("这个文件没有写入"))
    return redirect("import-new", district, run.list)


@require_GET
def import_remarks(request, district, pk):
    run = run_of(request, pk)
    content = import_answers.remarks(run, actor=request.actor, whole=request.GET.get("rows") == "all")
    stem = run.name.rsplit(".", 1)[0]
    return workbook(content, f"{stem}-{_('备注')}.xlsx")


@require_GET
def import_file(request, district, pk):
    """The file as it was handed in."""
    run = run_of(request, pk)
    return workbook(content_of(run.file), run.file.name)
