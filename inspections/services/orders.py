"""A rectification order: the facility's answer, the day of the re-inspection (rechecks.py), deadlines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import Finding, Order, OrderAnswer, OrderAnswerFile, Recheck
from inspections.rules import orders as rules
from inspections.rules import visits as visit_rules
from inspections.rules.states import FINDING, ORDER
from inspections.services.findings import order_days
from portal import calendar
from portal.access import Actor
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.models.records import AuditEntry
from portal.services import audit
from portal.services.files import store_file
from portal.services.steps import step
from portal.templatetags.ui import masked

EVIDENCE_TYPES = ("image/jpeg", "image/png", "image/webp", "application/pdf")


def lock(order: Order) -> Order:
    return (
        Order.objects.select_for_update(of=("self",), no_key=True)
        .select_related("facility", "inspection")
        .get(pk=order.pk)
    )


def demand_reach(order: Order, actor: Actor, right: str, sentence: str) -> None:
    """The right, for this very order: `allowed` says it for whoever fetches, this for whoever does not."""
    actor.demand(right)
    if not Order.objects.allowed(actor, right).filter(pk=order.pk).exists():
        raise Denied(sentence, code="reach")


def not_stale(order: Order, version: int | None) -> None:
    if version is not None and version != order.version:
        last = AuditEntry.objects.filter(subject_type=order._meta.label_lower, subject_id=order.pk)
        entry = last.select_related("user").order_by("-pk").first()
        raise Conflict(
            _(
                "整改通知 %(number)s 在你打开以后由 %(who)s %(when)s 改过，现在是“%(state)s”。看最新的内容，再决定要不要补充"
            )
            % {
                "number": order.number,
                "state": order.get_state_display(),
                "who": masked(entry.user.name) if entry and entry.user else _("系统"),
                "when": timezone.localtime(entry.at).strftime("%m-%d %H:%M") if entry else "",
            },
            code="stale",
            version=order.version,
        )


@transaction.atomic
def answer_order(
    order: Order,
    *,
    texts: Mapping[int, str],
    files: Mapping[int, Sequence] | None = None,
    version: int | None = None,
    actor: Actor,
    now: datetime | None = None,
) -> Order:
    """The facility's answer to every open finding of an order, by the finding's id, with files as evidence.

    `version` is the one that the person saw. Refused while a finding has no text, for a file of the wrong
    kind or size; Denied for another facility's operator.
    """
    demand_reach(order, actor, "order.answer", _("这份整改通知不是发给你这家机构的"))
    order = lock(order)
    not_stale(order, version)
    before, order.state = order.state, step(ORDER, order, "answer")
    now = now or timezone.now()
    open_findings = list(order.findings.filter(state="open").select_related("item").order_by("pk"))
    files = files or {}
    strange = (set(texts) | set(files)) - {f.pk for f in open_findings}
    if strange:
        raise NotFound(_("有一条答复对应的问题不在这份整改通知里"), code="finding")
    round_number = order.rechecks.filter(on__isnull=False).count() + 1
    for finding in open_findings:
        text = texts.get(finding.pk, "").strip()
        if not text:
            raise Refused(
                _("“%(item)s”：写怎么改的，什么时候改好的") % {"item": finding.item.text},
                field=f"text-{finding.pk}",
            )
        if len(text) > rules.TEXT_LENGTH:
            raise Refused(
                _("“%(item)s”：最多 %(n)d 个字") % {"item": finding.item.text, "n": rules.TEXT_LENGTH},
                field=f"text-{finding.pk}",
            )
        uploads = list(files.get(finding.pk, ()))
        if len(uploads) > rules.FILES_PER_ANSWER:
            raise Refused(
                _("材料：一个问题最多 %(n)d 个文件") % {"n": rules.FILES_PER_ANSWER},
                field=f"files-{finding.pk}",
            )
        answer = OrderAnswer.objects.create(
            order=order, finding=finding, round=round_number, text=text, by=actor.user, at=now
        )
        for upload in uploads:
            stored = store_evidence(upload, field=f"files-{finding.pk}", actor=actor)
            OrderAnswerFile.objects.create(answer=answer, file=stored)
        finding.state = FINDING.next_state(finding.state, "answer")
    Finding.objects.bulk_update(open_findings, ["state"])
    order.answered_on, order.answered_by = timezone.localdate(now), actor.user
    order.version += 1
    order.save(update_fields=["state", "answered_on", "answered_by", "version"])
    audit.record(
        "inspections.order.answer",
        order,
        actor=actor,
        changes={
            "state": [before, order.state],
            "findings": len(open_findings),
            "files": sum(len(v) for v in files.values()),
            "round": round_number,
        },
    )
    return order


def store_evidence(upload, *, field: str, actor: Actor):
    """A photograph or PDF that is handed in beside a text; Refused at the form's `field` for anything else."""
    try:
        stored = store_file(upload, actor=actor)
    except Refused as refused:
        refused.field = field
        raise
    if stored.content_type not in EVIDENCE_TYPES:
        raise Refused(
            _("材料“%(name)s”：要图片或 PDF") % {"name": stored.name}, field=field, code="file_type"
        )
    return stored


