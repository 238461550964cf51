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
from targets.models.reports import Report, ReportSetting
from targets.models.subsidies import (
    SubsidyClaim,
    SubsidyFile,
    SubsidyItem,
    SubsidyMark,
    SubsidyPayment,
    SubsidyReceipt,
    SubsidyRecovery,
    SubsidyRule,
    SubsidyVersion,
)
from targets.models.targets import Snapshot, SnapshotValue, Target, TargetTask
from targets.models.tasks import ProgressFile, ProgressReport, ReportingRound, Task, TaskUnit

__all__ = [
    "AgendaFile",
    "AgendaItem",
    "AssessmentItem",
    "Attestation",
    "AttestationFile",
    "Conference",
    "ConferenceDecision",
    "ConferenceMinutes",
    "ConferenceUnit",
    "CycleQuota",
    "CycleStage",
    "DecisionUnit",
    "DocumentDraft",
    "ProgressFile",
    "ProgressReport",
    "Report",
    "ReportSetting",
    "ReportingRound",
    "RevocationCondition",
    "Snapshot",
    "SnapshotValue",
    "SubsidyClaim",
    "SubsidyFile",
    "SubsidyItem",
    "SubsidyMark",
    "SubsidyPayment",
    "SubsidyReceipt",
    "SubsidyRecovery",
    "SubsidyRule",
    "SubsidyVersion",
    "Target",
    "TargetTask",
    "Task",
    "TaskUnit",
]
