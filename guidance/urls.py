"""Pages of guidance within a district."""

from django.urls import path

from guidance.views import events, newborns, places, services

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
    path("guidance/events/", events.events, name="guidance-events"),
    path("guidance/events/new/", events.event_new, name="guidance-event-new"),
    path("guidance/events/<int:pk>/", events.event, name="guidance-event"),
    path("guidance/events/<int:pk>/edit/", events.event_edit, name="guidance-event-edit"),
    path("guidance/events/<int:pk>/announce/", events.event_announce, name="guidance-event-announce"),
    path("guidance/events/<int:pk>/cancel/", events.event_cancel, name="guidance-event-cancel"),
    path("guidance/events/<int:pk>/finish/", events.event_finish, name="guidance-event-finish"),
    path("guidance/events/<int:pk>/sheet/", events.event_sheet, name="guidance-event-sheet"),
    path("guidance/events/<int:pk>/door/", events.event_door, name="guidance-event-door"),
    path("guidance/events/<int:pk>/walk-in/", events.event_walk_in, name="guidance-event-walk-in"),
    path("guidance/events/<int:pk>/photos/", events.event_photo_add, name="guidance-event-photo-add"),
    path("guidance/events/<int:pk>/photos/<int:photo>/", events.event_photo, name="guidance-event-photo"),
    path(
        "guidance/events/<int:pk>/photos/<int:photo>/remove/",
        events.event_photo_remove,
        name="guidance-event-photo-remove",
    ),
    path(
        "guidance/events/<int:pk>/signups/<int:signup>/phone/",
        events.event_phone,
        name="guidance-event-phone",
    ),
    path(
        "guidance/events/<int:pk>/signups/<int:signup>/undo/", events.event_undo, name="guidance-event-undo"
    ),
    path("guidance/newborns/", newborns.newborns, name="newborns"),
    path("guidance/newborns/new/", newborns.newborn_new, name="newborn-new"),
    path("guidance/newborns/<int:pk>/", newborns.newborn, name="newborn"),
    path("guidance/newborns/<int:pk>/edit/", newborns.newborn_edit, name="newborn-edit"),
    path("guidance/newborns/<int:pk>/visit/", newborns.newborn_visit, name="newborn-visit"),
    path("guidance/births/", newborns.births, name="births"),
    path("guidance/births/new/", newborns.births_new, name="births-new"),
    path("guidance/births/<int:pk>/", newborns.births_month, name="births-month"),
]
