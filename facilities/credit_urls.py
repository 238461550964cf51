"""Pages of the credit record."""

from django.urls import path

from facilities.views import credit

urlpatterns = [
    path("credit/", credit.credit_list, name="credit"),
    path("credit/<int:pk>/", credit.credit_entry, name="credit-entry"),
    path("credit/<int:pk>/decision/", credit.credit_file, {"field": "file"}, name="credit-file"),
    path("credit/<int:pk>/notice/", credit.credit_file, {"field": "notice_file"}, name="credit-notice"),
    path("credit/requests/<int:pk>/file/", credit.credit_request_file, name="credit-request-file"),
    path("facilities/<int:pk>/credit/new/", credit.credit_new, name="credit-new"),
]
