"""Pages of guidance without sign-in, below /public/."""

from django.urls import path

from guidance.views import public, public_events, public_resources

urlpatterns = [
    path("<slug:district>/guidance/", public.public_places, name="public-guidance"),
    path("<slug:district>/guidance/events/", public_events.public_events, name="public-events"),
    path("<slug:district>/guidance/events/<int:pk>/", public_events.public_event, name="public-event"),
    path("<slug:district>/guidance/resources/", public_resources.public_resources, name="public-resources"),
    path(
        "<slug:district>/guidance/resources/<slug:code>/",
        public_resources.public_resource,
        name="public-resource",
    ),
    path("<slug:district>/guidance/nursing/", public_resources.public_nursing, name="public-nursing"),
]
