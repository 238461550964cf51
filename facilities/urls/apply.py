"""Asking for an account, below /apply/: without sign-in, in the scope of the district in the address."""

from django.urls import path

from facilities.views import applicants

urlpatterns = [
    path("", applicants.front, name="apply-front"),
    path("<slug:district>/", applicants.apply, name="apply"),
    path("<slug:district>/<str:token>/", applicants.status, name="apply-status"),
]
