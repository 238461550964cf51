"""Before a result is final: the facility reads the draft and may object to each finding within set days; somebody else
than who signed accepts or keeps. Mending does not wait: the order is out already. See docs/results.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import Inspection, ResultObjection, ResultObjectionFile, ResultReview
from inspections.rules import results as rules
from inspections.rules.states import RESULT
from inspections.services import result_versions
from inspections.services.finding_withdrawals import withdraw
from inspections.services.orders import store_evidence
from portal import calendar
from portal.access import Actor
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.models.records import AuditEntry
from portal.services import audit, parameters
from portal.services.steps import step
from portal.templatetags.ui import masked

REVIEW_DAYS = "inspection.review_days"


def lock(review: ResultReview) -> ResultReview:
    return (
        ResultReview.objects.select_for_update(of=("self",), no_key=True)
        .select_related("inspection__facility")
        .get(pk=review.pk)
    )


def demand_reach(review: ResultReview, actor: Actor, right: str) -> None:
    """The right for this very result, for whoever did not fetch it through `allowed`."""
    actor.demand(right)
    if not ResultReview.objects.allowed(actor, right).filter(pk=review.pk).exists():
        raise Denied(_("这次检查不归你这边"), code="reach")


def not_stale(review: ResultReview, version: int | None) -> None:
    if version is None or version == review.version:
        return
    entries = AuditEntry.objects.filter(subject_type=review._meta.label_lower, subject_id=review.pk)
    entry = entries.select_related("user").order_by("-pk").first()
    raise Conflict(
        _(
            "检查 %(number)s 的结果在你打开以后由 %(who)s %(when)s 改过，现在是“%(state)s”。看最新的内容，再决定怎么做"
        )
        % {
            "number": review,
            "who": masked(entry.user.name) if entry and entry.user else _("系统"),
            "when": timezone.localtime(entry.at).strftime("%m-%d %H:%M") if entry else "",
            "state": review.get_state_display(),
        },
        code="stale",
        version=review.version,
    )


def saved(review: ResultReview, action: str, actor: Actor, **facts) -> ResultReview:
    """The review in its next state, with the audit entry."""
    review.version += 1
    review.save(update_fields=["state", "answered_at", "answered_by", "final_at", "latest", "version"])
    audit.record(f"inspections.result.{action}", review, actor=actor, changes=facts)
    return review


def open_review(inspection: Inspection, *, actor: Actor, now: datetime) -> ResultReview:
    """The draft goes to the facility with the second signature; version 1 is fixed."""
    on = timezone.localdate(now)
    review = ResultReview.objects.create(
        inspection=inspection,
        answer_by=calendar.add_working_days(on, parameters.value(REVIEW_DAYS, on)),
    )
    made = result_versions.write(review, "draft", at=now, by=actor.user)
    audit.record(
        "inspections.result.draft",
        review,
        actor=actor,
        changes={"sha256": made.sha256, "answer_by": review.answer_by.isoformat()},
    )
    return review


@transaction.atomic
def object_to(
    review: ResultReview,
    *,
    texts: Mapping[int, str],
    files: Mapping[int, Sequence] | None = None,
    version: int | None = None,
    actor: Actor,
    now: datetime | None = None,
) -> ResultReview:
    """The facility's objections by the finding's id, one at least, with files as evidence; once.

    Refused after the last day and for a file of the wrong kind; Denied for another facility's operator.
    """
    demand_reach(review, actor, "result.answer")
    review = lock(review)
    not_stale(review, version)
    now = now or timezone.now()
    before, state = review.state, step(RESULT, review, "answer")
    _in_time(review, timezone.localdate(now))
    texts = {pk: text.strip() for pk, text in texts.items() if text.strip()}
    files = {pk: list(found) for pk, found in (files or {}).items() if found}
    findings = {f.pk: f for f in review.inspection.findings.select_related("item")}
    if (texts.keys() | files.keys()) - findings.keys():
        raise NotFound(_("有一条意见对应的问题不在这次检查里"), code="finding")
    for pk in files.keys() - texts.keys():
        raise Refused(_("写哪里不对，再附材料"), field=f"text-{pk}")
    if not texts:
        raise Refused(_("一条意见也没有写。没有意见就点“没有意见”"), field=None, code="empty")
    for pk, text in texts.items():
        if len(text) > rules.TEXT_LENGTH:
            raise Refused(_("意见：最多 %(n)d 个字") % {"n": rules.TEXT_LENGTH}, field=f"text-{pk}")
        if len(files.get(pk, ())) > rules.FILES_PER_OBJECTION:
            raise Refused(
                _("材料：一个问题最多 %(n)d 个文件") % {"n": rules.FILES_PER_OBJECTION}, field=f"files-{pk}"
            )
        made = ResultObjection.objects.create(
            review=review, finding=findings[pk], text=text, at=now, by=actor.user
        )
        for upload in files.get(pk, ()):
            stored = store_evidence(upload, field=f"files-{pk}", actor=actor)
            ResultObjectionFile.objects.create(objection=made, file=stored)
    review.state, review.answered_at, review.answered_by = state, now, actor.user
    return saved(
        review, "answer", actor, state=[before, state], objections=len(texts),
        files=sum(len(found) for found in files.values()),
    )  # fmt: skip


def agree(
    review: ResultReview, *, version: int | None = None, actor: Actor, now: datetime | None = None
) -> ResultReview:
    """The facility has nothing against the draft: it is final before its days are over."""
    demand_reach(review, actor, "result.answer")
    review = lock(review)
    not_stale(review, version)
    now = now or timezone.now()
    before, review.state = review.state, step(RESULT, review, "agree")
    review.answered_at, review.answered_by, review.final_at = now, actor.user, now
    return saved(review, "agree", actor, state=[before, "final"])


def _in_time(review: ResultReview, on: date) -> None:
    if rules.silence_is_over(review.answer_by, on):
        raise Conflict(
            _("提意见的期限到 %(day)s 为止。结果有误，可以书面向区教育局提出，区里可以更正")
            % {"day": review.answer_by.isoformat()},
            code="over",
        )


def decide(
    review: ResultReview,
    *,
    outcomes: Mapping[int, str],
    reasons: Mapping[int, str],
    version: int | None = None,
    actor: Actor,
    now: datetime | None = None,
) -> ResultReview:
    """Each objection, by its id, is accepted (the finding is withdrawn, from the order too) or kept, with a reason.

    Then the result is final; where a finding was withdrawn that is another version. Denied for whoever signed the
    visit: nobody judges what is said against the own record.
    """
    demand_reach(review, actor, "result.decide")
    review = lock(review)
    not_stale(review, version)
    now = now or timezone.now()
    before, state = review.state, step(RESULT, review, "decide")
    if actor.same_person(review.inspection.signed_by):
        raise Denied(_("签记检查的人不能答复机构的意见，请另一个人来"), code="second_person")
    objections = list(review.objections.select_related("finding__item", "finding__order").order_by("pk"))
    if outcomes.keys() - {one.pk for one in objections}:
        raise NotFound(_("有一条意见不在这次检查里"), code="objection")
    for one in objections:
        if outcomes.get(one.pk) not in (rules.ACCEPTED, rules.KEPT):
            raise Refused(
                _("“%(item)s”：选意见成立还是维持") % {"item": one.finding.item.text},
                field=f"outcome-{one.pk}",
            )
        one.outcome = outcomes[one.pk]
        one.reason = reason_of(reasons.get(one.pk, ""), f"reason-{one.pk}")
        one.decided_at, one.decided_by = now, actor.user
    ResultObjection.objects.bulk_update(objections, ["outcome", "reason", "decided_at", "decided_by"])
    dropped = [one for one in objections if one.outcome == rules.ACCEPTED]
    for one in dropped:
        withdraw([one.finding], reason=one.reason, actor=actor, on=timezone.localdate(now))
    if dropped:
        why = "\n".join(f"{one.finding.item.text}：{one.reason}" for one in dropped)
        result_versions.write(review, "decided", at=now, by=actor.user, reason=why)
    review.state, review.final_at = state, now
    return saved(
        review, "decide", actor, state=[before, state], accepted=len(dropped), kept=len(objections) - len(dropped),
        number=review.latest,
    )  # fmt: skip


def reason_of(text: str, field: str) -> str:
    """A reason, trimmed; Refused unless it has 5 to 500 characters."""
    text = text.strip()
    least, most = rules.REASON
    if not least <= len(text) <= most:
        raise Refused(_("理由：写 %(least)d 到 %(most)d 个字") % {"least": least, "most": most}, field=field)
    return text


def lapse(review: ResultReview, *, on: date, actor: Actor, now: datetime | None = None) -> ResultReview:
    """Silence: the days are over and the facility said nothing. Conflict before that."""
    review = lock(review)
    before, state = review.state, step(RESULT, review, "lapse")
    if not rules.silence_is_over(review.answer_by, on):
        raise Conflict(
            _("%(number)s 的结果在征求机构意见，到 %(day)s")
            % {"number": review, "day": review.answer_by.isoformat()},
            code="not_yet",
        )
    review.state, review.final_at = state, now or timezone.now()
    return saved(review, "lapse", actor, state=[before, state])


def lapse_due(*, actor: Actor, on: date | None = None, now: datetime | None = None) -> int:
    """Every draft whose days are over on the day `on`; returns how many. Again it changes nothing."""
    now = now or timezone.now()
    on = on or timezone.localdate(now)
    due = list(ResultReview.objects.filter(state="draft", answer_by__lt=on).order_by("answer_by", "pk"))
    for review in due:
        lapse(review, on=on, actor=actor, now=now)
    return len(due)


def demand_final(inspection: Inspection, *, on: date, actor: Actor, now: datetime) -> ResultReview:
    """The final review of a visit, letting silence count; Conflict with what stands against publication."""
    review = ResultReview.objects.filter(inspection=inspection).first()
    if review is None:
        raise Conflict(_("检查 %(number)s 没有结果可以公示") % {"number": inspection}, code="no_result")
    if review.state == "draft" and rules.silence_is_over(review.answer_by, on):
        review = lapse(review, on=on, actor=actor, now=now)
    if review.state == "draft":
        raise Conflict(
            _("%(number)s 的结果在征求机构意见，到 %(day)s，定稿以后才能公示")
            % {"number": inspection, "day": review.answer_by.isoformat()},
            code="review",
        )
    if review.state == "answered":
        raise Conflict(
            _("机构对 %(number)s 有意见，先答复意见，再公示") % {"number": inspection}, code="review"
        )
    if review.state == "changing":
        raise Conflict(_("%(number)s 的结果正在更正，更正以后再公示") % {"number": inspection}, code="review")
    return review
