"""Django looks here for the app's models."""

from inspections.models.agreement import DoubleDraw, SecondAnswer
from inspections.models.campaigns import Campaign, CampaignInspector, CampaignUnit
from inspections.models.case_files import CaseFile
from inspections.models.checklists import Checklist, ChecklistItem, ChecklistVersion, Matter, MatterVersion
from inspections.models.complaints import Complaint, ComplaintPhoto
from inspections.models.devices import DeviceOutage, DeviceState, VideoDevice, VideoPlayer
from inspections.models.drafts import ChecklistDraft
from inspections.models.draws import Draw, DrawAddendum, DrawChain, PublicRecord
from inspections.models.employers import InspectorEmployer, NamesakeDecision
from inspections.models.evaluation_sets import Indicator, IndicatorSet
from inspections.models.evaluations import (
    EvaluationCase,
    EvaluationFile,
    EvaluationRound,
    EvaluationScore,
    EvaluationSheet,
    PeerEvaluator,
    Selection,
)
from inspections.models.field import (
    FieldAddendum,
    FieldDevice,
    FieldFile,
    FieldOperation,
    FieldOutcome,
    FieldPart,
    FieldPass,
    FieldRecord,
    FieldSignature,
)
from inspections.models.grades import GradeDecision, GradeObjection, GradeProposal, GradeRun
from inspections.models.incidents import Incident, IncidentFile, IncidentReport
from inspections.models.joint import VisitItem, VisitPart
from inspections.models.order_steps import OrderEscalation, OrderExtension
from inspections.models.plans import (
    InspectionPlan,
    Inspector,
    InspectorStreet,
    Interest,
    PlanRehearsal,
    Scheme,
)
from inspections.models.publication import PublicationEvent, PublicationRepair
from inspections.models.recusals import Recusal
from inspections.models.results import (
    ResultChange,
    ResultObjection,
    ResultObjectionFile,
    ResultReview,
    ResultVersion,
)
from inspections.models.visit_codes import LicencePhoto, VisitCode, VisitRating
from inspections.models.visits import (
    Answer,
    AnswerPhoto,
    Finding,
    Inspection,
    InspectionChecklist,
    Order,
    OrderAnswer,
    OrderAnswerFile,
    Recheck,
    TeamMember,
    VoiceNote,
)
from inspections.models.watch import WatchChain, WatchList, WatchSlot

__all__ = [
    "Answer",
    "AnswerPhoto",
    "Campaign",
    "CampaignInspector",
    "CampaignUnit",
    "CaseFile",
    "Checklist",
    "ChecklistDraft",
    "ChecklistItem",
    "ChecklistVersion",
    "Complaint",
    "ComplaintPhoto",
    "DeviceOutage",
    "DeviceState",
    "DoubleDraw",
    "Draw",
    "DrawAddendum",
    "DrawChain",
    "EvaluationCase",
    "EvaluationFile",
    "EvaluationRound",
    "EvaluationScore",
    "EvaluationSheet",
    "FieldAddendum",
    "FieldDevice",
    "FieldFile",
    "FieldOperation",
    "FieldOutcome",
    "FieldPart",
    "FieldPass",
    "FieldRecord",
    "FieldSignature",
    "Finding",
    "GradeDecision",
    "GradeObjection",
    "GradeProposal",
    "GradeRun",
    "Incident",
    "IncidentFile",
    "IncidentReport",
    "Indicator",
    "IndicatorSet",
    "Inspection",
    "InspectionChecklist",
    "InspectionPlan",
    "Inspector",
    "InspectorEmployer",
    "InspectorStreet",
    "Interest",
    "LicencePhoto",
    "Matter",
    "MatterVersion",
    "NamesakeDecision",
    "Order",
    "OrderAnswer",
    "OrderAnswerFile",
    "OrderEscalation",
    "OrderExtension",
    "PeerEvaluator",
    "PlanRehearsal",
    "PublicRecord",
    "PublicationEvent",
    "PublicationRepair",
    "Recheck",
    "Recusal",
    "ResultChange",
    "ResultObjection",
    "ResultObjectionFile",
    "ResultReview",
    "ResultVersion",
    "Scheme",
    "SecondAnswer",
    "Selection",
    "TeamMember",
    "VideoDevice",
    "VideoPlayer",
    "VisitCode",
    "VisitItem",
    "VisitPart",
    "VisitRating",
    "VoiceNote",
    "WatchChain",
    "WatchList",
    "WatchSlot",
]
