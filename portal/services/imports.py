"""An import from the file to the list: kept, read and checked, looked at, written or left.

Reading writes nothing but what the preview shows, and keeps the rows as they were read. Writing takes them from there
and checks them against the list anew, because it may have changed since, and goes back to the preview where the
numbers are no longer those that the person saw. All of it is one transaction: what is interrupted leaves nothing behind.
"""

from __future__ import annotations

import json
import logging
from datetime import date

from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.celery import app
from portal.errors import Conflict, Refused
from portal.models.imports import ExportRun, ImportLine, ImportRun
from portal.rules import cells, headings
from portal.rules.imports import CHANGED, KEPT_OTHERS, KEPT_WRONG
from portal.rules.machine import NotNow, marked
from portal.rules.states import IMPORT
from portal.services import audit, import_kept
from portal.services.files import forget_file
from portal.services.import_files import Sheet, keep, open_sheet
from portal.services.import_stage import Stage
from portal.spreadsheets import LISTS, Column, ImportList

log = logging.getLogger(__name__)

BROKE = marked("没有写成，什么都没有改。再试一次；还不行就联系系统管理员")
UNREAD = marked("没有读成，什么都没有改。再传一次；还不行就联系系统管理员")
MOVED = marked("预览之后有人改过这份名单，数字有变。什么都还没有写入，看过新的预览再写")
DENIED = marked("你的角色现在不能写这份名单")
PROGRESS_SECONDS = 24 * 3600
#: What is compared between the preview that a person saw and what would be written.
SEEN = ("new", "changed", "cells", "same", "wrong")


def reason_of(run: ImportRun) -> str:
    """Why a run was refused or given back, in the reader's language."""
    return _(run.problem) % run.facts if run.problem else ""


# ---- progress: outside of the transaction, so that others see it


def progress_key(run: ImportRun) -> str:
    return f"import:{run.district_id}:{run.pk}"


def progress(run: ImportRun) -> dict:
    """{'stage': reading | checking | writing, 'done': rows, 'total': rows or None}, {} before anything was done."""
    return cache.get(progress_key(run)) or {}


def tell(run: ImportRun, stage: str, done: int = 0, total: int | None = None) -> None:
    cache.set(progress_key(run), {"stage": stage, "done": done, "total": total}, PROGRESS_SECONDS)


# ---- the person's steps


def list_of(key: str) -> ImportList | None:
    return LISTS.incoming.get(key)


def start(one: ImportList, upload, *, actor: Actor, queued: bool = True) -> ImportRun:
    """Keeps the file and queues its reading. Refused for a file that cannot be read at all.

    queued: whether a worker does the work; a command does it by itself.
    """
    actor.demand(one.right)
    file = keep(upload, one, actor=actor)
    run = ImportRun.objects.create(
        list=one.key, name=file.name, sha256=file.sha256, file=file, created_by=actor.user
    )
    if queued:
        names = [run.district_id, run.pk]
        transaction.on_commit(lambda: app.send_task("portal.read_import", args=names))
    return run


def moved(run: ImportRun, action: str) -> None:
    try:
        run.state = IMPORT.next_state(run.state, action)
    except NotNow:
        raise Conflict(
            _("这次导入现在是“%(state)s”") % {"state": run.get_state_display()}, code="state"
        ) from None


def locked(run: ImportRun) -> ImportRun:
    return ImportRun.objects.select_for_update().select_related(None).get(pk=run.pk)


def order(
    run: ImportRun,
    *,
    actor: Actor,
    without_wrong: bool = False,
    without_likely: bool = False,
    queued: bool = True,
) -> ImportRun:
    """Queues the writing of what the preview shows; refused while rows are wrong, unless they are to be left out."""
    one = LISTS.incoming[run.list]
    actor.demand(one.right)
    row = locked(run)
    if row.state == "ready" and row.counts.get("wrong") and not without_wrong:
        raise Refused(
            _("%(n)d 行有错，什么都没有写入。改好文件再传，或只写没有错的行") % {"n": row.counts["wrong"]},
            code="wrong_rows",
        )
    if row.state == "ready" and not (row.counts.get("new") or row.counts.get("changed")):
        raise Refused(_("没有要写入的行：和名单里的都一样"), code="nothing")
    moved(row, "write")
    row.without_wrong, row.without_likely = without_wrong, without_likely
    row.problem, row.facts = "", {}
    row.save(update_fields=["state", "without_wrong", "without_likely", "problem", "facts"])
    tell(row, "reading")
    if queued:
        names = [row.district_id, row.pk]
        transaction.on_commit(lambda: app.send_task("portal.write_import", args=names))
    return row


def drop(run: ImportRun, *, actor: Actor) -> ImportRun:
    """Leaves an import: nothing of it is written, and the file goes at once."""
    actor.demand(LISTS.incoming[run.list].right)
    row = locked(run)
    moved(row, "drop")
    row.finished_at = timezone.now()
    row.save(update_fields=["state", "finished_at"])
    let_go(row)
    return row


