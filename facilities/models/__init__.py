"""Django looks here for the app's models."""

from facilities.models.applicants import Applicant
from facilities.models.classes import CareClass
from facilities.models.facilities import Facility, FacilityGrant, FacilityTransition, Kindergarten
from facilities.models.filings import (
    Filing,
    FilingAnswer,
    FilingEscalation,
    FilingRemark,
    FilingSection,
    FilingSignature,
    FilingStep,
)
from facilities.models.history import (
    CareClassHistory,
    CertificateHistory,
    EmploymentHistory,
    FacilityHistory,
    FacilityTransitionHistory,
    FeeHistory,
    FeeNoticeHistory,
    InsuranceHistory,
    MenuHistory,
    OperatorHistory,
    PremisesAreaHistory,
    PremisesHistory,
)
from facilities.models.neighbourhoods import Neighbourhood
from facilities.models.notices import Notice
from facilities.models.operators import Operator
from facilities.models.papers import Fee, FeeNotice, Insurance, Menu
from facilities.models.passport import Ban, BanDecision, HandOver, HandOverGiven
from facilities.models.people import Certificate, Employment, RecordCheck, StaffMember, TrainingRecord
from facilities.models.premises import Premises, PremisesArea
from facilities.models.proposals import Proposal
from facilities.models.residents import Population

__all__ = [
    "Applicant",
    "Ban",
    "BanDecision",
    "CareClass",
    "CareClassHistory",
    "Certificate",
    "CertificateHistory",
    "Employment",
    "EmploymentHistory",
    "Facility",
    "FacilityGrant",
    "FacilityHistory",
    "FacilityTransition",
    "FacilityTransitionHistory",
    "Fee",
    "FeeHistory",
    "FeeNotice",
    "FeeNoticeHistory",
    "Filing",
    "FilingAnswer",
    "FilingEscalation",
    "FilingRemark",
    "FilingSection",
    "FilingSignature",
    "FilingStep",
    "HandOver",
    "HandOverGiven",
    "Insurance",
    "InsuranceHistory",
    "Kindergarten",
    "Menu",
    "MenuHistory",
    "Neighbourhood",
    "Notice",
    "Operator",
    "OperatorHistory",
    "Population",
    "Premises",
    "PremisesArea",
    "PremisesAreaHistory",
    "PremisesHistory",
    "Proposal",
    "RecordCheck",
    "StaffMember",
    "TrainingRecord",
]
