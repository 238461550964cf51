"""Django looks here for the app's models."""

from facilities.models.facilities import Facility, FacilityGrant, FacilityTransition, Kindergarten
from facilities.models.people import Certificate, Employment, RecordCheck, StaffMember, TrainingRecord

__all__ = [
    "Certificate",
    "Employment",
    "Facility",
    "FacilityGrant",
    "FacilityTransition",
    "Kindergarten",
    "RecordCheck",
    "StaffMember",
    "TrainingRecord",
]
