"""Resources without an account, below /resource/: a message's link, files, subscribing and opting out."""

from django.urls import path

from guidance.views import resource_door

urlpatterns = [
    path("<slug:district>/subscribe/", resource_door.subscribe, name="resource-subscribe"),
    path("<slug:district>/stop/", resource_door.stop, name="resource-stop"),
    path("<slug:district>/my/<str:token>/", resource_door.own, name="resource-own"),
    path("<slug:district>/my/<str:token>/stop/", resource_door.own_stop, name="resource-own-stop"),
    path("<slug:district>/<slug:code>/", resource_door.opened, name="resource-open"),
    path("<slug:district>/<slug:code>/file/", resource_door.file_of, name="resource-file"),
]
