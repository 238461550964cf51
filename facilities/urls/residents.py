"""Pages on residents, places against them, the forecast, the circle, the map."""

from django.urls import path

from facilities.views import (
    circle,
    kindergartens,
    locations,
    maps,
    neighbourhoods,
    residents,
    supply,
    tiles,
    what_if,
)

urlpatterns = [
    path("supply/", supply.supply, name="supply"),
    path("supply/forecast/", supply.forecast, name="forecast"),
    path("supply/tiles/", tiles.street_tiles, name="street-tiles"),
    path("supply/circle/", circle.circle, name="circle"),
    path("supply/what-if/", what_if.what_if, name="what-if"),
    path("map/", maps.district_map, name="map"),
    path("facilities/<int:pk>/location/", locations.facility_location, name="facility-location"),
    path("neighbourhoods/", neighbourhoods.neighbourhoods, name="neighbourhoods"),
    path("neighbourhoods/new/", neighbourhoods.neighbourhood_new, name="neighbourhood-new"),
    path("neighbourhoods/<int:pk>/", neighbourhoods.neighbourhood_edit, name="neighbourhood"),
    path("neighbourhoods/<int:pk>/end/", neighbourhoods.neighbourhood_end, name="neighbourhood-end"),
    path("kindergartens/", kindergartens.kindergartens, name="kindergartens"),
    path("kindergartens/new/", kindergartens.kindergarten_new, name="kindergarten-new"),
    path("kindergartens/<int:pk>/", kindergartens.kindergarten_edit, name="kindergarten"),
    path("residents/", residents.residents, name="residents"),
    path("residents/<int:pk>/", residents.residents_street, name="residents-street"),
    path("residents/<int:pk>/<int:year>/", residents.residents_year, name="residents-year"),
    path("residents/<int:pk>/<int:year>/decide/", residents.residents_decide, name="residents-decide"),
]
