"""The board of clocks."""

from django.urls import path

from facilities.views import clocks

urlpatterns = [
    path("clocks/", clocks.clocks, name="clocks"),
    path("clocks/summary/", clocks.clocks_summary, name="clocks-summary"),
    path("clocks/card/", clocks.clocks_card, name="clocks-card"),
]