def let_go(row: ImportRun | ExportRun) -> None:
    """Deletes a run's file and what was kept of its rows; name, hash and numbers stay on record."""
    if isinstance(row, ImportRun):
        import_kept.forget(row)
    file, row.file = row.file, None
    row.save(update_fields=["file"])
    if file is not None:
        forget_file(file)


# ---- reading


def names_of(columns: tuple[Column, ...]) -> tuple[dict[str, str], dict[str, str]]:
    """Heading as it is compared -> field, and field -> heading."""
    names: dict[str, str] = {}
    for column in columns:
        for heading in (column.heading, column.label, *column.aliases):
            names.setdefault(headings.key(heading), column.field)
    return names, {column.field: column.label for column in columns}


def staged(run: ImportRun, *, actor: Actor, on: date, anew: bool = True) -> Stage:
    """The run's rows, checked and matched: read from the file, or, unless `anew`, as the preview has kept them."""
    one = LISTS.incoming[run.list]
    columns = one.columns(actor)
    kept = None if anew else import_kept.again(run, one, columns, actor=actor, on=on)
    stage = kept or filled(run, one, columns, actor=actor, on=on)
    tell(run, "checking", 0, stage.rows)
    one.match(stage)
    stage.ask()
    if one.trial:
        if kept is None:
            stage.telling = lambda done: tell(run, "checking", done, stage.rows)
            one.trial(stage)
        stage.put(stage.tried)
    stage.settle()
    if kept is None:
        import_kept.keep(run, stage)
    return stage


def filled(run: ImportRun, one: ImportList, columns: tuple[Column, ...], *, actor: Actor, on: date) -> Stage:
    names, labels = names_of(columns)
    tell(run, "reading")
    sheet = open_sheet(run.file, one, names, labels)
    stage = Stage(one, columns, sheet, actor=actor, on=on)
    stage.fill(lambda done: tell(run, "reading", done, sheet.height))
    return stage


def read(run: ImportRun, *, actor: Actor, on: date | None = None, queued: bool = True) -> ImportRun:
    """Reads a run's file and keeps what its preview shows; a file that cannot be read refuses the run.

    Done once: a second delivery finds the run read. The search for likely doubles is queued.
    """
    row = locked(run)
    if row.state != "reading":
        return row
    try:
        with transaction.atomic():
            stage = staged(row, actor=actor, on=on or timezone.localdate())
            show(row, stage)
    except Refused as refused:
        stopped(
            row,
            "refuse",
            refused.params.get("text") or str(refused.message),
            refused.params.get("facts") or {},
        )
        return row
    except Exception:
        log.exception("import %s of district %s", row.pk, row.district_id)
        stopped(row, "refuse", UNREAD, {})
        return row
    moved(row, "read")
    if not stage.one.similar or not row.counts["new"]:
        row.compared_at = timezone.now()
    elif queued:
        names = [row.district_id, row.pk]
        transaction.on_commit(lambda: app.send_task("portal.compare_import", args=names))
    row.save()
    return row


def stopped(row: ImportRun, action: str, text: str, facts: dict) -> None:
    row.refresh_from_db(fields=["state"])
    moved(row, action)
    row.problem, row.facts = text, facts
    row.save(update_fields=["state", "problem", "facts"])


def show(row: ImportRun, stage: Stage) -> None:
    """Fills in the run's counts and keeps the rows that the preview shows."""
    sheet: Sheet = stage.sheet
    row.sheet, row.columns = sheet.name[:120], sheet.found.columns
    row.unknown = [[index, text[:60]] for index, text in sheet.found.unknown[:50]]
    row.headings = [sheet.found.first, sheet.found.last]
    row.counts = stage.counts()
    ImportLine.objects.filter(run=row).delete()
    ImportLine.objects.bulk_create(lines(row, stage), batch_size=1000)


CHOSEN = """
WITH numbered AS (
  SELECT row, outcome, row_number() OVER (PARTITION BY outcome ORDER BY row) AS place,
         lag(outcome) OVER (ORDER BY row) = 'wrong' OR lead(outcome) OVER (ORDER BY row) = 'wrong' AS beside
  FROM import_outcome),
said AS (SELECT DISTINCT row FROM import_remark WHERE level <> 'wrong' LIMIT %(wrong)s),
chosen AS (
  SELECT n.row, n.outcome FROM numbered n LEFT JOIN said ON said.row = n.row
  WHERE (n.outcome = 'wrong' AND n.place <= %(wrong)s) OR (n.outcome <> 'wrong' AND n.place <= %(others)s)
        OR said.row IS NOT NULL
        OR (n.beside AND n.row <= (SELECT coalesce(max(row), 0) FROM numbered WHERE outcome = 'wrong' AND place <= 100) + 1))
SELECT c.row, c.outcome, coalesce(m.changes, '{}'),
       coalesce((SELECT jsonb_agg(jsonb_build_array(r.field, r.level, r.text, r.facts)) FROM import_remark r
                 WHERE r.row = c.row), '[]')
FROM chosen c LEFT JOIN import_match m ON m.row = c.row
"""


