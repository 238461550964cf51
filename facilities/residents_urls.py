"""Pages on residents, places against them, the forecast."""

from django.urls import path

from facilities.views import residents, supply, tiles

urlpatterns = [
    path("supply/", supply.supply, name="supply"),
    path("supply/forecast/", supply.forecast, name="forecast"),
    path("supply/tiles/", tiles.street_tiles, name="street-tiles"),
    path("residents/", residents.residents, name="residents"),
    path("residents/<int:pk>/", residents.residents_street, name="residents-street"),
    path("residents/<int:pk>/<int:year>/", residents.residents_year, name="residents-year"),
    path("residents/<int:pk>/<int:year>/decide/", residents.residents_decide, name="residents-decide"),
]
