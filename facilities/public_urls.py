"""What the register shows without sign-in, below /public/."""

from django.urls import path

from facilities.views import attendance

urlpatterns = [
    path("<slug:district>/training/<str:code>/", attendance.verify, name="public-certificate"),
]
