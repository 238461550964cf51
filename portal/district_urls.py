"""Pages of portal within a district."""

from django.urls import path

from portal.views import today

urlpatterns = [
    path("", today.today, name="today"),
]
