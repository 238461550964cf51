"""Django looks here for the app's models."""

from guidance.models.courses import CourseLecturer, GuidanceCourse, Lecturer
from guidance.models.events import EventChild, EventPhoto, EventRating, EventSignup, GuidanceEvent
from guidance.models.newborns import BirthCount, Newborn, NewbornVisit
from guidance.models.nursing import NursingPlace
from guidance.models.places import GuidancePlace
from guidance.models.resources import (
    GuidanceResource,
    KitUse,
    ResourceDay,
    ResourceSending,
    ResourceSubscription,
)
from guidance.models.services import GuidanceService, GuidanceSession, GuidedChild

__all__ = [
    "BirthCount",
    "CourseLecturer",
    "EventChild",
    "EventPhoto",
    "EventRating",
    "EventSignup",
    "GuidanceCourse",
    "GuidanceEvent",
    "GuidancePlace",
    "GuidanceResource",
    "GuidanceService",
    "GuidanceSession",
    "GuidedChild",
    "KitUse",
    "Lecturer",
    "Newborn",
    "NewbornVisit",
    "NursingPlace",
    "ResourceDay",
    "ResourceSending",
    "ResourceSubscription",
]
