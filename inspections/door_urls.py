"""The visit's code, below /visit/: without sign-in, in the scope of the district in the address."""

from django.urls import path

from inspections.views import visit_codes

urlpatterns = [
    path("<slug:district>/<str:token>/", visit_codes.door, name="visit-door"),
    path("<slug:district>/<str:token>/rate/", visit_codes.door_rate, name="visit-door-rate"),
    path("<slug:district>/<str:token>/recusal/", visit_codes.door_recusal, name="visit-door-recusal"),
    path(
        "<slug:district>/<str:token>/licences/<int:inspector>/",
        visit_codes.door_licence,
        name="visit-door-licence",
    ),
]
