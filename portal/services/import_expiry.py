"""Files that were handed in or made do not stay for ever: they hold what was true of people on one day.

What stays of an import or export is who did it and when, the file's name and hash, the numbers, and the audit entry.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from portal.access import Actor
from portal.models.imports import ExportRun, ImportLine, ImportRun, ImportStaged
from portal.rules.states import EXPORT
from portal.services import audit, parameters
from portal.services.imports import BROKE, UNREAD, let_go, locked, moved, stopped

#: A run that is still being read or written after so long has lost its worker.
LOST_AFTER = timedelta(days=1)
#: Where a district has set no number of days (the city's own tenant).
DAYS = 30


def keep_days(now: datetime) -> int:
    """For how many days files are kept, by the district's parameter."""
    return int(parameters.values(["import.keep_days"], timezone.localdate(now)).get("import.keep_days", DAYS))


def sweep(*, actor: Actor, now: datetime | None = None) -> int:
    """Gives back runs whose worker was lost, drops previews that nobody wrote, deletes files whose time is over.

    Again and again without harm; returns how many files went.
    """
    now = now or timezone.now()
    over = now - timedelta(days=keep_days(now))
    lost = ImportRun.objects.filter(state__in=("reading", "writing"), created_at__lt=now - LOST_AFTER)
    for run in lost:
        row = locked(run)
        if row.state == "reading":
            stopped(row, "refuse", UNREAD, {})
        elif row.state == "writing":
            stopped(row, "give_back", BROKE, {})
    for run in ExportRun.objects.filter(state=EXPORT.initial, created_at__lt=now - LOST_AFTER):
        run.state = EXPORT.next_state(run.state, "refuse")
        run.finished_at = now
        run.save(update_fields=["state", "finished_at"])
    for run in ImportRun.objects.filter(state__in=("ready", "refused"), created_at__lt=over):
        row = locked(run)
        if row.state in ("ready", "refused"):
            moved(row, "expire")
            row.finished_at = now
            row.save(update_fields=["state", "finished_at"])
    gone = 0
    files = Q(file__isnull=False, created_at__lt=over)
    for run in ImportRun.objects.filter(files, state__in=("done", "dropped", "refused")).select_related(
        "file"
    ):
        let_go(run)
        gone += 1
    for run in ExportRun.objects.filter(files).select_related("file"):
        let_go(run)
        gone += 1
    past = Q(run__created_at__lt=over, run__state__in=("done", "dropped"))
    ImportLine.objects.filter(past).delete()
    ImportStaged.objects.filter(past).delete()
    if gone:
        audit.record("portal.import.expire", None, actor=actor, name="", changes={"files": gone})
    return gone
