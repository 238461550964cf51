"""The rows of a preview, kept as they were staged: what is written is what was seen, and the file is read once.

Kept is a stream of COPY out of the staging table with what was said of its cells, packed, and encrypted where the list
holds persons' numbers. It serves on the day on which it was read and while the list has the same columns; else the
file is read anew.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from django.db import connection
from psycopg import sql

from portal.access import Actor
from portal.crypto import decrypt, encrypt
from portal.models.imports import ImportRun, ImportStaged
from portal.rules.headings import Found
from portal.services.import_files import Sheet
from portal.services.import_stage import Stage
from portal.spreadsheets import Column, ImportList

#: A quick packing: the stream shrinks to a fifth, a better one takes three times as long for a tenth more.
LEVEL = 1


def packed(blocks: Iterable[bytes | memoryview], *, sealed: bool) -> bytes:
    """Packed block by block: the whole of a stream is never in memory beside the sheet."""
    packer = zlib.compressobj(LEVEL)
    data = b"".join(filter(None, map(packer.compress, blocks))) + packer.flush()
    return encrypt(data) if sealed else data


def unpacked(data: bytes | memoryview, *, sealed: bool) -> bytes:
    return zlib.decompress(decrypt(bytes(data)) if sealed else data)


def stream(statement: str | sql.Composed) -> Iterator[bytes | memoryview]:
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        yield from copy


def pour(statement: str | sql.Composed, data: bytes) -> None:
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(data)


def said(data: bytes | memoryview, *, sealed: bool) -> list[tuple]:
    return [tuple(remark) for remark in json.loads(unpacked(data, sealed=sealed))]


def keep(run: ImportRun, stage: Stage) -> None:
    """Keeps a file's rows as they were read, where there is anything to write, in place of what was kept before."""
    forget(run)
    if not stage.value("SELECT EXISTS (SELECT 1 FROM import_outcome WHERE outcome IN ('new', 'changed'))"):
        return
    sealed = stage.one.personal
    secrets = json.dumps(stage.secrets).encode() if stage.secrets else None
    ImportStaged.objects.create(
        run=run,
        judged_on=stage.on,
        shape=stage.shape,
        count=stage.rows,
        skipped=stage.skipped,
        rows=packed(stream(stage.copying("TO STDOUT")), sealed=sealed),
        remarks=packed([json.dumps(stage.remarks, default=str).encode()], sealed=sealed),
        tried=packed([json.dumps(stage.tried).encode()], sealed=sealed) if stage.one.trial else None,
        secrets=packed([secrets], sealed=True) if secrets else None,
    )


def again(
    run: ImportRun, one: ImportList, columns: Sequence[Column], *, actor: Actor, on: date
) -> Stage | None:
    """The stage of a run as it was filled, what was tried included; None where the file must be read anew."""
    found = ImportStaged.objects.filter(run=run, judged_on=on).first()
    if found is None:
        return None
    first, last = run.headings
    unknown = [(index, text) for index, text in run.unknown]
    stage = Stage(
        one, columns, Sheet(run.sheet, Found(first, last, run.columns, unknown, []), []), actor=actor, on=on
    )
    if stage.shape != found.shape or (one.trial and found.tried is None):
        return None
    stage.make()
    pour(stage.copying(), unpacked(found.rows, sealed=one.personal))
    stage.remarks = said(found.remarks, sealed=one.personal)
    stage.put(stage.remarks)
    stage.rows, stage.skipped = found.count, found.skipped
    if found.secrets is not None:
        secrets = json.loads(unpacked(found.secrets, sealed=True))
        stage.secrets = {int(row): values for row, values in secrets.items()}
    if found.tried is not None:
        stage.tried = said(found.tried, sealed=one.personal)
    stage.analyze()
    return stage


def forget(run: ImportRun) -> None:
    ImportStaged.objects.filter(run=run).delete()
