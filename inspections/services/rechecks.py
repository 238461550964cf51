"""The re-inspection of an order (复查): written down by one, signed by two of the inspectors who were there, each
on the own sign-in. Only then the order is closed or goes back with a new deadline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import Finding, Inspector, Order, Recheck
from inspections.rules import orders as rules
from inspections.rules import visits as visit_rules
from inspections.rules.states import FINDING, ORDER
from inspections.services.confirmations import waiver
from inspections.services.orders import demand_reach, lock, not_stale
from portal import calendar
from portal.access import Actor
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.services import audit
from portal.services.steps import step

CLOSED, OPEN = "closed", "open"


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
    """Writes down what a re-inspection found: per open finding 'closed' or 'open'; whoever writes it and was there
    has signed with that. It takes effect with the second signature (`confirm_recheck`).

    The order is closed only when all findings are. Where one stays open the order goes back with `new_due_on`;
    whether it was in time is still judged by its first deadline. Denied for whoever answered; Refused for fewer
    than two inspectors with valid licence.
    """
    demand_reach(order, actor, "order.recheck", _("你不在这次检查的组里，不能复查"))
    order = lock(order)
    not_stale(order, version)
    if actor.same_person(order.answered_by) or (actor.user and order.answers.filter(by=actor.user).exists()):
        raise Denied(_("答复的人不能复查自己的整改，请另一个人来"), code="second_person")
    step(ORDER, order, "recheck")
    now = now or timezone.now()
    on = timezone.localdate(now)
    findings = list(
        order.findings.exclude(state__in=("closed", "mended", "withdrawn"))
        .select_related("item")
        .order_by("pk")
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
    before, order.state = order.state, step(ORDER, order, "recheck")
    row = order.rechecks.filter(on__isnull=True).first() or Recheck(
        order=order, round=order.rechecks.count() + 1
    )
    row.on, row.note, row.new_due_on = on, note, new_due_on
    row.results = {str(f.pk): results[f.pk] for f in findings}
    row.inspectors, row.by = [one.code for one in team], actor.user
    row.signatures = [one.code for one in team if actor.same_person(one.user)]
    row.save()
    order.version += 1
    order.save(update_fields=["state", "version"])
    audit.record(
        "inspections.order.recheck",
        order,
        actor=actor,
        changes={
            "state": [before, order.state],
            "results": row.results,
            "round": row.round,
            "inspectors": row.inspectors,
            "signatures": row.signatures,
            "new_due_on": new_due_on.isoformat() if new_due_on else None,
        },
    )
    return order


def pending(order: Order) -> Recheck | None:
    """The re-inspection that is written down and not settled yet."""
    return order.rechecks.filter(on__isnull=False, passed__isnull=True).first()


def may_sign(order: Order, row: Recheck, actor: Actor) -> list[str]:
    """The codes with which the actor can sign: named in the re-inspection, not signed yet, not who answered."""
    if actor.process:
        return [code for code in row.inspectors if code not in row.signatures]
    if actor.user is None or order.answers.filter(by=actor.user).exists():
        return []
    mine = Inspector.objects.filter(user=actor.user, code__in=row.inspectors).values_list("code", flat=True)
    return [code for code in mine if code not in row.signatures]


def confirm_recheck(
    order: Order, *, version: int | None = None, actor: Actor, now: datetime | None = None
) -> Order:
    """An inspector who was there signs; with the second signature the order is closed or goes back.

    Denied for whoever is not named in the re-inspection, or has signed it already.
    """
    order, row = _pending(order, version, "close")
    _demand_named(order, row, actor)
    row.signatures = [*row.signatures, *may_sign(order, row, actor)]
    if len(row.signatures) < visit_rules.SMALLEST_TEAM:
        row.save(update_fields=["signatures"])
        order.version += 1
        order.save(update_fields=["version"])
        changes = {"round": row.round, "signatures": row.signatures}
        audit.record("inspections.order.sign_recheck", order, actor=actor, changes=changes)
        return order
    return _settle(order, row, actor, ("close", "return"))


def contest_recheck(order: Order, *, version: int | None = None, actor: Actor) -> Order:
    """Another one of the inspectors saw something else, or whoever wrote it takes it back: it is written anew."""
    order, row = _pending(order, version, "contest")
    if not actor.same_person(row.by):
        _demand_named(order, row, actor)
    answered = order.findings.filter(state="answered").exists()
    before = order.state
    order.state = step(ORDER, order, "contest" if answered else "contest_unanswered")
    facts = {"round": row.round, "results": row.results, "inspectors": row.inspectors, "note": row.note}
    if row.planned_on is None:
        row.delete()
    else:
        row.on, row.new_due_on, row.note, row.results = None, None, "", {}
        row.inspectors, row.signatures = [], []
        row.save()
    order.version += 1
    order.save(update_fields=["state", "version"])
    changes = {"state": [before, order.state], **facts}
    audit.record("inspections.order.contest", order, actor=actor, changes=changes)
    return order


def waive_recheck(order: Order, *, reason: str, version: int | None = None, actor: Actor) -> Order:
    """The second inspector is truly unable to sign: the bureau lets one signature do, and says why.

    Refused without a reason or without any signature; Denied for whoever wrote the re-inspection down or signed.
    """
    actor.demand("confirmation.waive")
    reason = waiver(reason)
    order, row = _pending(order, version, "waive_close")
    signed = Inspector.objects.filter(code__in=row.signatures, user__isnull=False, user=actor.user)
    if actor.same_person(row.by) or signed.exists():
        raise Denied(_("记下复查的人不能自己办结，请另一个人来"), code="second_person")
    if not row.signatures:
        raise Refused(
            _("还没有一名复查人员确认，至少要有一名，才能例外办结"), field="reason", code="no_signature"
        )
    row.waiver, row.waived_by = reason, actor.user
    return _settle(order, row, actor, ("waive_close", "waive_return"))


def _pending(order: Order, version: int | None, action: str) -> tuple[Order, Recheck]:
    order = lock(order)
    not_stale(order, version)
    step(ORDER, order, action)
    return order, pending(order)


def _demand_named(order: Order, row: Recheck, actor: Actor) -> None:
    actor.demand("order.confirm_recheck")
    if not may_sign(order, row, actor):
        raise Denied(
            _("由到场的另一名复查人员在自己的账号上确认：没有写到场的、已经签过的、答复过的，都不能确认"),
            code="second_person",
        )


def _settle(order: Order, row: Recheck, actor: Actor, actions: tuple[str, str]) -> Order:
    """The outcome takes effect: of the day on which the inspectors were there."""
    findings = list(order.findings.filter(pk__in=[int(pk) for pk in row.results]))
    passed = all(result == CLOSED for result in row.results.values())
    action = actions[0 if passed else 1]
    before, order.state = order.state, step(ORDER, order, action)
    for finding in findings:
        finding.state = _after(finding, row.results[str(finding.pk)])
        if row.new_due_on and finding.state == "open":
            finding.due_on = row.new_due_on
    Finding.objects.bulk_update(findings, ["state", "due_on"])
    row.passed = passed
    row.save()
    if passed:
        order.closed_on, order.closed_by = row.on, row.by
    else:
        order.due_on = row.new_due_on
        order.provisional = order.provisional or not calendar.is_known(row.new_due_on.year)
    order.version += 1
    order.save(update_fields=["state", "closed_on", "closed_by", "due_on", "provisional", "version"])
    audit.record(
        f"inspections.order.{action}",
        order,
        actor=actor,
        changes={
            "state": [before, order.state],
            "round": row.round,
            "signatures": row.signatures,
            **({"reason": row.waiver} if row.waiver else {}),
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
    found = {one.code: one for one in Inspector.objects.filter(code__in=wanted).select_related("user")}
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
