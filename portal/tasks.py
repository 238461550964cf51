"""The second door: a task names its district and runs in its scope, once, however often it is delivered."""

from __future__ import annotations

import logging
from datetime import date
from functools import wraps

from celery import shared_task
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from portal.access import Actor
from portal.celery import app
from portal.errors import Refused
from portal.models.imports import ExportRun, ImportRun
from portal.models.places import District
from portal.services import districts, exports, import_expiry, imports, messages
from portal.tenancy import district_scope, remember_author

log = logging.getLogger(__name__)

#: A database that went away in the middle: the message comes again, later and later, within some five minutes.
AGAIN = {
    "autoretry_for": (OperationalError, InterfaceError),
    "retry_backoff": 2,
    "retry_backoff_max": 60,
    "max_retries": 10,
}


def district_task(name: str, **options):
    """A Celery task `(district_id, …)` whose function gets `(district, …, actor=)` inside the district's scope.

    The message is acknowledged after the transaction ended; a worker killed in the middle leaves nothing
    behind and the message comes again, as it does when the database went away, so the service it calls must be
    idempotent. An unknown district or
    record is logged and dropped: a message cannot be answered.
    """

    def wrap(function):
        @shared_task(name=name, acks_late=True, reject_on_worker_lost=True, **AGAIN, **options)
        @wraps(function)
        def run(district_id, *args, **kwargs):
            district = (
                District.objects.filter(pk=district_id).first() if isinstance(district_id, int) else None
            )
            if district is None:
                log.error("%s: unknown district %r, dropped", name, district_id)
                return None
            try:
                with district_scope(district):
                    remember_author(process=name)
                    return function(district, *args, actor=Actor.system(district, name), **kwargs)
            except Refused as refused:
                log.error("%s: district %s: %s", name, district.slug, refused.message)
                return None

        return run

    return wrap


def each_district(task, *, city: bool = False) -> None:
    """Queues a district task once for each district; the city's tenant has no month, but may be asked for."""
    levels = [District.Level.DISTRICT, *([District.Level.CITY] if city else [])]
    for district in District.objects.filter(level__in=levels, opening__isnull=True):
        task.delay(district.pk)


@district_task("portal.prepare_district")
def prepare_district(district, *, actor: Actor) -> bool:
    """What a district that the city opened begins with; a message that comes twice lays it down once."""
    return districts.prepare(district, actor=actor, on=timezone.localdate())


@district_task("portal.sweep_files")
def sweep_files(district, *, actor: Actor) -> None:
    import_expiry.sweep(actor=actor)


@shared_task(name="portal.sweep_all_files")
def sweep_all_files() -> None:
    """Of the city's tenant too: it takes lists out."""
    each_district(sweep_files, city=True)


def on_behalf(run, actor: Actor) -> Actor:
    """The person who ordered a run, with the roles of today: what somebody may no longer do is not done for them."""
    if run.created_by is None:
        return actor
    remember_author(user=run.created_by_id, process=actor.process)
    return Actor.of(run.created_by, actor.district)


def ordered(model, pk):
    """The run that a message names. Refused for an id that is none: a message cannot be answered, it is dropped."""
    found = model.objects.filter(pk=pk).first() if isinstance(pk, int) and 0 < pk < 2**63 else None
    if found is None:
        raise Refused(f"no run {pk!r}", code="unknown")
    return found


@district_task("portal.read_import")
def read_import(district, run_id: int, *, actor: Actor) -> None:
    run = ordered(ImportRun, run_id)
    imports.read(run, actor=on_behalf(run, actor))


@district_task("portal.compare_import")
def compare_import(district, run_id: int, *, actor: Actor) -> None:
    run = ordered(ImportRun, run_id)
    imports.compare(run, actor=on_behalf(run, actor))


@district_task("portal.write_import")
def write_import(district, run_id: int, *, actor: Actor) -> None:
    run = ordered(ImportRun, run_id)
    imports.write(run, actor=on_behalf(run, actor))


@district_task("portal.make_export")
def make_export(district, run_id: int, *, actor: Actor) -> None:
    run = ordered(ExportRun, run_id)
    exports.make(run, actor=on_behalf(run, actor))


#: People of one message: a district of 100,000 facilities has as many operators.
AT_ONCE = 200


@district_task("portal.digest_people")
def digest_people(district, user_ids, on="", *, actor: Actor) -> int:
    """The day's message to these people, each once. on: a day as 2026-03-02, today if empty."""
    if not isinstance(user_ids, list) or not all(isinstance(pk, int) and 0 < pk < 2**63 for pk in user_ids):
        raise Refused("no list of people", code="unknown")
    return messages.send_digests(user_ids, on=day_of(on), actor=actor)


@district_task("portal.digest_district")
def digest_district(district, on="", *, actor: Actor) -> None:
    """Who is told something by a day's message, some hundred people at a time."""
    found = messages.recipients(day_of(on))
    for start in range(0, len(found), AT_ONCE):
        part = found[start : start + AT_ONCE]
        transaction.on_commit(
            lambda part=part: app.send_task("portal.digest_people", args=[district.pk, part, on])
        )


def day_of(text) -> date:
    try:
        return date.fromisoformat(text) if text else timezone.localdate()
    except (TypeError, ValueError):
        raise Refused(f"{text!r} is no day", field="on", code="day") from None


@shared_task(name="portal.send_digests", acks_late=True, reject_on_worker_lost=True)
def send_digests() -> None:
    """The day's messages of all districts; a second time on a day tells nobody twice."""
    each_district(digest_district)
