"""Official reports."""

from django.urls import path

from targets.views import report_settings, reports

urlpatterns = [
    path("reports/", reports.report_list, name="reports"),
    path("reports/draft/", reports.report_draft, name="report-draft"),
    path("reports/settings/", report_settings.setting_list, name="report-settings"),
    path("reports/settings/<slug:key>/", report_settings.setting_form, name="report-setting"),
    path("reports/<int:pk>/", reports.report_page, name="report"),
    path("reports/<int:pk>/report.pdf", reports.report_pdf, name="report-pdf"),
    path("reports/<int:pk>/report.docx", reports.report_docx, name="report-docx"),
    path("reports/<int:pk>/refresh/", reports.report_refresh, name="report-refresh"),
    path("reports/<int:pk>/issue/", reports.report_issue, name="report-issue"),
]
