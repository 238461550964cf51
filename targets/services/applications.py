"""A district's part in a naming cycle: application, self-assessment, yearly report, statement. docs/cycle.md."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.access import Actor
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.rules.machine import marked
from portal.services import audit
from portal.services.files import store_file, store_papers
from portal.services.steps import step
from portal.templatetags.ui import day_words
from targets.metrics.registry import METRICS
from targets.models.naming import (
    AssessmentEntry,
    CycleApplication,
    CycleLetter,
    EntryFile,
    YearlyFile,
    YearlyReport,
)
from targets.models.targets import SnapshotValue
from targets.rules import figures as figures_words
from targets.rules import naming as rules
from targets.services.naming import kept, locked, said, texted
from targets.services.naming_letters import send, the_city
from targets.services.promises import promise_of

MOST_FILES = 5


def day_of(plan: dict, stage: str) -> date:
    return date.fromisoformat(plan[stage])


def offers() -> list[CycleLetter]:
    """What the city said last of each of its cycles, the newest first."""
    rows = (
        CycleLetter.objects.filter(direction="in", kind="cycle")
        .order_by("cycle", "-at", "-pk")
        .distinct("cycle")
    )
    return sorted(rows, key=lambda letter: letter.at, reverse=True)


def too_late(plan: dict, stage: str, on: date, what: str) -> None:
    """Conflict once the day of a stage is over: which day it was, and the way out."""
    due = day_of(plan, stage)
    if rules.is_late(due, on):
        raise Conflict(
            _("%(title)s：%(what)s的期限是 %(day)s，已经过了 %(n)d 天。向市里要求延期，或者参加下一个周期")
            % {"title": plan["title"], "what": what, "day": day_words(due, on), "n": (on - due).days},
            code="late",
        )


def wrote(row: CycleApplication, actor: Actor) -> None:
    if actor.user is not None and actor.user.pk not in row.writers:
        row.writers = [*row.writers, actor.user.pk]


def refresh_plan(row: CycleApplication) -> dict:
    """The city's last word on the cycle."""
    last = (
        CycleLetter.objects.filter(direction="in", kind="cycle", cycle=row.cycle)
        .order_by("-at", "-pk")
        .first()
    )
    if last is not None and last.pk != row.plan_id:
        row.plan = last
    return row.plan.content


@transaction.atomic
def begin(offer: CycleLetter, *, actor: Actor, now: datetime | None = None) -> CycleApplication:
    """A draft with an entry for each indicator. Conflict after the last day, and where there is one already."""
    actor.demand("cycle_application.write")
    now, plan = now or timezone.now(), offer.content
    too_late(plan, "apply_by", timezone.localdate(now), _("申报阶段"))
    CycleApplication.objects.filter(cycle=offer.cycle, state="withdrawn").delete()
    try:
        with transaction.atomic():
            row = CycleApplication.objects.create(
                cycle=offer.cycle, title=plan["title"], plan=offer, made_at=now,
                writers=[actor.user.pk] if actor.user else [],
            )  # fmt: skip
    except IntegrityError:
        raise Conflict(
            _("%(title)s：已经有一份申请，接着写那一份") % {"title": plan["title"]}, code="twice"
        ) from None
    AssessmentEntry.objects.bulk_create(
        AssessmentEntry(
            application=row, key=one["key"], position=place, area=one["area"], clause=one["clause"],
            indicator=one["text"], most=None if one["most"] is None else Decimal(one["most"]),
        )
        for place, one in enumerate(plan["indicators"], 1)
    )  # fmt: skip
    audit.record("targets.cycleapplication.begin", row, actor=actor, changes={"cycle": row.title})
    return row


@transaction.atomic
def write(
    row: CycleApplication, *, approval: str, approved_on: date | None, intent: str, version: int, actor: Actor,
    paper=None, now: datetime | None = None,
) -> CycleApplication:  # fmt: skip
    """The draft; `paper`: a copy of the document by which the district's committee and government agreed."""
    actor.demand("cycle_application.write")
    row, on = locked(row, version), timezone.localdate(now or timezone.now())
    before, row.state = row.state, step(rules.APPLICATION, row, "write")
    if approved_on is not None and approved_on > on:
        raise Refused(_("同意的日期：不能晚于今天"), field="approved_on", code="future")
    row.approval, row.approved_on, row.intent = approval.strip()[:120], approved_on, intent.strip()[:3000]
    if paper is not None:
        try:
            row.approval_file = store_file(paper, actor=actor, office=True)
        except Refused as refused:
            refused.field = "paper"
            raise
    wrote(row, actor)
    return kept(row, "write", before, actor=actor)


