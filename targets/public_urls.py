"""Pages of targets without sign-in, below /public/."""

from django.urls import path

from targets.views import public_reports

urlpatterns = [
    path("<slug:district>/self-reports/", public_reports.self_reports, name="public-self-reports"),
    path("<slug:district>/self-reports/<int:year>/", public_reports.self_report, name="public-self-report"),
    path(
        "<slug:district>/self-reports/<int:year>/report.pdf",
        public_reports.self_report_pdf,
        name="public-self-report-pdf",
    ),
]
