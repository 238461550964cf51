"""Reports of a month, quarter or year (督查报告) and the yearly self-report (年度自评公报): a draft that follows the
figures, issued by a second person, then fixed for good."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import Inspection
from portal import pdf
from portal.access import Actor
from portal.celery import app
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.rules.official import OfficialDocument, document_number
from portal.services import audit, numbers
from portal.services.files import store_file
from portal.services.steps import step
from portal.templatetags.ui import day_words
from targets.metrics.base import Period
from targets.models.reports import Report, ReportSetting
from targets.models.targets import Snapshot
from targets.rules.states import REPORT
from targets.rules.tasks import quarter_of
from targets.services import first_records, report_content, rollup, self_report

Kind = ReportSetting.Kind
MONTHLY = Kind.MONTHLY
#: kind -> what its period is
SPANS = {Kind.MONTHLY: "month", Kind.QUARTERLY: "quarter", Kind.YEARLY: "year", Kind.SELF: "year"}


def name_of(report: Report) -> str:
    words = {"period": rollup.name_of(report.period)}
    return _("%(period)s自评公报") % words if report.kind == Kind.SELF else _("%(period)s督查报告") % words


def setting_of(kind: str) -> ReportSetting:
    """NotFound where the district has not said how it issues this kind."""
    found = ReportSetting.objects.filter(kind=kind).first()
    if found is None:
        raise NotFound(
            _("本区还没有填%(kind)s的发文机关、主送和文号，在“督查与报告”的“发文设置”里填好再起草")
            % {"kind": Kind(kind).label},
            code="report_setting",
        )
    return found


def next_state(report: Report, action: str) -> str:
    issued = Conflict(
        _("%(name)s已印发（%(number)s），内容不再改动") % {"name": name_of(report), "number": report.number},
        code="issued",
    )
    return step(REPORT, report, action, issued)


def locked(report: Report) -> Report:
    return Report.objects.select_for_update(of=("self",)).select_related("snapshot").get(pk=report.pk)


def lock(kind: str, starts_on: date, actor: Actor) -> None:
    """One drafting of a report at a time; held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"report {actor.district.pk} {kind} {starts_on}"],
        )


def draft_report(year: int, month: int, *, actor: Actor, now: datetime | None = None) -> Report:
    """The month's draft: see `draft`."""
    now = now or timezone.now()
    return draft(MONTHLY, f"{year}-{month:02d}", actor=actor, now=now)


def draft(kind: str, code: str, *, actor: Actor, now: datetime | None = None) -> Report:
    """The draft of a period (2026-11, 2026-Q4, 2026) on the newest figures: made, or brought up to date; an issued
    report as it is.

    Raises Refused for a kind or period that is none, that do not fit, that has not begun or of which there are no
    records yet, NotFound without the district's setting.
    """
    actor.demand("report.draft")
    now = now or timezone.now()
    if kind not in SPANS:
        raise Refused(_("报告：选列表里的一种"), field="kind", code="kind")
    period = rollup.period_named(code, on=timezone.localdate(now))
    if period.kind != SPANS[kind]:
        raise Refused(
            _("时间：%(kind)s是按%(span)s写的")
            % {"kind": Kind(kind).label, "span": Snapshot.Period(SPANS[kind]).label},
            field="period",
            code="period",
        )
    setting = setting_of(kind)
    lock(kind, period.starts_on, actor)
    report = Report.objects.filter(kind=kind, starts_on=period.starts_on).first()
    if report is not None and report.state == "issued":
        return report
    demand_records(period)
    snapshot = rollup.roll_up(period, actor=actor, now=now)
    gather = self_report.gather if kind == Kind.SELF else report_content.gather
    content = gather(snapshot, district=actor.district, setting=setting, on=timezone.localdate(now))
    if report is None:
        report = Report.objects.create(
            kind=kind,
            starts_on=period.starts_on,
            snapshot=snapshot,
            content=content,
            drafted_at=now,
            drafted_by=actor.user,
        )
        audit.record(
            "targets.report.draft",
            report,
            actor=actor,
            changes={"snapshot": snapshot.sha256},
            name=name_of(report),
        )
        print_later(report, actor)
    elif report.content != content:
        _renew(report, snapshot, content, actor=actor, now=now)
    return report


