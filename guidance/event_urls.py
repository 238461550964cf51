"""Signing up for events without an account, below /event/."""

from django.urls import path

from guidance.views import event_door

urlpatterns = [
    path("<slug:district>/<int:pk>/", event_door.join, name="event-join"),
    path("<slug:district>/my/<str:token>/", event_door.own, name="event-own"),
    path("<slug:district>/my/<str:token>/cancel/", event_door.own_cancel, name="event-own-cancel"),
    path("<slug:district>/my/<str:token>/rate/", event_door.own_rate, name="event-own-rate"),
]
