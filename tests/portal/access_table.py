"""The table of access: every URL with every method, see tests/portal/access/rows.py."""

from __future__ import annotations

from tests.portal.access.api import API
from tests.portal.access.attestations import ATTESTATIONS
from tests.portal.access.campaigns import CAMPAIGNS
from tests.portal.access.checklists import DRAFTS
from tests.portal.access.city import CITY
from tests.portal.access.conferences import CONFERENCES
from tests.portal.access.devices import DEVICES
from tests.portal.access.documents import DOCUMENTS
from tests.portal.access.evaluations import EVALUATIONS
from tests.portal.access.events import EVENTS
from tests.portal.access.facilities import FACILITIES
from tests.portal.access.families import FAMILIES
from tests.portal.access.field import FIELD
from tests.portal.access.filings import FILINGS
from tests.portal.access.grades import GRADES
from tests.portal.access.guidance import GUIDANCE
from tests.portal.access.inspections import INSPECTIONS
from tests.portal.access.inspectors import INSPECTORS
from tests.portal.access.joint import JOINT
from tests.portal.access.matters import MATTERS
from tests.portal.access.naming import NAMING
from tests.portal.access.plans import PLANS
from tests.portal.access.portal import PORTAL
from tests.portal.access.recusals import RECUSALS
from tests.portal.access.residents import RESIDENTS
from tests.portal.access.resources import RESOURCES
from tests.portal.access.results import RESULTS
from tests.portal.access.rows import Open, Rest, Row
from tests.portal.access.subsidies import SUBSIDIES
from tests.portal.access.supervision import SUPERVISION
from tests.portal.access.targets import REPORTS, TARGETS
from tests.portal.access.voices import VOICES

TABLE: list[Row | Open | Rest] = [
    *PORTAL,
    *FACILITIES,
    *FILINGS,
    *RESIDENTS,
    *FAMILIES,
    *INSPECTIONS,
    *INSPECTORS,
    *GRADES,
    *VOICES,
    *RESULTS,
    *RECUSALS,
    *MATTERS,
    *DRAFTS,
    *PLANS,
    *DEVICES,
    *FIELD,
    *EVALUATIONS,
    *JOINT,
    *CAMPAIGNS,
    *GUIDANCE,
    *EVENTS,
    *RESOURCES,
    *DOCUMENTS,
    *TARGETS,
    *ATTESTATIONS,
    *CONFERENCES,
    *SUPERVISION,
    *SUBSIDIES,
    *NAMING,
    *REPORTS,
    *CITY,
    *API,
]
