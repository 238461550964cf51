"""Pages of cameras, alarm buttons and the watch list within a district."""

from django.urls import path

from inspections.views import devices, watch

urlpatterns = [
    path("video/", devices.outages, name="outages"),
    path("video/devices/", devices.devices, name="devices"),
    path("video/devices/new/", devices.device_new, name="device-new"),
    path("video/devices/<int:pk>/", devices.device, name="device"),
    path("video/devices/<int:pk>/edit/", devices.device_edit, name="device-edit"),
    path("video/player/", devices.video_player, name="video-player"),
    path("video/weeks/", watch.watches, name="watches"),
    path("video/weeks/draw/", watch.watch_draw, name="watch-draw"),
    path("video/weeks/<int:pk>/", watch.watch, name="watch"),
    path("video/weeks/<int:pk>/slots/<int:slot>/", watch.watch_slot, name="watch-slot"),
    path("video/weeks/<int:pk>/slots/<int:slot>/follow/", watch.watch_follow, name="watch-follow"),
]
