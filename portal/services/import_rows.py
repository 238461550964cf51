"""Lists of some hundred or thousand rows, written one by one by the service that people use.

The preview tries every row with that very service and takes all of it back, so what it says is what writing would say:
no rule of such a list is told twice. A facility's rows are tried together, for they share its places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import groupby

from django.db import DatabaseError, connection, transaction
from django.utils.translation import gettext as _

from portal.errors import Refused
from portal.rules.imports import MOST_ONE_BY_ONE, WRONG
from portal.rules.machine import marked
from portal.services.import_files import refuse
from portal.services.import_stage import Stage

#: Writes one row: (stage, its cells by field with `row`, `target` (id of the known record or None) and what `match`
#: added). Raises what its service refuses.
Save = Callable[[Stage, dict], object]

TOO_LONG = marked("“%(sheet)s”有 %(rows)d 行，这份名单一次最多 %(most)d 行。分成几个文件")
UNFIT = marked("这一行写不进去，和名单里别的记录冲突。核对每一格")
AT_ROW = marked("第 %(row)d 行：%(said)s")


def rows_of(stage: Stage, where: str, order: str) -> Iterator[dict]:
    """Staged rows with their match, in the order given."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.*, m.target FROM import_row i LEFT JOIN import_match m ON m.row = i.row"
            f" WHERE {where} ORDER BY {order}"
        )
        names = [column.name for column in cursor.description]
        found = cursor.fetchall()
    for values in found:
        row = dict(zip(names, values, strict=True))
        row.update(stage.secrets.get(row["row"], {}))
        yield row


def given(row: Mapping, fields: tuple[str, ...]) -> dict:
    """The cells of a row that are filled; an empty one changes nothing."""
    return {f: row[f] for f in fields if row[f] is not None}


def trial(
    save: Save, *, group: str = "row", names: Mapping[str, str] | None = None
) -> Callable[[Stage], None]:
    """A list's `trial`. group: field whose rows belong together; names: field of the service -> column."""

    def run(stage: Stage) -> None:
        if stage.rows > MOST_ONE_BY_ONE:
            raise refuse(TOO_LONG, sheet=stage.sheet.name, rows=stage.rows, most=MOST_ONE_BY_ONE)
        sound = (
            "NOT EXISTS (SELECT 1 FROM import_remark r WHERE r.row = i.row AND r.level = 'wrong')"
            " AND (m.row IS NULL OR m.changes <> '{}')"
        )
        rows = rows_of(stage, sound, f"i.{group}, i.row")
        done = 0
        for _key, members in groupby(rows, key=lambda row: row[group]):
            with transaction.atomic():
                for row in members:
                    stage.tried += tried(stage, row, save, names or {})
                    done += 1
                transaction.set_rollback(True)
            stage.telling(done)

    return run


def tried(stage: Stage, row: dict, save: Save, names: Mapping[str, str]) -> list[tuple]:
    """What the service says of one row; what it wrote stands for the rest of its group."""
    try:
        with transaction.atomic():
            save(stage, row)
    except Refused as refused:
        return list(said(stage, row["row"], refused, names))
    except DatabaseError:
        return [(row["row"], "", WRONG, UNFIT, {})]
    return []


def said(stage: Stage, number: int, refused: Refused, names: Mapping[str, str]) -> Iterator[tuple]:
    """A refusal as remarks of cells: as sentence and facts where the service gave them, else as it stands."""
    problems = refused.params.get("problems")
    if problems is None:
        errors = refused.params.get("errors") or {refused.field or "": str(refused.message)}
        problems = [(field, text.replace("%", "%%"), {}) for field, text in errors.items()]
    for field, text, facts in problems:
        field = names.get(field, field)
        yield (
            number,
            field if field in stage.columns else "",
            WRONG,
            text,
            {k: v if isinstance(v, int) else str(v) for k, v in facts.items()},
        )


def writer(save: Save, right: str) -> Callable[[Stage], None]:
    """A list's `write`: the rows in the order of the file."""

    def run(stage: Stage) -> None:
        stage.actor.demand(right)
        stage.written = {"new": 0, "changed": 0}
        outcomes = dict(
            stage.run("SELECT row, outcome FROM import_outcome WHERE outcome IN ('new', 'changed')")
        )
        rows = rows_of(
            stage, "i.row IN (SELECT row FROM import_outcome WHERE outcome IN ('new', 'changed'))", "i.row"
        )
        for done, row in enumerate(rows, 1):
            try:
                save(stage, row)
            except Refused as refused:
                facts = {"row": row["row"], "said": str(refused.message)}
                raise Refused(_(AT_ROW) % facts, code=refused.code, text=AT_ROW, facts=facts) from refused
            stage.written[outcomes[row["row"]]] += 1
            stage.telling(done)

    return run
