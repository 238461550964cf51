"""Rows of the city's pages over all districts."""

from __future__ import annotations

from tests.portal.access.rows import CityRow

CITY = [
    CityRow("city-comparison", "GET", "city.view"),
    CityRow("city-comparison-file", "GET", "city.view"),
    CityRow("city-glance", "GET", "city.view"),
    CityRow("city-figure", "GET", "city.view", make=lambda p: {"key": "yearly_visit"}),
    CityRow("city-targets", "GET", "city.view"),
    CityRow("city-targets-file", "GET", "city.view"),
    CityRow("districts", "GET", "district.open"),
    CityRow("district-new", "GET", "district.open"),
    CityRow("district-new", "POST", "district.open"),
    CityRow("district-again", "POST", "district.open", make=lambda p: {"pk": p.district.pk}),
    CityRow("city-target", "GET", "city.view", make=lambda p: {"pk": p.district.pk}),
]
