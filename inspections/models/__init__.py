"""Django looks here for the app's models."""

from inspections.models.checklists import Checklist, ChecklistItem, ChecklistVersion
from inspections.models.draws import Draw, DrawAddendum, DrawChain, PublicRecord
from inspections.models.plans import InspectionPlan, Inspector, InspectorStreet, Interest, Scheme
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
)

__all__ = [
    "Answer",
    "AnswerPhoto",
    "Checklist",
    "ChecklistItem",
    "ChecklistVersion",
    "Draw",
    "DrawAddendum",
    "DrawChain",
    "Finding",
    "Inspection",
    "InspectionChecklist",
    "InspectionPlan",
    "Inspector",
    "InspectorStreet",
    "Interest",
    "Order",
    "OrderAnswer",
    "OrderAnswerFile",
    "PublicRecord",
    "Recheck",
    "Scheme",
    "TeamMember",
]
