"""Django looks here for the app's models."""

from facilities.models.facilities import Facility, FacilityGrant, FacilityTransition, Kindergarten
from facilities.models.passport import Ban, BanDecision, HandOver, HandOverGiven
from facilities.models.people import Certificate, Employment, RecordCheck, StaffMember, TrainingRecord

__all__ = [
    "Ban",
    "BanDecision",
    "Certificate",
    "Employment",
    "Facility",
    "FacilityGrant",
    "FacilityTransition",
    "HandOver",
    "HandOverGiven",
    "Kindergarten",
    "RecordCheck",
    "StaffMember",
    "TrainingRecord",
]
