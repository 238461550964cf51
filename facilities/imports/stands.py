"""What a file says otherwise of a record that no file changes."""

from __future__ import annotations

from psycopg.types.json import Jsonb

from portal.services.import_stage import Stage


def stands(
    stage: Stage,
    table: str,
    fields: dict[str, str],
    text: str,
    *,
    level: str = "wrong",
    words: dict[str, str] | None = None,
    where: str = "true",
) -> None:
    """Says `text`, with `what` and `stand`, of filled cells that differ from their matched record of `table t`.

    fields: field -> SQL of its present value. words: value -> word, for what is chosen from a list.
    """
    for field, now in fields.items():
        stage.remark(
            field,
            text,
            f"SELECT m.row, coalesce(%(words)s::jsonb ->> ({now})::text, nullif(({now})::text, ''), '—') AS stand,"
            f" %(what)s::text AS what FROM import_match m JOIN import_row i USING (row) JOIN {table} t ON t.id = m.target"
            f" WHERE i.{field} IS NOT NULL AND i.{field} IS DISTINCT FROM {now} AND ({where})",
            {"what": stage.columns[field].label, "words": Jsonb(words or {})},
            level=level,
        )
