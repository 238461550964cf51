"""Pages of the register without sign-in, below /public/."""

from django.urls import path

from facilities.views import attendance, credit, public_notices

urlpatterns = [
    path("notices/", public_notices.lookup, name="public-notices"),
    path("notices/<slug:code>/", public_notices.notice, name="public-notice"),
    path("<slug:district>/credit/", credit.public_credit, name="public-credit"),
    path("<slug:district>/training/<str:code>/", attendance.verify, name="public-certificate"),
]
