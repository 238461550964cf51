"""The printed dossier: ordered by somebody, made in the background with that person's rights, on record."""

from __future__ import annotations

import logging
from datetime import date, datetime

from django.core.files.base import ContentFile
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities import dossier_content
from facilities.models import DossierPrint, Facility
from facilities.models.credit import listing
from facilities.services.notices import issuer
from facilities.services.refusals import refuse_field
from portal import pdf
from portal.access import Actor
from portal.celery import app
from portal.dossier import KINDS, Wanted
from portal.errors import NotFound, Refused
from portal.rules.machine import marked
from portal.rules.official import chinese_date
from portal.rules.states import EXPORT
from portal.services import audit
from portal.services.files import store_file

log = logging.getLogger(__name__)
BROKE = marked("没有生成。再试一次；还不行就联系系统管理员")


def order(
    facility: Facility,
    *,
    actor: Actor,
    kinds=(),
    since: date | None = None,
    until: date | None = None,
    now: datetime | None = None,
    queued: bool = True,
) -> DossierPrint:
    """Queues the dossier of a facility within reach; who asked for whose is on record. kinds: none for all."""
    if not Facility.objects.allowed(actor, "dossier.print").filter(pk=facility.pk).exists():
        actor.demand("dossier.print")
        raise NotFound(_("没有这家机构"), code="facility")
    if set(kinds) - KINDS.keys():
        refuse_field("kind", _("从列表里选一个"))
    if since and until and since > until:
        refuse_field("until", _("不能早于开始的那一天"))
    run = DossierPrint.objects.create(
        facility=facility,
        kinds=sorted(kinds),
        since=since,
        until=until,
        created_by=actor.user,
        created_at=now or timezone.now(),
    )
    audit.record(
        "facilities.dossier.order",
        facility,
        actor=actor,
        changes={
            "kinds": run.kinds,
            "since": since.isoformat() if since else None,
            "until": until.isoformat() if until else None,
        },
    )
    if queued:
        names = [actor.district.pk, run.pk]
        transaction.on_commit(lambda: app.send_task("facilities.print_dossier", args=names))
    return run


def make(run: DossierPrint, *, actor: Actor, on: date | None = None) -> DossierPrint:
    """Sets an ordered dossier, once, as far as its maker (`actor`) may see the facility today."""
    row = DossierPrint.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if row.state != EXPORT.initial:
        return row
    on = on or timezone.localdate()
    try:
        with transaction.atomic():
            facility = reached(row, actor)
            wanted = Wanted(frozenset(row.kinds), row.since, row.until)
            content = dossier_content.gather(facility, actor, wanted, on=on)
            body = pdf.render(html_of(facility, content, row, on))
            name = f"{facility.code}-{facility.name}-{on:%Y%m%d}.pdf"
            row.file = store_file(ContentFile(body, name=name), actor=actor)
            row.events = len(content["events"])
            row.state = EXPORT.next_state(row.state, "finish")
            audit.record(
                "facilities.dossier.print",
                facility,
                actor=actor,
                changes={"events": row.events, "sha256": row.file.sha256},
            )
    except Exception as error:
        if not isinstance(error, Refused):
            log.exception("dossier %s of district %s", row.pk, row.district_id)
        row.state = EXPORT.next_state(EXPORT.initial, "refuse")
        row.events = row.file = None
        row.problem = str(error.message)[:200] if isinstance(error, Refused) else BROKE
    row.finished_at = timezone.now()
    row.save()
    return row


def reached(run: DossierPrint, actor: Actor) -> Facility:
    found = (
        Facility.objects.allowed(actor, "dossier.print")
        .filter(pk=run.facility_id)
        .select_related("street", "operator")
        .annotate(listing=listing())
        .defer("search_text")
        .first()
    )
    if found is None:
        raise NotFound(_("没有这家机构"), code="facility")
    return found


def html_of(facility: Facility, content: dict, run: DossierPrint, on: date) -> str:
    """The whole document; the same records give the same HTML."""
    span = ""
    if run.since or run.until:
        first = chinese_date(run.since) if run.since else "最早"  # content
        last = chinese_date(run.until) if run.until else chinese_date(on)
        span = f"{first}至{last}"  # content
    return render_to_string(
        "official/dossier.html",
        {
            "facility": facility,
            "c": content,
            "issuer": issuer(),
            "on": on,
            "span": span,
            "kinds": "、".join(_(KINDS[kind]) for kind in run.kinds),
        },
    )