def plan_recheck(
    order: Order, *, on: date, actor: Actor, today: date | None = None, version: int | None = None
) -> Recheck:
    """Sets the day of the next re-inspection, or moves it."""
    demand_reach(order, actor, "order.schedule", _("这份整改通知不在你的街镇"))
    order = lock(order)
    not_stale(order, version)
    today = today or timezone.localdate()
    step(ORDER, order, "recheck")
    if not rules.new_deadline_fits(on, today) and on != today:
        raise Refused(_("复查日期：从今天起 %(n)d 天以内") % {"n": rules.LONGEST_EXTENSION_DAYS}, field="on")
    planned = order.rechecks.filter(on__isnull=True).first()
    before = planned.planned_on if planned else None
    if planned is None:
        planned = Recheck(order=order, round=order.rechecks.count() + 1)
    planned.planned_on, planned.by = on, actor.user
    planned.save()
    audit.record(
        "inspections.order.plan_recheck",
        order,
        actor=actor,
        changes={"planned_on": [before.isoformat() if before else None, on.isoformat()]},
    )
    return planned


def settle_deadlines(*, actor: Actor, on: date | None = None) -> int:
    """Counts provisional deadlines again once their year's calendar is known; none ever becomes shorter.

    Returns how many orders are settled now.
    """
    on = on or timezone.localdate()
    settled = 0
    for order in (
        Order.objects.filter(provisional=True).exclude(state__in=("closed", "withdrawn")).select_for_update()
    ):
        moved = order.rechecks.filter(new_due_on__isnull=False).exists()
        days = order_days(order.issued_on)
        findings = [] if moved else list(order.findings.exclude(state="withdrawn"))
        counted = {f.pk: calendar.add_working_days(order.issued_on, days[f.weight]) for f in findings}
        if not all(calendar.is_known(day.year) for day in (*counted.values(), order.due_on)):
            continue
        before = order.due_on
        for finding in findings:
            finding.due_on = max(finding.due_on, counted[finding.pk])
        Finding.objects.bulk_update(findings, ["due_on"])
        if findings:
            worst = visit_rules.gravest(f.weight for f in findings)
            due_on = next(f.due_on for f in findings if f.weight == worst)
            order.due_on = max(order.due_on, due_on)
            order.first_due_on = max(order.first_due_on, due_on)
        order.provisional = False
        order.version += 1
        order.save(update_fields=["due_on", "first_due_on", "provisional", "version"])
        audit.record(
            "inspections.order.settle_deadline",
            order,
            actor=actor,
            changes={"due_on": [before.isoformat(), order.due_on.isoformat()], "on": on.isoformat()},
        )
        settled += 1
    return settled
