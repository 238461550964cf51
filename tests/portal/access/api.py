"""Rows of REST."""

from __future__ import annotations

from tests.portal.access.devices import reporting
from tests.portal.access.facilities import of_facility
from tests.portal.access.rows import Rest

API = [
    Rest("api-facilities", "GET", "facilities:read"),
    Rest("api-facility", "GET", "facilities:read", make=of_facility),
    Rest("api-facility-file", "GET", "facilities:read", make=of_facility),
    Rest("api-facility-changes", "GET", "facilities:read", make=of_facility),
    Rest("api-city-comparison", "GET", "city:read", of_city=True),
    Rest("api-city-targets", "GET", "city:read", of_city=True),
    Rest("api-clocks", "GET", "clocks:read"),
    Rest("api-drills", "GET", "emergency:read"),
    Rest("api-emergency-plans", "GET", "emergency:read"),
    Rest("api-filings", "GET", "facilities:read"),
    Rest("api-credit", "GET", "credit:read"),
    Rest("api-dossier", "GET", "dossier:read", make=of_facility),
    Rest("api-operators", "GET", "facilities:read"),
    Rest("api-proposals", "GET", "facilities:read"),
    Rest("api-staff", "GET", "staff:read"),
    Rest("api-kindergartens", "GET", "facilities:read"),
    Rest("api-courses", "GET", "training:read"),
    Rest("api-trainers", "GET", "training:read"),
    Rest("api-training-sessions", "GET", "training:read"),
    Rest("api-training-hours", "GET", "training:read"),
    Rest("api-residents", "GET", "residents:read"),
    Rest("api-supply", "GET", "residents:read"),
    Rest("api-rulebook", "GET", "rulebook:read"),
    Rest("api-verdicts", "GET", "rulebook:read"),
    Rest("api-neighbourhoods", "GET", "residents:read"),
    Rest("api-sites", "GET", "sites:read"),
    Rest("api-care-sessions", "GET", "sites:read"),
    Rest("api-inspections", "GET", "results:read"),
    Rest("api-grades", "GET", "inspections:read"),
    Rest("api-devices", "GET", "devices:read"),
    Rest("api-device-reports", "POST", "devices:report", make=reporting),
    Rest("api-guidance-places", "GET", "guidance:read"),
    Rest("api-guidance-events", "GET", "guidance:read"),
    Rest("api-guidance-sessions", "GET", "guidance:read"),
    Rest("api-births", "GET", "guidance:read"),
    Rest("api-targets", "GET", "targets:read"),
    Rest("api-forecasts", "GET", "targets:read"),
    Rest("api-documents", "GET", "documents:read"),
    Rest("api-document", "GET", "documents:read", make=lambda p: {"key": "own"}),
    Rest("api-tasks", "GET", "tasks:read"),
    Rest("api-units", "GET", "tasks:read"),
    Rest("api-what-if", "GET", "residents:read"),
]
