"""The joint conference."""

from django.urls import path

from targets.views import conference_minutes as minutes
from targets.views import conferences as views

urlpatterns = [
    path("conferences/", views.conference_list, name="conferences"),
    path("conferences/new/", views.conference_new, name="conference-new"),
    path("conferences/<int:pk>/", views.conference, name="conference"),
    path("conferences/<int:pk>/edit/", views.conference_edit, name="conference-edit"),
    path("conferences/<int:pk>/step/", views.conference_step, name="conference-step"),
    path("conferences/<int:pk>/items/new/", views.item_new, name="conference-item-new"),
    path("conferences/<int:pk>/items/propose/", views.item_propose, name="conference-propose"),
    path("conferences/<int:pk>/attendance/", minutes.attendance, name="conference-attendance"),
    path("conferences/items/<int:pk>/edit/", views.item_edit, name="conference-item-edit"),
    path("conferences/items/<int:pk>/step/", views.item_step, name="conference-item-step"),
    path("conferences/items/<int:pk>/text/", minutes.item_text, name="conference-item-text"),
    path("conferences/items/<int:pk>/decisions/new/", minutes.decision_new, name="decision-new"),
    path("conferences/decisions/<int:pk>/edit/", minutes.decision_edit, name="decision-edit"),
    path("conferences/decisions/<int:pk>/step/", minutes.decision_step, name="decision-step"),
    path("conferences/papers/<int:pk>/", views.paper, name="conference-paper"),
    path("conferences/minutes/<int:pk>/", minutes.minutes_pdf, name="conference-minutes"),
]
