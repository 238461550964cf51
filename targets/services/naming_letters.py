"""Letters of the naming cycle: frozen, sent across, put to the records where they come. docs/cycle.md."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import PurePosixPath

from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.celery import app
from portal.errors import Conflict, NotFound, Refused
from portal.models.places import District
from portal.models.records import StoredFile
from portal.services import audit
from portal.services.files import root, store_file
from targets import naming_across
from targets.models.naming import CycleLetter, LetterFile, LetterTaken

#: kind -> what puts such a letter to the records: (letter, actor); services register theirs
TAKERS: dict[str, Callable] = {}


def taker(kind: str) -> Callable:
    def register(function):
        TAKERS[kind] = function
        return function

    return register


def the_city() -> District:
    found = District.objects.filter(level=District.Level.CITY).order_by("pk").first()
    if found is None:
        raise NotFound(_("还没有接入市级，不能向市里报"), code="no_city")
    return found


def canonical(content: dict) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def file_facts(key: str, file: StoredFile) -> dict:
    return {"key": key, "name": file.name, "sha256": file.sha256, "size": file.size, "path": file.path}


def send(
    kind: str, cycle: uuid.UUID, content: dict, *, to: District, actor: Actor,
    files: Iterable[tuple[str, StoredFile]] = (), now: datetime | None = None,
) -> CycleLetter:  # fmt: skip
    """Freezes what is sent and gives the receiver its copy. Conflict for an application that comes too late."""
    facts = [file_facts(key, file) for key, file in files]
    body = canonical(content | ({"files": facts} if facts else {}))
    letter = CycleLetter.objects.create(
        cycle=cycle, other=to, direction="out", kind=kind, body=body,
        sha256=hashlib.sha256(body.encode()).hexdigest(), sender=actor.label[:80], at=now or timezone.now(),
    )  # fmt: skip
    for key, file in files:
        LetterFile.objects.create(letter=letter, key=key, file=file)
    said = naming_across.deliver(letter.pk)
    if said == "late":
        raise Conflict(_("申报期限已过，市里不再收申请。参加下一个周期，或者问市里是否延期"), code="late")
    if said == "closed":
        raise Conflict(_("市里这个周期现在不收申请。看市里最新的安排"), code="closed")
    audit.record(
        "targets.cycle_letter.send", letter, actor=actor,
        changes={"kind": kind, "to": to.name, "sha256": letter.sha256},
    )  # fmt: skip
    transaction.on_commit(lambda: app.send_task("targets.take_letters", args=[to.pk]))
    return letter


def waiting_letters():
    rows = CycleLetter.objects.filter(direction="in", taken__isnull=True)
    return rows.select_related("other").order_by("at", "pk")


def one_at_a_time(actor: Actor) -> None:
    """Two workers with the same message: the second one finds none left. Letters are never changed, so none is locked."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext('targets.take_letters'), %s)", [actor.district.pk]
        )


@transaction.atomic
def take_letters(*, actor: Actor, now: datetime | None = None) -> int:
    """Puts every letter that came to the records, once; what cannot be is kept with the reason."""
    count = 0
    one_at_a_time(actor)
    for letter in waiting_letters():
        refusal = ""
        try:
            with transaction.atomic():
                TAKERS[letter.kind](letter, actor)
                copy_files(letter, actor)
        except Refused as refused:
            refusal = str(refused.message)[:300]
        LetterTaken.objects.create(letter=letter, at=now or timezone.now(), refusal=refusal)
        audit.record(
            "targets.cycle_letter.take", letter, actor=actor,
            changes={"kind": letter.kind, "from": letter.other.name, "sha256": letter.sha256, "refused": refusal},
        )  # fmt: skip
        count += 1
    return count


def copy_files(letter: CycleLetter, actor: Actor) -> None:
    """The files that the letter names, from the sender's folder: taken only with the fingerprint that it says."""
    for fact in letter.content.get("files", ()):
        path = PurePosixPath(fact["path"])
        if path.is_absolute() or ".." in path.parts or path.parts[0] != str(letter.other_id):
            raise Refused(_("附件“%(name)s”不在报送方的文件里") % {"name": fact["name"]}, code="file")
        try:
            content = (root() / path).read_bytes()
        except OSError:
            content = b""
        if hashlib.sha256(content).hexdigest() != fact["sha256"]:
            raise Refused(_("附件“%(name)s”和报送时的指纹不一样") % {"name": fact["name"]}, code="file")
        stored = store_file(ContentFile(content, name=fact["name"]), actor=actor, office=True)
        LetterFile.objects.create(letter=letter, key=fact["key"], file=stored)
