"""Public notices of the city, without sign-in, below /notice/."""

from django.urls import path

from targets.views import naming_notice

urlpatterns = [
    path("<slug:district>/", naming_notice.notices, name="naming-notices"),
    path("<slug:district>/<int:pk>/", naming_notice.notice, name="naming-notice"),
]
