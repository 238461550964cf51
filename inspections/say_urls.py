"""Complaints without sign-in, below /voice/."""

from django.urls import path

from inspections.views import voice

urlpatterns = [
    path("", voice.front, name="voice-front"),
    path("<slug:district>/", voice.voice, name="voice"),
    path("<slug:district>/status/", voice.status, name="voice-status"),
]
