"""The report (通报) of a year's supervision: drafted from the final scores, edited, issued by somebody else."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

from django.core.files.base import ContentFile
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import pdf
from portal.access import Actor
from portal.celery import app
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.rules.official import OfficialDocument, document_number
from portal.services import audit, numbers
from portal.services.files import store_file
from portal.services.steps import step
from targets.models.reports import ReportSetting
from targets.models.supervision import SupervisionAnswer, SupervisionReport, SupervisionRound
from targets.rules import supervision as rules
from targets.rules import supervision_words as words
from targets.services.supervision import said
from targets.services.supervision_cases import ranking, sums

MOST_LOSSES = 5


def setting_of() -> ReportSetting:
    found = ReportSetting.objects.filter(kind=ReportSetting.Kind.SUPERVISION).first()
    if found is None:
        raise NotFound(_("本区还没有设置年度督查通报的发文机关、主送和文号"), code="report_setting")
    return found


def locked(report: SupervisionReport, version: int | None = None) -> SupervisionReport:
    report = (
        SupervisionReport.objects.select_for_update(of=("self",)).select_related("round").get(pk=report.pk)
    )
    if version is not None and report.version != version:
        raise Conflict(_("通报刚被改过。刷新后看最新的"), code="stale")
    return report


def next_state(report: SupervisionReport, action: str) -> str:
    issued = None
    if report.state == "issued":
        issued = Conflict(
            _("通报已印发（%(number)s），内容不再改动") % {"number": report.number}, code="issued"
        )
    return step(rules.NOTICE, report, action, issued)


def line(case) -> dict:
    return {
        "name": case.unit.name,
        "rank": case.rank,
        "score": None if case.score is None else str(case.score),
        "sums": sums(case),
    }


def gather(row: SupervisionRound) -> dict:
    """All that the template prints; the same scores give the same content."""
    setting = setting_of()
    streets, departments = ranking(row)
    clause = row.clause
    content = {
        "title": setting.title.format(year=row.year, month="", quarter=""),
        "issuer": setting.issuer,
        "addressee": setting.addressee,
        "copies_to": [name for name in setting.copies_to.split("；") if name],
        "printing_unit": setting.printing_unit,
        "word": setting.number_word,
        "year": row.year,
        "questions": row.questions.filter(dropped="").count(),
        "reviewers": list(row.reviewers.values_list("unit__name", flat=True)),
        "streets": [line(one) for one in streets],
        "departments": [line(one) for one in departments],
        "losses": losses(row),
        "method": words.method(row.terms["weights"]),
        "sha256": row.sha256,
    }
    basis = f"《{clause.document.title}》{clause.label}" if clause else ""  # content
    content["sections"] = [
        {"title": title, "paragraphs": paragraphs}
        for title, paragraphs in zip(words.HEADINGS, words.lines(row.year, basis, content), strict=True)
    ]
    return content


def losses(row: SupervisionRound) -> list[dict]:
    """The questions with the lowest share of points reached, full ones left out."""
    by_question: dict[int, dict] = {}
    answers = SupervisionAnswer.objects.filter(case__round=row).select_related("question")
    for one in answers.prefetch_related("marks").order_by("question__position", "pk"):
        points = rules.reached(rules.Mark(m.place, m.points) for m in one.marks.all())
        if points is None:
            continue
        told = by_question.setdefault(
            one.question_id, {"text": str(one.question), "units": 0, "asked": 0, "reached": Fraction(0)}
        )
        told["units"] += 1
        told["asked"] += one.question.points
        told["reached"] += points
    found = sorted(by_question.values(), key=lambda told: told["reached"] / told["asked"])
    return [
        told | {"text": told["text"].rstrip("。"), "reached": rules.plain(told["reached"])}
        for told in found
        if told["reached"] < told["asked"]
    ][:MOST_LOSSES]


def wrote(report: SupervisionReport, actor: Actor) -> None:
    if actor.user is not None and actor.user.pk not in report.writers:
        report.writers = [*report.writers, actor.user.pk]


@transaction.atomic
def draft(row: SupervisionRound, *, actor: Actor, now: datetime | None = None) -> SupervisionReport:
    """The draft of the report of a final round; the one that is there when asked again. Conflict before it is final."""
    actor.demand(rules.KEEP)
    row = SupervisionRound.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if row.state != "final":
        raise Conflict(_("%(name)s还没有定下结果，定了再起草通报") % {"name": row}, code="early")
    found = row.reports.first()
    if found is not None:
        return found
    report = SupervisionReport(round=row, content=gather(row), drafted_at=now or timezone.now())
    wrote(report, actor)
    report.save()
    audit.record("targets.supervision_report.draft", report, actor=actor, name=str(report))
    print_later(report, actor)
    return report


@transaction.atomic
def edit(report: SupervisionReport, texts: Sequence[str], *, version: int, actor: Actor) -> SupervisionReport:
    """Other words for each part; the tables stay what was counted."""
    actor.demand(rules.KEEP)
    report = locked(report, version)
    report.state = next_state(report, "edit")
    sections = report.content["sections"]
    errors = {}
    for place, (section, text) in enumerate(zip(sections, texts, strict=True)):
        if not rules.fits(text.strip(), rules.PARAGRAPH):
            errors[f"part-{place}"] = said("paragraph")
        section["paragraphs"] = [one.strip() for one in text.splitlines() if one.strip()]
    if errors:
        field, sentence = next(iter(errors.items()))
        raise Refused(sentence, field=field, code="paragraph", errors=errors)
    wrote(report, actor)
    report.version += 1
    report.file, report.sha256 = None, ""
    report.save()
    audit.record("targets.supervision_report.edit", report, actor=actor, name=str(report))
    print_later(report, actor)
    return report


@transaction.atomic
def issue(
    report: SupervisionReport, *, version: int, actor: Actor, now: datetime | None = None
) -> SupervisionReport:
    """Number, day and text for good. Denied for everybody who wrote at it."""
    actor.demand(rules.CONFIRM)
    report, now = locked(report, version), now or timezone.now()
    state = next_state(report, "issue")
    if actor.user is not None and actor.user.pk in report.writers:
        raise Denied(_("起草和印发要两个人：这份稿子你写过，由另一个人印发"), code="second_person")
    day, word = timezone.localdate(now), report.content["word"]
    report.state = state
    report.number = document_number(word, day.year, numbers.next_number(f"{word} {day.year}"))
    report.issued_at, report.issued_by = now, actor.user
    report.file, report.sha256 = None, ""
    report.version += 1
    report.save()
    audit.record(
        "targets.supervision_report.issue", report, actor=actor, name=str(report),
        changes={"number": report.number},
    )  # fmt: skip
    print_later(report, actor)
    return report


def print_later(report: SupervisionReport, actor: Actor) -> None:
    names = [actor.district.pk, report.pk]
    transaction.on_commit(lambda: app.send_task("targets.print_supervision", args=names))


def html_of(report: SupervisionReport) -> str:
    """The whole document; the same report gives the same HTML. Until it is issued it says 送审稿."""
    content, issued = report.content, report.state == "issued"
    day = timezone.localdate(report.issued_at) if issued else None
    document = OfficialDocument(
        title=content["title"],
        issuers=(content["issuer"],),
        addressee=content["addressee"],
        number=report.number,
        dated=day or timezone.localdate(report.drafted_at),
        copies_to=tuple(content["copies_to"]),
        printed_by=content["printing_unit"],
        printed_on=day,
        draft=not issued,
        keywords=("托育服务", "年度督查"),  # content
    )
    return render_to_string("official/supervision.html", {"document": document, "c": content})


@transaction.atomic
def print_report(report: SupervisionReport, *, actor: Actor) -> SupervisionReport:
    """Sets the PDF and keeps it with its hash; once set it stays until the text changes."""
    report = locked(report)
    if report.file_id is not None:
        return report
    body = pdf.render(html_of(report), duplex=True)
    name = f"supervision-{report.content['year']}.pdf"
    report.file = store_file(ContentFile(body, name=name), actor=actor)
    report.sha256 = hashlib.sha256(body).hexdigest()
    report.save(update_fields=["file", "sha256"])
    audit.record(
        "targets.supervision_report.print", report, actor=actor, name=str(report),
        changes={"sha256": report.sha256},
    )  # fmt: skip
    return report
