"""Pages of filings within a district."""

from django.urls import path

from facilities.views import applicants, filing_closing, filing_list, filing_review, filings

urlpatterns = [
    path("filings/", filing_list.filing_list, name="filings"),
    path("filings/new/", filing_list.filing_new, name="filing-new"),
    path("filings/applicants/", applicants.applicant_list, name="applicants"),
    path("filings/applicants/<int:pk>/confirm/", applicants.applicant_confirm, name="applicant-confirm"),
    path("filings/applicants/<int:pk>/refuse/", applicants.applicant_refuse, name="applicant-refuse"),
    path("filings/<int:pk>/", filings.filing_page, name="filing"),
    path("filings/<int:pk>/sections/<slug:key>/", filings.filing_section, name="filing-section"),
    path("filings/<int:pk>/answers/<slug:key>/", filings.filing_answer, name="filing-answer"),
    path("filings/<int:pk>/files/<slug:key>/", filings.filing_file, name="filing-file"),
    path("filings/<int:pk>/send/", filings.filing_send, name="filing-send"),
    path("filings/<int:pk>/withdraw/", filings.filing_withdraw, name="filing-withdraw"),
    path("filings/<int:pk>/receive/", filing_review.filing_receive, name="filing-receive"),
    path("filings/<int:pk>/remarks/<slug:key>/", filing_review.filing_remark, name="filing-remark"),
    path("filings/<int:pk>/accept/<slug:key>/", filing_review.filing_accept, name="filing-accept"),
    path("filings/<int:pk>/return/", filing_review.filing_return, name="filing-return"),
    path("filings/<int:pk>/propose/", filing_review.filing_propose, name="filing-propose"),
    path("filings/<int:pk>/decide/", filing_review.filing_decide, name="filing-decide"),
    path("filings/<int:pk>/effect/", filing_review.filing_effect, name="filing-effect"),
    path("filings/<int:pk>/notice/", filing_review.filing_notice, name="filing-notice"),
    path("filings/<int:pk>/notify/", filing_review.filing_notify, name="filing-notify"),
    path("filings/<int:pk>/statements/", filing_review.filing_statement, name="filing-statement"),
    path("filings/<int:pk>/steps/<int:step>/file/", filing_review.filing_step_file, name="filing-step-file"),
    path("filings/<int:pk>/drop/", filing_review.filing_drop, name="filing-drop"),
    path("filings/<int:pk>/children/", filing_closing.filing_children, name="filing-children"),
    path("filing-signatures/<int:pk>/", filing_review.filing_sign, name="filing-sign"),
    path(
        "filing-signatures/<int:pk>/file/", filing_review.filing_signature_file, name="filing-signature-file"
    ),
]
