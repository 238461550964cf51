"""Issuing: the head's decision becomes a numbered paper, the register follows, and what was decided is fixed."""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime

import segno
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from facilities.models import Filing, Notice
from facilities.rules import filing_form as kinds
from facilities.rules import notices as rules
from facilities.rules.states import FILING
from facilities.services import filing_effects as effects
from facilities.services import filing_signatures as signatures
from facilities.services import notice_content, overtaken
from facilities.services.filing_review import demand_head
from facilities.services.filings import locked, moved, values_of
from portal import pdf
from portal.access import Actor
from portal.celery import app
from portal.errors import Conflict, Refused
from portal.models.places import Unit
from portal.rules.official import document_number
from portal.services import audit, numbers, parameters, publicity
from portal.services.files import store_file
from portal.services.steps import step

log = logging.getLogger(__name__)


def issuer() -> str:
    """The education bureau by its full name."""
    found = Unit.objects.filter(kind="education", level="district", collective=False).order_by(
        "position", "pk"
    )
    unit = found.exclude(full_name="").first() or found.first()
    if unit is None:
        raise Conflict(_("本区没有登记教育局，不能发文"), code="no_unit")
    return unit.full_name or unit.name


def issue(filing: Filing, *, version: int | None = None, actor: Actor, now: datetime | None = None) -> Notice:
    """The head issues what the reviewer proposed: the paper gets number and code for good, the register changes with it,
    the notice before it is replaced, or follows the register. Denied for whoever proposed it."""
    now = now or timezone.now()
    today = timezone.localdate(now)
    row = locked(filing, version)
    step(FILING, row, "issue")
    demand_head(row, actor)
    if row.proposal != Filing.Proposal.ISSUE:
        raise Refused(_("审核建议不同意，不能签发。要签发就先退回重审"), code="proposal")
    answers = values_of(row)
    day = effects.effect_day(row, answers, today)
    if row.kind != kinds.NEW and not row.facility_id:
        raise Conflict(_("这份备案没有机构"), code="state")
    if day > today:  # the register follows on that day (apply_due)
        facility = row.facility
    else:
        facility = effects.take_effect(row, answers, actor=actor, on=today)
    old = overtaken.holding(facility)
    word = parameters.value("filing.notice_word", today)
    made = Notice(
        filing=row,
        facility=facility,
        kind=row.kind,
        carries=row.kind in rules.CARRIES,
        number=document_number(word, today.year, numbers.next_number(f"{word} {today.year}")),
        code=rules.new_code(actor.district.prefix),
        state_on=today,
        title=rules.TITLES[row.kind],
        name=facility.name,
        address=facility.address,
        operator_name=facility.operator.name if facility.operator else "",
        issuer=issuer(),
        issued_on=today,
        issued_by=actor.user,
    )
    # who runs it may be a person: the notice says so by law
    texts = [made.title, made.name, made.address, made.operator_name]
    publicity.demand_none(texts, _("退回去，改了再签发"), names=False)
    made.content = notice_content.content_of(row, facility, answers, replaces=old.number if old else "")
    if row.kind == kinds.CHANGE and facility.state == "suspended":
        made.state = "suspended"  # a change does not bring a facility back
    if row.kind == kinds.CHANGE:
        overtaken.turn(old, "replace", today)
    if day <= today:
        row.effect_at = now
    made.save(force_insert=True)
    row.facility, row.street_id, row.name = facility, facility.street_id, facility.name
    row.decided_on, row.clock_due, row.effect_on = today, None, day
    signatures.drop_open(row, actor=actor)
    moved(row, "issue", actor=actor, now=now, note=made.number, number=made.number)
    audit.record("facilities.notice.issue", made, actor=actor, changes={"facility": facility.code})
    print_later(made, actor)
    return made


def apply_decision(filing: Filing, *, actor: Actor, now: datetime | None = None) -> Filing:
    """Lets the register follow a decision whose day has come. Refused with the register's sentence where it cannot."""
    now = now or timezone.now()
    today = timezone.localdate(now)
    actor.demand("filing.issue")
    row = locked(filing)
    if row.state != "issued" or row.effect_on is None:
        raise Conflict(_("这份备案还没有签发"), code="state")
    if row.effect_at is not None:
        return row
    if row.effect_on > today:
        raise Conflict(_("%(day)s 起生效，还没到这一天") % {"day": row.effect_on.isoformat()}, code="not_yet")
    facility = effects.take_effect(row, values_of(row), actor=actor, on=today)
    row.effect_at = now
    row.version += 1
    row.save(update_fields=["effect_at", "version"])
    audit.record("facilities.filing.effect", row, actor=actor, changes={"facility": facility.code})
    return row


def apply_due(*, on, actor: Actor, now: datetime | None = None) -> list[Filing]:
    """The decisions whose day has come, each alone: one that the register refuses waits for the head with the others
    done."""
    done = []
    due_ones = Filing.objects.filter(state="issued", effect_at__isnull=True, effect_on__lte=on)
    for row in due_ones.order_by("effect_on", "pk"):
        try:
            with transaction.atomic():
                done.append(apply_decision(row, actor=actor, now=now))
        except Refused as refused:
            log.warning("%s: %s", row.number, refused.message)
    return done


# --- The PDF


def print_later(notice: Notice, actor: Actor) -> None:
    names = [actor.district.pk, notice.pk]
    transaction.on_commit(lambda: app.send_task("facilities.print_notice", args=names))


def public_url(notice: Notice) -> str:
    return f"{settings.PORTAL_URL.rstrip('/')}/public/notices/{notice.code}/"


def html_of(notice: Notice) -> str:
    """The whole document; the same notice gives the same HTML."""
    document = notice_content.document_of(notice)
    code = segno.make(public_url(notice), error="m").svg_inline(border=1, omitsize=True)
    return render_to_string(
        "official/notice.html",
        {
            "document": document,
            "c": notice.content,
            "notice": notice,
            "url": public_url(notice),
            "qr": mark_safe(code),
        },
    )


def print_notice(notice: Notice, *, actor: Actor) -> Notice:
    """Sets the PDF once and keeps it with its SHA-256."""
    row = Notice.objects.select_for_update(of=("self",)).get(pk=notice.pk)
    if row.file_id is not None:
        return row
    body = pdf.render(html_of(row))
    row.file = store_file(ContentFile(body, name=f"{row.code}.pdf"), actor=actor)
    row.sha256 = hashlib.sha256(body).hexdigest()
    row.save(update_fields=["file", "sha256"])
    audit.record("facilities.notice.print", row, actor=actor, changes={"sha256": row.sha256})
    return row
