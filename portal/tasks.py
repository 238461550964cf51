"""The second door: a task names its district and runs in its scope, once, however often it is delivered."""

from __future__ import annotations

import logging
from functools import wraps

from celery import shared_task

from portal.access import Actor
from portal.errors import Refused
from portal.models.places import District
from portal.tenancy import district_scope, remember_author

log = logging.getLogger(__name__)


def district_task(name: str, **options):
    """A Celery task `(district_id, …)` whose function gets `(district, …, actor=)` inside the district's scope.

    The message is acknowledged after the transaction ended; a worker killed in the middle leaves nothing
    behind and the message comes again, so the service it calls must be idempotent. An unknown district or
    record is logged and dropped: a message cannot be answered.
    """

    def wrap(function):
        @shared_task(name=name, acks_late=True, reject_on_worker_lost=True, **options)
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


def each_district(task) -> None:
    """Queues a district task once for each district; the city's tenant has no month."""
    for district in District.objects.filter(level=District.Level.DISTRICT):
        task.delay(district.pk)