def somebody_else(row: CycleApplication, actor: Actor) -> None:
    if actor.user is not None and actor.user.pk in row.writers:
        raise Denied(_("这份材料你写过，请另一位单位负责人报出"), code="same_person")


@transaction.atomic
def apply(
    row: CycleApplication, *, version: int, actor: Actor, now: datetime | None = None
) -> CycleApplication:
    """In the name of the district's government, by somebody who did not write it. Conflict after the last day."""
    actor.demand("cycle_application.send")
    row, now = locked(row, version), now or timezone.now()
    before, row.state = row.state, step(rules.APPLICATION, row, "send")
    plan = refresh_plan(row)
    too_late(plan, "apply_by", timezone.localdate(now), _("申报阶段"))
    somebody_else(row, actor)
    missing = {}
    if not rules.fits(row.approval, rules.NOTE) or row.approved_on is None:
        missing["approval"] = _("先写明区委、区政府同意的文件和日期，申请以区人民政府名义提出")
    if not rules.fits(row.intent, rules.TEXT):
        missing["intent"] = _("创建意向：%(how)s") % {"how": said("text")}
    if missing:
        field, sentence = next(iter(missing.items()))
        raise Refused(sentence, field=field, code="incomplete", errors=missing)
    row.sent_at, row.sent_by = now, actor.user
    kept(row, "send", before, actor=actor)
    content = {
        "applicant": _("%(name)s人民政府") % {"name": actor.district.name}, "approval": row.approval,
        "approved_on": str(row.approved_on), "intent": row.intent,
    }  # fmt: skip
    papers = [("approval", row.approval_file)] if row.approval_file else []
    send("application", row.cycle, content, to=the_city(), actor=actor, files=papers, now=now)
    return row


# --- The self-assessment --------------------------------------------------------------------------


def figures(on: date) -> list[SnapshotValue]:
    """The district's own figures of its targets, of the newest snapshot of a year: what can be taken as evidence."""
    newest = SnapshotValue.objects.filter(
        street=None,
        target__isnull=False,
        value__isnull=False,
        snapshot__period="year",
        snapshot__as_of__lte=on,
    )
    newest = newest.order_by("target_id", "-snapshot__as_of", "-snapshot__taken_at").distinct("target_id")
    rows = SnapshotValue.objects.filter(pk__in=list(newest.values_list("pk", flat=True))).select_related(
        "target__clause", "snapshot"
    )
    # what the documents promise comes before what the product itself asks, which no document dates
    return list(rows.order_by(F("target__document__issued_on").desc(nulls_last=True), "target__position"))


def plain(number: Decimal | None) -> str | None:
    return None if number is None else f"{number.normalize():f}"


def figure_of(value: SnapshotValue) -> dict:
    """What is written down of it: it stands even when the snapshot of the day has gone."""
    promise, metric = promise_of(value.target), METRICS[value.metric]
    kind = figures_words.kind_of(promise, metric.measure)
    numbers = (value.numerator, value.denominator)
    return {
        "written": figures_words.big(kind, *numbers, value.value, metric.unit),
        "parts": figures_words.small(kind, *numbers),
        "target": str(value.target), "clause": value.target.clause.label, "metric": value.metric,
        "numerator": plain(value.numerator), "denominator": plain(value.denominator), "value": plain(value.value),
        "verdict": value.verdict, "as_of": str(value.snapshot.as_of), "sha256": value.snapshot.sha256,
    }  # fmt: skip


