"""Pages of guidance within a district."""

from django.urls import path

from guidance.views import newborns, places, services

urlpatterns = [
    path("guidance/", places.places, name="guidance-places"),
    path("guidance/places/new/", places.place_new, name="guidance-place-new"),
    path("guidance/places/<int:pk>/", places.place, name="guidance-place"),
    path("guidance/places/<int:pk>/edit/", places.place_edit, name="guidance-place-edit"),
    path("guidance/children/", services.children, name="guided-children"),
    path("guidance/children/new/", services.child_new, name="guided-new"),
    path("guidance/children/<int:pk>/", services.child, name="guided-child"),
    path("guidance/children/<int:pk>/end/", services.child_end, name="guided-end"),
    path("guidance/sessions/", services.sessions, name="guidance-sessions"),
    path("guidance/sessions/new/", services.session_new, name="guidance-session-new"),
    path("guidance/sessions/<int:pk>/", services.session, name="guidance-session"),
    path("guidance/sessions/<int:pk>/strike/", services.session_strike, name="guidance-session-strike"),
    path("guidance/newborns/", newborns.newborns, name="newborns"),
    path("guidance/newborns/new/", newborns.newborn_new, name="newborn-new"),
    path("guidance/newborns/<int:pk>/", newborns.newborn, name="newborn"),
    path("guidance/newborns/<int:pk>/edit/", newborns.newborn_edit, name="newborn-edit"),
    path("guidance/newborns/<int:pk>/visit/", newborns.newborn_visit, name="newborn-visit"),
    path("guidance/births/", newborns.births, name="births"),
    path("guidance/births/new/", newborns.births_new, name="births-new"),
    path("guidance/births/<int:pk>/", newborns.births_month, name="births-month"),
]
