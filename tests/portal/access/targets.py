"""Rows of tasks, targets and reports."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from portal.models.places import Unit
from portal.services.files import path_of
from targets.models import Report, Target
from targets.services import reports, rollup
from tests.portal.access.inspections import but
from tests.portal.access.rows import Open, Row, fresh
from tests.portal.stage import Place


def reporting(place: Place) -> dict:
    place.round()
    return {"pk": place.task().pk, "unit": place.unit.slug}


def deciding(place: Place, **data):
    report = place.report()
    return {"pk": report.pk}, {"version": report.version, **data}


def reminding(place: Place) -> dict:
    place.task()
    return {"pk": place.round().pk}


def opening(place: Place):
    return {}, {"year": timezone.localdate().year, "quarter": 1}


def counted(place: Place) -> int:
    """A counted target of the place's district, whose figures were computed."""
    on = timezone.localdate()
    rollup.roll_up(rollup.period_of(on.year, on.month, on=on), actor=place.process)
    return Target.objects.filter(proof="counted", metric="sites_per_street").current(on).first().pk


def own_figure(place: Place) -> dict:
    counted(place)
    return {"key": "findings_found"}


TARGETS = [
    Row("targets", "GET", "target.view", denied=403),
    Row(
        "targets-roll-up", "POST", "target.roll_up", denied=403,
        make=lambda p: ({}, {"period": f"{timezone.localdate():%Y-%m}"}),
    ),
    Row("targets-glance", "GET", "target.view", denied=403),
    Row("targets-streets", "GET", "target.view", denied=403),
    Row("figure", "GET", "target.view", denied=403, make=own_figure),
    Row(
        "figure-rows", "GET", "target.view", denied=403, then=("inspection.view", 404), make=own_figure,
        but=but(["inspector", "inspector2"], 404),
    ),
    Row("target", "GET", "target.view", denied=403, make=lambda p: {"pk": counted(p)}),
    Row("target-rows", "GET", "target.view", denied=403, make=lambda p: {"pk": counted(p)}),
    Row("tasks", "GET", "task.view", denied=403),
    Row("task", "GET", "task.view", make=lambda p: {"pk": p.task().pk}),
    Row("progress-edit", "GET", "task.view", then=("task.report", 403), beyond=403, make=reporting),
    Row(
        "progress-edit", "POST", "task.view", then=("task.report", 403), beyond=403,
        make=lambda p: (reporting(p), {"percent": 40, "text": "做了一半", "version": 0, "do": "submit"}),
    ),
    Row("progress-accept", "POST", "task.remind", denied=403, make=deciding),
    Row("progress-return", "POST", "task.remind", denied=403, make=lambda p: deciding(p, note="补上数字")),
    Row("progress-file", "GET", "task.view", denied=403, make=lambda p: {"pk": p.progress_file().pk}),
    Row(
        "progress-file", "GET", "task.view", denied=403, then=("task.report", 404), note="draft",
        make=lambda p: {"pk": p.progress_file("draft").pk},
    ),
    Row("units", "GET", "unit.view", denied=403),
    Row("unit", "GET", "unit.view", make=lambda p: {"slug": p.unit.slug}),
    Row("matrix-docx", "GET", "task.view", denied=403),
    Row("rounds", "GET", "task.view", denied=403),
    Row("rounds", "POST", "round.open", denied=403, make=opening),
    Row("round-remind", "POST", "task.remind", denied=403, make=reminding),
]  # fmt: skip


def reported(place: Place) -> Report:
    """The draft of last month's report, drafted by the product."""
    last = timezone.localdate().replace(day=1) - timedelta(days=1)
    return reports.draft_report(last.year, last.month, actor=place.process)


def report_with_file(place: Place) -> dict:
    report = reported(place)
    report.file = place.stored()
    report.save(update_fields=["file"])
    return {"pk": report.pk}


def issuing(place: Place):
    report = reported(place)
    return {"pk": report.pk}, {"seen": report.content["snapshot"]["sha256"]}


def issued(place: Place) -> Report:
    report = reported(place)
    report.state, report.number = "issued", fresh()
    report.save(update_fields=["state", "number"])
    return report


#: A draft is read by whoever drafts or issues it.
DRAFT = {"then": ("report.draft", 404), "but": but(["head"], 200)}


def drafting(place: Place):
    last = timezone.localdate().replace(day=1) - timedelta(days=1)
    return {}, {"what": f"monthly {last:%Y-%m}"}


def setting(place: Place):
    return {"key": "monthly"}, {
        "issuer": "示例机关", "addressee": "各单位", "number_word": "示例督", "printing_unit": "示例机关办公室",
        "title": "{year}年{month}月的通报",
    }  # fmt: skip


def self_report(place: Place) -> dict:
    """The address of an issued self-report."""
    year = timezone.localdate().year
    made = reports.draft("self", str(year), actor=place.process)
    Report.objects.filter(pk=made.pk).update(state="issued", number=fresh(), issued_at=timezone.now())
    return {"district": place.district.slug, "year": year}


def self_report_pdf(place: Place) -> dict:
    """The address of its PDF, as the product set it."""
    address = self_report(place)
    made = Report.objects.get(kind="self", state="issued")
    made.file = place.stored()
    # what lies there is a picture; that it is the issued PDF tests/targets/test_longer_reports.py asks
    path = path_of(made.file)
    path.with_suffix(".pdf").write_bytes(path.read_bytes())
    made.sha256 = made.file.sha256
    made.save(update_fields=["file", "sha256"])
    return address


def collective(place: Place) -> dict:
    made = Unit.objects.create(
        slug=fresh(), name="示例成员单位", kind="other", collective=True, members_known=False
    )
    return {"slug": made.slug}


def joining(place: Place):
    return collective(place), {"members": [place.unit.pk]}


REPORTS = [
    Row("unit-members", "GET", "unit.manage", denied=403, make=collective),
    Row("unit-members", "POST", "unit.manage", denied=403, ok=302, make=joining),
    Row("report-settings", "GET", "report.set", denied=403),
    Row("report-setting", "GET", "report.set", denied=403, make=lambda p: {"key": "monthly"}),
    Row("report-setting", "POST", "report.set", denied=403, ok=302, make=setting),
    Open("public-self-reports", "GET", 200, 200, make=lambda p: {"district": p.district.slug}),
    Open("public-self-report", "GET", 200, 200, make=self_report),
    Open("public-self-report-pdf", "GET", 200, 200, make=self_report_pdf),
    Row("reports", "GET", "report.view", denied=403),
    Row("report-draft", "POST", "report.draft", denied=403, make=drafting),
    Row("report", "GET", "report.view", denied=403, **DRAFT, make=lambda p: {"pk": reported(p).pk}),
    Row("report", "GET", "report.view", denied=403, make=lambda p: {"pk": issued(p).pk}, note="issued"),
    Row("report-docx", "GET", "report.view", denied=403, **DRAFT, make=report_with_file),
    Row("report-pdf", "GET", "report.view", denied=403, **DRAFT, make=report_with_file),
    Row("report-refresh", "POST", "report.draft", denied=403, make=lambda p: {"pk": reported(p).pk}),
    Row("report-issue", "POST", "report.issue", denied=403, make=issuing),
]  # fmt: skip