@transaction.atomic
def assess(
    entry: AssessmentEntry, *, text: str, points: Decimal | None, taken: SnapshotValue | None, actor: Actor,
    files: Iterable = (), drop: Iterable[int] = (), version: int,
) -> AssessmentEntry:  # fmt: skip
    """The self-assessment on one indicator, with files and, where one fits, a figure of the district's own targets."""
    actor.demand("cycle_application.write")
    row = locked(entry.application, version)
    before, row.state = row.state, step(rules.APPLICATION, row, "assess")
    entry = AssessmentEntry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    entry.text = texted(text, "text", _("自评情况"), rules.TEXT, "text")
    if entry.most is None and points is not None:
        raise Refused(said("no_points"), field="points", code="points", errors={"points": said("no_points")})
    if entry.most is not None and (points is None or not 0 <= points <= entry.most):
        sentence = said("points", most=entry.most)
        raise Refused(sentence, field="points", code="points", errors={"points": sentence})
    entry.points = points
    entry.target = taken.target if taken else None
    entry.snapshot = taken.snapshot if taken else None
    entry.figure = figure_of(taken) if taken else {}
    entry.save()
    entry.files.filter(pk__in=list(drop)).delete()
    for stored in store_papers(files, there=entry.files.count(), most=MOST_FILES, actor=actor):
        EntryFile.objects.create(entry=entry, file=stored)
    wrote(row, actor)
    kept(row, "assess", before, actor=actor, indicator=entry.key)
    return entry


@transaction.atomic
def summarise(row: CycleApplication, *, summary: str, version: int, actor: Actor) -> CycleApplication:
    actor.demand("cycle_application.write")
    row = locked(row, version)
    before, row.state = row.state, step(rules.APPLICATION, row, "assess")
    row.summary = texted(summary, "summary", _("自评报告"), rules.TEXT, "text")
    wrote(row, actor)
    return kept(row, "summarise", before, actor=actor)


@transaction.atomic
def hand_in(
    row: CycleApplication, *, version: int, actor: Actor, now: datetime | None = None
) -> CycleApplication:
    """The self-assessment goes to the city, indicator by indicator. Conflict after the last day or while one is missing."""
    actor.demand("cycle_application.send")
    row, now = locked(row, version), now or timezone.now()
    before, row.state = row.state, step(rules.APPLICATION, row, "hand_in")
    plan = refresh_plan(row)
    too_late(plan, "assess_by", timezone.localdate(now), _("创建自评"))
    somebody_else(row, actor)
    entries = list(row.entries.prefetch_related("files__file"))
    missing = [str(one.position) for one in entries if not one.complete]
    if missing:
        raise Conflict(
            ngettext(
                "还有 %(n)d 条指标没有自评（第 %(which)s 条），逐项写完再报",
                "还有 %(n)d 条指标没有自评（第 %(which)s 条），逐项写完再报",
                len(missing),
            )
            % {"n": len(missing), "which": _("、").join(missing)},
            code="incomplete",
        )
    if not row.summary:
        raise Conflict(_("还没有写自评报告，写好再报"), code="summary")
    row.handed_in_at, row.handed_in_by = now, actor.user
    kept(row, "hand_in", before, actor=actor)
    content = {
        "summary": row.summary,
        "entries": [
            {
                "key": one.key, "text": one.text, "points": None if one.points is None else str(one.points),
                "figure": one.figure,
            }
            for one in entries
        ],
    }  # fmt: skip
    files = [(one.key, each.file) for one in entries for each in one.files.all()]
    send("assessment", row.cycle, content, to=the_city(), actor=actor, files=files, now=now)
    return row


@transaction.atomic
def withdraw(
    row: CycleApplication, *, note: str, version: int, actor: Actor, now: datetime | None = None
) -> CycleApplication:
    actor.demand("cycle_application.send")
    row, now = locked(row, version), now or timezone.now()
    before, row.state = row.state, step(rules.APPLICATION, row, "withdraw")
    row.outcome = texted(note, "note", _("撤回的原因"), rules.NOTE, "note")
    kept(row, "withdraw", before, actor=actor)
    send("withdrawal", row.cycle, {"note": row.outcome}, to=the_city(), actor=actor, now=now)
    return row


# --- After the naming -----------------------------------------------------------------------------


def owed_years(row: CycleApplication, on: date) -> list[int]:
    """Years for which the named district has not reported."""
    if row.state != "named" or row.named_on is None:
        return []
    given = set(row.reports.values_list("year", flat=True))
    return [year for year in rules.report_years(row.named_on, row.valid_until, on) if year not in given]


#: What the bureau drafts for a head of the unit to send: kind -> the label of its text.
DRAFTS = {"report": marked("年度情况"), "statement": marked("陈述")}


def wanted(row: CycleApplication, kind: str, on: date) -> None:
    """Refused where no such paper is owed."""
    if kind == "report" and not owed_years(row, on):
        raise Refused(_("没有要报的年度"), code="none")
    if kind == "statement" and (not row.charge or row.charge.get("answered")):
        raise Refused(_("没有等陈述的事项"), code="state")


