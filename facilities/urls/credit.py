"""Pages of the credit record and of a facility's dossier."""

from django.urls import path

from facilities.views import credit, dossier

urlpatterns = [
    path("facilities/<int:pk>/dossier/", dossier.dossier, name="dossier"),
    path("facilities/<int:pk>/dossier/print/", dossier.dossier_print, name="dossier-print"),
    path("dossiers/<int:pk>/", dossier.dossier_run, name="dossier-run"),
    path("dossiers/<int:pk>/file.pdf", dossier.dossier_file, name="dossier-file"),
    path("credit/", credit.credit_list, name="credit"),
    path("credit/<int:pk>/", credit.credit_entry, name="credit-entry"),
    path("credit/<int:pk>/decision/", credit.credit_file, {"field": "file"}, name="credit-file"),
    path("credit/<int:pk>/notice/", credit.credit_file, {"field": "notice_file"}, name="credit-notice"),
    path("credit/requests/<int:pk>/file/", credit.credit_request_file, name="credit-request-file"),
    path("facilities/<int:pk>/credit/new/", credit.credit_new, name="credit-new"),
]
