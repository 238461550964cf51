"""Pages of guidance without sign-in, below /public/."""

from django.urls import path

from guidance.views import public

urlpatterns = [path("<slug:district>/guidance/", public.public_places, name="public-guidance")]
