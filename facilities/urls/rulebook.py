"""Pages of the rulebook within a district."""

from django.urls import path

from facilities.views import rulebook

urlpatterns = [
    path("rulebook/", rulebook.rulebook, name="rulebook"),
    path("rulebook/streets/", rulebook.streets, name="rulebook-streets"),
    path("rulebook/streets/<int:pk>/", rulebook.street, name="rulebook-street"),
    path("rulebook/card/", rulebook.card, name="rulebook-card"),
    path("rulebook/rules/<slug:key>/", rulebook.rule, name="rule"),
    path("facilities/<int:pk>/rules/", rulebook.facility_rules, name="facility-rules"),
]