def lines(row: ImportRun, stage: Stage) -> list[ImportLine]:
    """The rows that the preview shows with the cells as they stand in the file, a person's data masked."""
    found = {
        number: (outcome, json.loads(changes), json.loads(remarks))
        for number, outcome, changes, remarks in stage.run(
            CHOSEN, {"wrong": KEPT_WRONG, "others": KEPT_OTHERS}
        )
    }
    left, last, made = stage.sheet.left, max(found, default=0), []
    for number, values in stage.sheet.rows():
        if number > last:
            break
        if number not in found:
            continue
        outcome, changes, remarks = found[number]
        texts = {}
        for column in stage.given:
            index = stage.sheet.found.columns[column.field] - left
            raw = values[index] if 0 <= index < len(values) else ""
            if not cells.empty(raw):
                text = cells.shown(raw)
                if isinstance(column.parser, cells.Day) and isinstance(raw, (int, float)):
                    text = cells.shown(day) if isinstance(day := column.parser.read(raw), date) else text
                texts[column.field] = column.mask(text) if column.mask else text
        for field in changes:
            mask = stage.columns[field].mask
            if mask and changes[field]:
                changes[field] = mask(str(changes[field]))
        remarks = [r for r in remarks if masked_remark(r, stage)]
        made.append(
            ImportLine(
                run=row,
                number=number,
                outcome=outcome,
                cells=texts,
                remarks=remarks,
                changes=changes if outcome == CHANGED else {},
            )
        )
    return made


def masked_remark(remark: list, stage: Stage) -> list:
    """A remark must not say what its cell hides."""
    column = stage.columns.get(remark[0])
    if column and column.mask and "given" in remark[3]:
        remark[3]["given"] = column.mask(str(remark[3]["given"]))
    return remark


def compare(run: ImportRun, *, actor: Actor, on: date | None = None) -> ImportRun:
    """Looks for likely doubles by similar name and address among the new rows, after the preview stands."""
    row = locked(run)
    if row.state != "ready" or row.compared_at:
        return row
    try:
        with transaction.atomic():
            stage = staged(row, actor=actor, on=on or timezone.localdate())
            tell(row, "comparing", 0, row.counts["new"])
            stage.one.similar(stage)
            show(row, stage)
    except Exception:
        log.exception("doubles of import %s of district %s", row.pk, row.district_id)
        row.refresh_from_db()
    row.compared_at = timezone.now()
    row.save()
    return row


# ---- writing


def write(run: ImportRun, *, actor: Actor, on: date | None = None) -> ImportRun:
    """Writes what was ordered, once; on any fault nothing is written and the run goes back to its preview."""
    row = locked(run)
    if row.state != "writing":
        return row
    one = LISTS.incoming[row.list]
    try:
        with transaction.atomic():
            if not actor.may(one.right):
                raise Refused(_(DENIED), text=DENIED)
            day = on or timezone.localdate()
            stage = staged(row, actor=actor, on=day, anew=False)
            counts = stage.counts()
            if any(counts[key] != row.counts.get(key, 0) for key in SEEN):
                show(row, staged(row, actor=actor, on=day))
                row.compared_at = None
                stopped(row, "give_back", MOVED, {})
                row.save()
                return row
            if row.without_likely:
                likely = ImportLine.objects.filter(run=row, remarks__contains=[["likely"]])
                stage.leave_out([line.number for line in likely])
            apply(row, stage, one, actor=actor)
    except Refused as refused:
        stopped(row, "give_back", refused.params.get("text") or str(refused.message),
            refused.params.get("facts") or {})  # fmt: skip
    except Exception:
        log.exception("import %s of district %s", row.pk, row.district_id)
        stopped(row, "give_back", BROKE, {})
    return row


def apply(row: ImportRun, stage: Stage, one: ImportList, *, actor: Actor) -> None:
    """Lets the list's own service write, says it in the audit log, and closes the run."""
    total = row.counts["new"] + row.counts["changed"]
    tell(row, "writing", 0, total)
    stage.telling = lambda done: tell(row, "writing", done, total)
    one.write(stage)
    check_references()
    row.counts = {**row.counts, "written": stage.written}
    moved(row, "finish")
    row.finished_at = timezone.now()
    row.save()
    import_kept.forget(row)
    left_out = stage.value("SELECT count(*) FROM import_outcome WHERE outcome = 'wrong'")
    audit.record(
        f"portal.import.{one.key}",
        row,
        actor=actor,
        name=f"{one.label}　{row.name}",
        changes={
            "file": row.name,
            "sha256": row.sha256,
            "rows": row.counts["rows"],
            "written": stage.written,
            "left_out": left_out,
        },
    )


def check_references() -> None:
    """A reference that is wrong shows now, while the run can still say so, and not at the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def same_file(run: ImportRun) -> ImportRun | None:
    """The last run that wrote the very same file into this list."""
    return (
        ImportRun.objects.filter(list=run.list, state="done", sha256=run.sha256, pk__lt=run.pk)
        .order_by("-pk")
        .first()
    )
