"""The sheet of all parts."""

from django.urls import path

from portal import design

urlpatterns = [path("", design.sheet, name="design")]
