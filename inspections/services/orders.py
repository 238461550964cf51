"""The closed loop of a rectification order: answer, re-inspection, closing or a new deadline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import Finding, Inspector, Order, OrderAnswer, OrderAnswerFile, Recheck
from inspections.rules import orders as rules
from inspections.rules import visits as visit_rules
from inspections.rules.states import FINDING, ORDER
from inspections.services.steps import step
from inspections.services.visits import order_days
from portal import calendar
from portal.access import Actor
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.models.records import AuditEntry
from portal.services import audit
from portal.services.files import store_file
from portal.templatetags.ui import masked

EVIDENCE_TYPES = ("image/jpeg", "image/png", "image/webp", "application/pdf")
CLOSED, OPEN = "closed", "open"


def lock(order: Order) -> Order:
    return (
        Order.objects.select_for_update(of=("self",), no_key=True)
        .select_related("facility", "inspection")
        .get(pk=order.pk)
    )


def _demand_reach(order: Order, actor: Actor, right: str, sentence: str) -> None:
    """The right, for this very order: `allowed` says it for whoever fetches, this for whoever does not."""
    actor.demand(right)
    if not Order.objects.allowed(actor, right).filter(pk=order.pk).exists():
        raise Denied(sentence, code="reach")


def _not_stale(order: Order, version: int | None) -> None:
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
    _demand_reach(order, actor, "order.answer", _("这份整改通知不是发给你这家机构的"))
    order = lock(order)
    _not_stale(order, version)
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
            stored = _store(upload, finding, actor)
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


def _store(upload, finding: Finding, actor: Actor):
    try:
        stored = store_file(upload, actor=actor)
    except Refused as refused:
        refused.field = f"files-{finding.pk}"
        raise
    if stored.content_type not in EVIDENCE_TYPES:
        raise Refused(
            _("材料“%(name)s”：要图片或 PDF") % {"name": stored.name},
            field=f"files-{finding.pk}",
            code="file_type",
        )
    return stored


def plan_recheck(
    order: Order, *, on: date, actor: Actor, today: date | None = None, version: int | None = None
) -> Recheck:
    """Sets the day of the next re-inspection, or moves it."""
    _demand_reach(order, actor, "order.schedule", _("这份整改通知不在你的街镇"))
    order = lock(order)
    _not_stale(order, version)
    today = today or timezone.localdate()
    if order.state == "closed":
        raise Conflict(_("整改通知 %(number)s 已经销号，不用复查") % {"number": order.number}, code="state")
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


@transaction.atomic
def recheck(
    order: Order,
    *,
    results: Mapping[int, str],
    note: str,
    inspectors: Sequence[str],
    new_due_on: date | None = None,
    version: int | None = None,
    actor: Actor,
    now: datetime | None = None,
) -> Order:
    """What a re-inspection found: per open finding 'closed' or 'open'. The order is closed only when all are.

    Where one stays open the order goes back with `new_due_on`; whether it was in time is still judged by its
    first deadline. Denied for whoever answered; Refused for fewer than two inspectors with valid licence.
    """
    _demand_reach(order, actor, "order.recheck", _("你不在这次检查的组里，不能复查"))
    order = lock(order)
    _not_stale(order, version)
    if actor.same_person(order.answered_by) or (actor.user and order.answers.filter(by=actor.user).exists()):
        raise Denied(_("答复的人不能复查自己的整改，请另一个人来"), code="second_person")
    if order.state == "closed":
        raise Conflict(_("整改通知 %(number)s 已经销号") % {"number": order.number}, code="state")
    now = now or timezone.now()
    on = timezone.localdate(now)
    findings = list(
        order.findings.exclude(state__in=("closed", "mended")).select_related("item").order_by("pk")
    )
    _check_results(findings, results)
    team = _check_inspectors(inspectors, on)
    note = note.strip()
    passed = all(results[f.pk] == CLOSED for f in findings)
    if not note:
        raise Refused(_("复查情况：写看到了什么"), field="note")
    if len(note) > rules.TEXT_LENGTH:
        raise Refused(_("复查情况：最多 %(n)d 个字") % {"n": rules.TEXT_LENGTH}, field="note")
    if passed:
        new_due_on = None
    elif order.state == "issued":
        raise Conflict(
            _("机构还没有答复，问题也没改好：原来的期限照旧，不用重新限期"), field="results", code="state"
        )
    elif new_due_on is None:
        raise Refused(_("新的期限：还有问题没改好，要重新限期"), field="new_due_on")
    elif not rules.new_deadline_fits(new_due_on, on):
        raise Refused(
            _("新的期限：从明天起 %(n)d 天以内") % {"n": rules.LONGEST_EXTENSION_DAYS}, field="new_due_on"
        )
    before, order.state = order.state, step(ORDER, order, "close" if passed else "return")
    for finding in findings:
        finding.state = _after(finding, results[finding.pk])
        if new_due_on and finding.state == "open":
            finding.due_on = new_due_on
    Finding.objects.bulk_update(findings, ["state", "due_on"])
    row = order.rechecks.filter(on__isnull=True).first() or Recheck(
        order=order, round=order.rechecks.count() + 1
    )
    row.on, row.passed, row.note, row.new_due_on = on, passed, note, new_due_on
    row.results = {str(f.pk): results[f.pk] for f in findings}
    row.inspectors, row.by = [one.code for one in team], actor.user
    row.save()
    if passed:
        order.closed_on, order.closed_by = on, actor.user
    else:
        order.due_on = new_due_on
        order.provisional = order.provisional or not calendar.is_known(new_due_on.year)
    order.version += 1
    order.save(update_fields=["state", "closed_on", "closed_by", "due_on", "provisional", "version"])
    audit.record(
        "inspections.order.close" if passed else "inspections.order.return",
        order,
        actor=actor,
        changes={
            "state": [before, order.state],
            "results": row.results,
            "round": row.round,
            "inspectors": row.inspectors,
            "new_due_on": new_due_on.isoformat() if new_due_on else None,
        },
    )
    return order


def _check_results(findings: list[Finding], results: Mapping[int, str]) -> None:
    if set(results) - {f.pk for f in findings}:
        raise NotFound(_("有一个问题不在这份整改通知里，或已经销号"), code="finding")
    for finding in findings:
        if results.get(finding.pk) not in (CLOSED, OPEN):
            raise Refused(
                _("“%(item)s”：选“改好了”或“没改好”") % {"item": finding.item.text},
                field=f"result-{finding.pk}",
            )


def _check_inspectors(codes: Sequence[str], on: date) -> list[Inspector]:
    """The two or more who were there, each with a licence valid on the day."""
    wanted = [code.strip() for code in dict.fromkeys(codes) if code.strip()]
    found = {one.code: one for one in Inspector.objects.filter(code__in=wanted)}
    for code in wanted:
        one = found.get(code)
        if one is None:
            raise Refused(_("复查人员：没有编号 %(code)s") % {"code": code}, field="inspectors")
        if not visit_rules.licensed(one.active, one.licence_from, one.licence_until, on):
            raise Refused(
                _("复查人员：%(code)s 的执法证 %(day)s 不在有效期内") % {"code": code, "day": on.isoformat()},
                field="inspectors",
            )
    if len(wanted) < visit_rules.SMALLEST_TEAM:
        raise Refused(_("复查人员：至少 %(n)d 名") % {"n": visit_rules.SMALLEST_TEAM}, field="inspectors")
    return [found[code] for code in wanted]


def _after(finding: Finding, result: str) -> str:
    if result == CLOSED:
        return FINDING.next_state(finding.state, "confirm")
    return FINDING.next_state(finding.state, "reopen") if finding.state == "answered" else finding.state


def settle_deadlines(*, actor: Actor, on: date | None = None) -> int:
    """Counts provisional deadlines again once their year's calendar is known; none ever becomes shorter.

    Returns how many orders are settled now.
    """
    on = on or timezone.localdate()
    settled = 0
    for order in Order.objects.filter(provisional=True).exclude(state="closed").select_for_update():
        moved = order.rechecks.filter(new_due_on__isnull=False).exists()
        days = order_days(order.issued_on)
        findings = [] if moved else list(order.findings.all())
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
