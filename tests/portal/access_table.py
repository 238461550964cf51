"""The table of access: every URL with every method, see tests/portal/access/rows.py."""

from __future__ import annotations

from tests.portal.access.api import API
from tests.portal.access.facilities import FACILITIES
from tests.portal.access.families import FAMILIES
from tests.portal.access.filings import FILINGS
from tests.portal.access.inspections import INSPECTIONS
from tests.portal.access.portal import PORTAL
from tests.portal.access.residents import RESIDENTS
from tests.portal.access.rows import Open, Rest, Row
from tests.portal.access.targets import REPORTS, TARGETS

TABLE: list[Row | Open | Rest] = [
    *PORTAL,
    *FACILITIES,
    *FILINGS,
    *RESIDENTS,
    *FAMILIES,
    *INSPECTIONS,
    *TARGETS,
    *REPORTS,
    *API,
]