def months_without(found: Iterable[Report], *, on: date, back: int = 3) -> list[tuple[date, bool]]:
    """(first day, whether there is something to report) of the last months without a report, newest first.

    What a report tells begins with a visit: one drawn for the month or finished in it.
    """
    have = {report.starts_on for report in found if report.kind == MONTHLY}
    firsts = [on.replace(day=1)]
    while len(firsts) < back:
        firsts.append((firsts[-1] - timedelta(days=1)).replace(day=1))
    wanted = [day for day in firsts if day not in have]
    if not wanted:
        return []
    told = set()
    rows = Inspection.objects.filter(Q(month__in=wanted) | Q(finished_on__range=(wanted[-1], on)))
    for month, finished_on in rows.order_by().values_list("month", "finished_on").distinct():
        told |= {month, finished_on and finished_on.replace(day=1)}
    return [(day, day in told) for day in wanted]


def refresh(report: Report, *, actor: Actor, now: datetime | None = None) -> Report:
    """A draft on the newest figures; Conflict when it was issued."""
    actor.demand("report.draft")
    next_state(locked(report), "refresh")
    return draft(report.kind, report.period.code, actor=actor, now=now)


def _renew(report: Report, snapshot, content: dict, *, actor: Actor, now: datetime) -> None:
    report.state = next_state(report, "refresh")
    before = report.content["snapshot"]["sha256"]
    report.snapshot, report.content = snapshot, content
    report.drafted_at, report.drafted_by = now, actor.user
    report.file, report.sha256 = None, ""
    report.save()
    audit.record(
        "targets.report.refresh",
        report,
        actor=actor,
        changes={"snapshot": [before, snapshot.sha256]},
        name=name_of(report),
    )
    print_later(report, actor)


def issue_report(report: Report, *, seen: str, actor: Actor, now: datetime | None = None) -> Report:
    """Issues what was read: the second person, not who drafted it, gives it number and day for good.

    `seen`: the hash of the figures that the reader had before them; Conflict when the draft changed meanwhile.
    Refuses while the month is not over.
    """
    actor.demand("report.issue")
    now = now or timezone.now()
    report = locked(report)
    state = next_state(report, "issue")
    if actor.same_person(report.drafted_by):
        raise Denied(_("起草和印发要两个人：这份稿子是你起草的，由单位负责人印发"))
    if report.content["snapshot"]["sha256"] != seen:
        raise Conflict(
            _("稿子在你看的时候按新的数字重出了（数字到 %(day)s）。重新看一遍再印发")
            % {"day": day_words(report.as_of)},
            code="changed",
        )
    if not report.content["closed"]:
        raise Conflict(
            _("%(period)s还没有过完，报告的数字只到 %(day)s，过完以后才能印发")
            % {"period": rollup.name_of(report.period), "day": day_words(report.as_of)},
            code="period_open",
        )
    demand_records(report.period)
    if report.kind == Kind.SELF:
        self_report.demand_public(report)
    setting = setting_of(report.kind)
    day = timezone.localdate(now)
    given = numbers.next_number(f"{setting.number_word} {day.year}")
    report.state = state
    report.number = document_number(setting.number_word, day.year, given)
    report.issued_at, report.issued_by = now, actor.user
    report.file, report.sha256 = None, ""
    report.save()
    audit.record(
        "targets.report.issue",
        report,
        actor=actor,
        changes={"number": report.number, "snapshot": report.content["snapshot"]["sha256"]},
        name=name_of(report),
    )
    print_later(report, actor)
    return report


def demand_records(period: Period) -> None:
    """Refused for a period that was over before there were records."""
    since = first_records.begin()
    if first_records.before(period, since):
        words = _("时间：检查和任务进展从%(since)s起才有记录，%(period)s没有，写不成报告。选以后的时间")
        raise Refused(
            words
            % {
                "since": rollup.period_name(since.year, since.month),
                "period": rollup.name_of(period),
            },
            field="period",
            code="no_records",
        )


def print_later(report: Report, actor: Actor) -> None:
    """The typesetting is a worker's: it holds the engine and the fonts warm."""
    names = [actor.district.pk, report.pk]
    transaction.on_commit(lambda: app.send_task("targets.print_report", args=names))


