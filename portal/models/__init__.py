"""Django looks here for the app's models."""

from portal.models.imports import ExportRun, ImportLine, ImportRun, ImportStaged
from portal.models.messages import Message
from portal.models.people import ApiClient, Membership, StreetGrant, User
from portal.models.places import District, Street, Unit, UnitMember
from portal.models.policy import (
    CareMode,
    Clause,
    DocumentVersion,
    Parameter,
    PilotStreet,
    PolicyDocument,
    PolicyRule,
    ShippedFile,
)
from portal.models.records import AuditEntry, Series, StoredFile

__all__ = [
    "ApiClient",
    "AuditEntry",
    "CareMode",
    "Clause",
    "District",
    "DocumentVersion",
    "ExportRun",
    "ImportLine",
    "ImportRun",
    "ImportStaged",
    "Membership",
    "Message",
    "Parameter",
    "PilotStreet",
    "PolicyDocument",
    "PolicyRule",
    "Series",
    "ShippedFile",
    "StoredFile",
    "Street",
    "StreetGrant",
    "Unit",
    "UnitMember",
    "User",
]
