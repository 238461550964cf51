"""Django looks here for the app's models."""

from facilities.models.accesses import AccessRequest, ChildAccess, ChildDeletion
from facilities.models.applicants import Applicant
from facilities.models.classes import CareClass
from facilities.models.consents import Agreement, AgreementText, Consent, ConsentText
from facilities.models.credit import CreditEntry, CreditRequest
from facilities.models.dossiers import DossierPrint
from facilities.models.emergency import DrillFile, EmergencyDrill, EmergencyPlan
from facilities.models.enrolments import Clinic, Enrolment, HealthCertificate
from facilities.models.facilities import Facility, FacilityGrant, FacilityTransition, Kindergarten
from facilities.models.families import Child, ChildRecord, Kinship, Parent, ParentRecord
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
    EmergencyDrillHistory,
    EmergencyPlanHistory,
    EmploymentHistory,
    FacilityHistory,
    FacilityTransitionHistory,
    FeeHistory,
    FeeNoticeHistory,
    InsuranceHistory,
    MenuHistory,
    OpeningHoursHistory,
    OperatorHistory,
    PermitHistory,
    PremisesAreaHistory,
    PremisesHistory,
    RecordCheckHistory,
    RoomHistory,
    SiteHistory,
    TrainingRecordHistory,
)
from facilities.models.neighbourhoods import Neighbourhood
from facilities.models.notices import Notice
from facilities.models.operators import Operator
from facilities.models.papers import Fee, FeeNotice, Insurance, Menu, Permit
from facilities.models.passport import Ban, BanDecision, HandOver, HandOverGiven
from facilities.models.people import Certificate, Employment, RecordCheck, StaffMember, TrainingRecord
from facilities.models.premises import Premises, PremisesArea
from facilities.models.proposals import Proposal
from facilities.models.residents import Population
from facilities.models.rulebook import Rule, RulebookDay, Verdict
from facilities.models.sites import (
    CareSession,
    LedgerEntry,
    OpeningHours,
    Room,
    Site,
    Volunteer,
    VolunteerCheck,
)
from facilities.models.training import (
    AttendanceCertificate,
    Course,
    Trainer,
    TrainerTraining,
    TrainingSession,
    TrainingSignUp,
)

__all__ = [
    "AccessRequest",
    "Agreement",
    "AgreementText",
    "Applicant",
    "AttendanceCertificate",
    "Ban",
    "BanDecision",
    "CareClass",
    "CareClassHistory",
    "CareSession",
    "Certificate",
    "CertificateHistory",
    "Child",
    "ChildAccess",
    "ChildDeletion",
    "ChildRecord",
    "Clinic",
    "Consent",
    "ConsentText",
    "Course",
    "CreditEntry",
    "CreditRequest",
    "DossierPrint",
    "DrillFile",
    "EmergencyDrill",
    "EmergencyDrillHistory",
    "EmergencyPlan",
    "EmergencyPlanHistory",
    "Employment",
    "EmploymentHistory",
    "Enrolment",
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
    "HealthCertificate",
    "Insurance",
    "InsuranceHistory",
    "Kindergarten",
    "Kinship",
    "LedgerEntry",
    "Menu",
    "MenuHistory",
    "Neighbourhood",
    "Notice",
    "OpeningHours",
    "OpeningHoursHistory",
    "Operator",
    "OperatorHistory",
    "Parent",
    "ParentRecord",
    "Permit",
    "PermitHistory",
    "Population",
    "Premises",
    "PremisesArea",
    "PremisesAreaHistory",
    "PremisesHistory",
    "Proposal",
    "RecordCheck",
    "RecordCheckHistory",
    "Room",
    "RoomHistory",
    "Rule",
    "RulebookDay",
    "Site",
    "SiteHistory",
    "StaffMember",
    "Trainer",
    "TrainerTraining",
    "TrainingRecord",
    "TrainingRecordHistory",
    "TrainingSession",
    "TrainingSignUp",
    "Verdict",
    "Volunteer",
    "VolunteerCheck",
]
