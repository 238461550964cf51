"""REST addresses of targets."""

from django.urls import path

from targets.api import TargetsView

urlpatterns = [path("targets/", TargetsView.as_view(), name="api-targets")]
