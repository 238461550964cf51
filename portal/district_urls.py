"""Pages of portal within a district."""

from django.urls import path

from portal import views

urlpatterns = [
    path("", views.today, name="today"),
]
