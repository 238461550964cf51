"""Django looks here for the app's models."""

from facilities.models.classes import CareClass
from facilities.models.facilities import Facility, FacilityGrant, FacilityTransition, Kindergarten
from facilities.models.operators import Operator
from facilities.models.papers import Fee, FeeNotice, Insurance, Menu
from facilities.models.passport import Ban, BanDecision, HandOver, HandOverGiven
from facilities.models.people import Certificate, Employment, RecordCheck, StaffMember, TrainingRecord
from facilities.models.premises import Premises, PremisesArea
from facilities.models.proposals import Proposal
from facilities.models.residents import Population
from facilities.models.rulebook import Rule, RulebookDay, Verdict

__all__ = [
    "Ban",
    "BanDecision",
    "CareClass",
    "Certificate",
    "Employment",
    "Facility",
    "FacilityGrant",
    "FacilityTransition",
    "Fee",
    "FeeNotice",
    "HandOver",
    "HandOverGiven",
    "Insurance",
    "Kindergarten",
    "Menu",
    "Operator",
    "Population",
    "Premises",
    "PremisesArea",
    "Proposal",
    "RecordCheck",
    "Rule",
    "RulebookDay",
    "StaffMember",
    "TrainingRecord",
    "Verdict",
]
