"""The month's report (督查报告): a draft that follows the figures, issued by a second person, then fixed for good."""

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
from portal.errors import Conflict, Denied, NotFound
from portal.rules.official import OfficialDocument, document_number
from portal.services import audit, numbers
from portal.services.files import store_file
from portal.services.steps import step
from portal.templatetags.ui import day_words, month_word
from targets.models.reports import Report, ReportSetting
from targets.rules.states import REPORT
from targets.services import report_content, rollup

MONTHLY = ReportSetting.Kind.MONTHLY


def name_of(report: Report) -> str:
    return _("%(y)d年%(m)s月督查报告") % {"y": report.year, "m": month_word(report.month)}


def setting_of(kind: str) -> ReportSetting:
    """NotFound where the district has not said how it issues this kind."""
    found = ReportSetting.objects.filter(kind=kind).first()
    if found is None:
        raise NotFound(_("本区还没有设置月度督查报告的发文机关、主送和文号"), code="report_setting")
    return found


def next_state(report: Report, action: str) -> str:
    issued = Conflict(
        _("%(name)s已印发（%(number)s），内容不再改动") % {"name": name_of(report), "number": report.number},
        code="issued",
    )
    return step(REPORT, report, action, issued)


def locked(report: Report) -> Report:
    return Report.objects.select_for_update(of=("self",)).select_related("snapshot").get(pk=report.pk)


def lock(year: int, month: int, actor: Actor) -> None:
    """One drafting of a month at a time; held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"report {actor.district.pk} {year} {month}"],
        )


def draft_report(year: int, month: int, *, actor: Actor, now: datetime | None = None) -> Report:
    """The month's draft on the newest figures: made, or brought up to date; an issued report as it is.

    Raises Refused for a month that is none or has not begun, NotFound without the district's setting.
    """
    actor.demand("report.draft")
    now = now or timezone.now()
    period = rollup.period_of(year, month, on=timezone.localdate(now))
    setting = setting_of(MONTHLY)
    lock(year, month, actor)
    report = Report.objects.filter(kind=MONTHLY, year=year, month=month).first()
    if report is not None and report.state == "issued":
        return report
    snapshot = rollup.roll_up(period, actor=actor, now=now)
    content = report_content.gather(snapshot, district=actor.district, setting=setting)
    if report is None:
        report = Report.objects.create(
            kind=MONTHLY,
            year=year,
            month=month,
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
    have = {(report.year, report.month) for report in found}
    firsts = [on.replace(day=1)]
    while len(firsts) < back:
        firsts.append((firsts[-1] - timedelta(days=1)).replace(day=1))
    wanted = [day for day in firsts if (day.year, day.month) not in have]
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
    return draft_report(report.year, report.month, actor=actor, now=now)


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
            _("%(m)s 月还没有过完，报告的数字只到 %(day)s，月底以后才能印发")
            % {"m": month_word(report.month), "day": day_words(report.as_of)},
            code="month_open",
        )
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


def print_later(report: Report, actor: Actor) -> None:
    """The typesetting is a worker's: it holds the engine and the fonts warm."""
    names = [actor.district.pk, report.pk]
    transaction.on_commit(lambda: app.send_task("targets.print_report", args=names))


def document_of(report: Report) -> OfficialDocument:
    """The frame around the text; a draft has no number and says 送审稿."""
    content, issued = report.content, report.state == "issued"
    day = timezone.localdate(report.issued_at) if issued else None
    return OfficialDocument(
        title=content["title"],
        issuers=(content["issuer"],),
        addressee=content["addressee"],
        number=report.number,
        dated=day or timezone.localdate(report.drafted_at),
        copies_to=tuple(content["copies_to"]),
        printed_by=content["printing_unit"],
        printed_on=day,
        draft=not issued,
        keywords=("托育服务", "督查"),
    )


def html_of(report: Report) -> str:
    """The whole document; the same report gives the same HTML."""
    content = report.content
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
    name = f"{report.year}-{report.month:02d}-{'issued' if report.number else 'draft'}.pdf"
    stored = store_file(ContentFile(body, name=name), actor=actor)
    report.file, report.sha256 = stored, hashlib.sha256(body).hexdigest()
    report.save(update_fields=["file", "sha256"])
    audit.record(
        "targets.report.print", report, actor=actor, changes={"sha256": report.sha256}, name=name_of(report)
    )
    return report


def due_day(year: int, month: int, day: int) -> date:
    """The day of the following month on which the report should lie before the head."""
    return date(year + month // 12, month % 12 + 1, min(day, 28))