def document_of(report: Report) -> OfficialDocument:
    """The frame around the text; a draft has no number and says 送审稿."""
    content, issued = report.content, report.state == "issued"
    day = timezone.localdate(report.issued_at) if issued else None
    public = (
        report.kind == Kind.SELF
    )  # a 公报 speaks to everybody: to nobody by name, and not as a unit's 文件
    return OfficialDocument(
        title=content["title"],
        issuers=(content["issuer"],),
        addressee="" if public else content["addressee"],
        suffix="" if public else OfficialDocument.suffix,
        number=report.number,
        dated=day or timezone.localdate(report.drafted_at),
        copies_to=tuple(content["copies_to"]),
        printed_by=content["printing_unit"],
        printed_on=day,
        draft=not issued,
        keywords=("托育服务", "自评" if report.kind == Kind.SELF else "督查"),
    )


def html_of(report: Report) -> str:
    """The whole document; the same report gives the same HTML."""
    content = report.content
    if report.kind == Kind.SELF:
        return render_to_string("official/self_report.html", {"document": document_of(report), "c": content})
    made = [
        (line["name"], round(100 * line["made"] / line["drawn"], 1))
        for line in content["streets"]
        if line["drawn"]
    ]
    path = [(point["label"], point["value"]) for point in content["path"]]
    context = {
        "document": document_of(report),
        "c": content,
        "made_rows": made,
        "weight_rows": [(w["label"], w["count"]) for w in content["findings"]],
        "path_rows": path if any(value is not None for _label, value in path) else [],
    }
    return render_to_string("official/monthly.html", context)


def print_report(report: Report, *, actor: Actor) -> Report:
    """Sets the PDF of the report as it stands and keeps it; once set it stays until the draft changes."""
    report = locked(report)
    if report.file_id is not None:
        return report
    body = pdf.render(html_of(report), duplex=True)
    name = f"{report.kind}-{report.period.code}-{'issued' if report.number else 'draft'}.pdf"
    stored = store_file(ContentFile(body, name=name), actor=actor)
    report.file, report.sha256 = stored, hashlib.sha256(body).hexdigest()
    report.save(update_fields=["file", "sha256"])
    audit.record(
        "targets.report.print", report, actor=actor, changes={"sha256": report.sha256}, name=name_of(report)
    )
    return report


def due_day(ends_on: date, day: int) -> date:
    """The day of the month after its period on which the report should lie before the head."""
    return (ends_on + timedelta(days=1)).replace(day=min(day, 28))


def due_now(on: date) -> list[tuple[str, str]]:
    """(kind, code) of what a worker drafts beside the month: the last quarter in the month after it, the last year and
    its self-report until the end of March. Only kinds for which the district has said how it issues them, and periods
    of which there are records."""
    year, quarter = quarter_of(on)
    found = []
    if on.month % 3 == 1:
        last = Period.quarter(year, quarter - 1) if quarter > 1 else Period.quarter(year - 1, 4)
        found.append((Kind.QUARTERLY, last))
    if quarter == 1:
        found += [(Kind.YEARLY, Period.year(year - 1)), (Kind.SELF, Period.year(year - 1))]
    set_up = set(ReportSetting.objects.values_list("kind", flat=True))
    since = first_records.begin()
    return [
        (str(kind), period.code)
        for kind, period in found
        if kind in set_up and not first_records.before(period, since)
    ]


def lacking(found: Iterable[Report], *, on: date) -> list[tuple[str, str, str]]:
    """(kind, code, name) of the quarters, years and self-reports that could be drafted and are not there: of the
    present and the one before, if there are records of it."""
    have = {(report.kind, report.starts_on) for report in found}
    year, quarter = quarter_of(on)
    before = (year, quarter - 1) if quarter > 1 else (year - 1, 4)
    quarters = [Period.quarter(*before), Period.quarter(year, quarter)]
    years = [Period.year(year - 1), Period.year(year)]
    wanted = [(Kind.QUARTERLY, one) for one in quarters]
    wanted += [(kind, one) for kind in (Kind.YEARLY, Kind.SELF) for one in years]
    since = first_records.begin()
    return [
        (str(kind), one.code, name_of(Report(kind=kind, starts_on=one.starts_on)))
        for kind, one in wanted
        if (kind, one.starts_on) not in have and not first_records.before(one, since)
    ]
