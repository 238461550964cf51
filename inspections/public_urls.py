"""Pages without sign-in, below /public/."""

from django.urls import path

from inspections.views import public

urlpatterns = [
    path("", public.front, name="public"),
    path("<slug:district>/draws/", public.draw_log, name="public-draws"),
    path("<slug:district>/draws/<slug:scheme>/<int:year>/<int:month>/", public.draw_page, name="public-draw"),
    path("<slug:district>/draws/files/<int:pk>/", public.record_file, name="public-record"),
]
