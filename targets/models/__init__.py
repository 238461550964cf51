"""Django looks here for the app's models."""

from targets.models.attestations import Attestation, AttestationFile
from targets.models.conferences import (
    AgendaFile,
    AgendaItem,
    Conference,
    ConferenceDecision,
    ConferenceMinutes,
    ConferenceUnit,
    DecisionUnit,
)
from targets.models.demonstration import AssessmentItem, CycleQuota, CycleStage, RevocationCondition
from targets.models.drafts import DocumentDraft
from targets.models.naming import (
    AssessmentEntry,
    Candidate,
    CycleApplication,
    CycleIndicator,
    CycleLetter,
    EntryFile,
    LetterFile,
    LetterTaken,
    NamingCycle,
    NoticeObjection,
    ReviewMark,
    Revocation,
    SiteReview,
    YearlyReport,
)
from targets.models.reports import Report, ReportSetting
from targets.models.targets import Snapshot, SnapshotValue, Target, TargetTask
from targets.models.tasks import ProgressFile, ProgressReport, ReportingRound, Task, TaskUnit

__all__ = [
    "AgendaFile",
    "AgendaItem",
    "AssessmentEntry",
    "AssessmentItem",
    "Attestation",
    "AttestationFile",
    "Candidate",
    "Conference",
    "ConferenceDecision",
    "ConferenceMinutes",
    "ConferenceUnit",
    "CycleApplication",
    "CycleIndicator",
    "CycleLetter",
    "CycleQuota",
    "CycleStage",
    "DecisionUnit",
    "DocumentDraft",
    "EntryFile",
    "LetterFile",
    "LetterTaken",
    "NamingCycle",
    "NoticeObjection",
    "ProgressFile",
    "ProgressReport",
    "Report",
    "ReportSetting",
    "ReportingRound",
    "ReviewMark",
    "Revocation",
    "RevocationCondition",
    "SiteReview",
    "Snapshot",
    "SnapshotValue",
    "Target",
    "TargetTask",
    "Task",
    "TaskUnit",
    "YearlyReport",
]