def keep_files(row: CycleApplication, year: int, files: Iterable, drop: Iterable[int], actor: Actor) -> None:
    """Files of a year's report that is not sent yet, added and left out."""
    known = row.report_files.filter(year=year)
    known.filter(pk__in=list(drop)).delete()
    for stored in store_papers(files, there=known.count(), most=MOST_FILES, actor=actor):
        YearlyFile.objects.create(application=row, year=year, file=stored)


@transaction.atomic
def prepare(
    row: CycleApplication, kind: str, *, text: str, version: int, actor: Actor, files: Iterable = (),
    drop: Iterable[int] = (), now: datetime | None = None,
) -> CycleApplication:  # fmt: skip
    """The bureau's draft of the year's report or of the statement, which a head of the unit reads, mends and sends.

    `files`, `drop`: of the year's report; a statement has none.
    """
    actor.demand("cycle_application.write")
    row, now = locked(row, version), now or timezone.now()
    before, row.state = row.state, step(rules.APPLICATION, row, "prepare")
    on = timezone.localdate(now)
    wanted(row, kind, on)
    text = texted(text, "text", _(DRAFTS[kind]), rules.TEXT, "text")
    if kind == "report":
        keep_files(row, owed_years(row, on)[0], files, drop, actor)
    row.drafts = row.drafts | {
        kind: {"text": text, "by": actor.user.name if actor.user else "", "on": str(on)}
    }
    return kept(row, "prepare", before, actor=actor, kind=kind)


@transaction.atomic
def report(
    row: CycleApplication,
    year: int,
    *,
    text: str,
    actor: Actor,
    files: Iterable = (),
    drop: Iterable[int] = (),
    version: int | None = None,
    now: datetime | None = None,
) -> YearlyReport:
    """The year's report of a named district, with its files; once sent it stays. NotFound for a year that is not owed."""
    actor.demand("cycle_application.send")
    row, now = locked(row, version), now or timezone.now()
    before, row.state = row.state, step(rules.APPLICATION, row, "report")
    if row.reports.filter(year=year).exists():
        raise Conflict(_("%(year)d 年的情况已经报过") % {"year": year}, code="twice")
    if year not in owed_years(row, timezone.localdate(now)):
        raise NotFound(_("%(year)d 年不用报") % {"year": year}, code="year")
    text = texted(text, "text", _("年度情况"), rules.TEXT, "text")
    keep_files(row, year, files, drop, actor)
    row.drafts = {kind: one for kind, one in row.drafts.items() if kind != "report"}
    made = YearlyReport.objects.create(application=row, year=year, text=text, sent_at=now, sent_by=actor.user)
    kept(row, "report", before, actor=actor, year=year)
    papers = [("", one.file) for one in row.report_files.filter(year=year).select_related("file")]
    send("report", row.cycle, {"year": year, "text": text}, to=the_city(), actor=actor, files=papers, now=now)
    return made


@transaction.atomic
def state(
    row: CycleApplication,
    *,
    text: str,
    version: int,
    actor: Actor,
    waived: bool = False,
    now: datetime | None = None,
) -> CycleApplication:
    """What the district says to the charge, up to the day of the hearing, once; `waived`: it need not be heard besides."""
    actor.demand("cycle_application.send")
    row, now = locked(row, version), now or timezone.now()
    before, row.state = row.state, step(rules.APPLICATION, row, "state")
    if not row.charge or row.charge.get("answered"):
        raise Conflict(_("没有等陈述的事项"), code="state")
    due = date.fromisoformat(row.charge["hearing_on"])
    if rules.is_late(due, timezone.localdate(now)):
        raise Conflict(_("陈述的期限 %(day)s 已经过了，直接联系市里") % {"day": day_words(due)}, code="late")
    text = texted(text, "text", _("陈述"), rules.TEXT, "text")
    row.charge = row.charge | {"answered": str(timezone.localdate(now)), "statement": text, "waived": waived}
    row.drafts = {kind: one for kind, one in row.drafts.items() if kind != "statement"}
    kept(row, "state", before, actor=actor, waived=waived)
    send("statement", row.cycle, {"text": text, "waived": waived}, to=the_city(), actor=actor, now=now)
    return row
