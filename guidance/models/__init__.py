"""Django looks here for the app's models."""

from guidance.models.events import EventPhoto, EventRating, EventSignup, GuidanceEvent
from guidance.models.newborns import BirthCount, Newborn, NewbornVisit
from guidance.models.places import GuidancePlace
from guidance.models.services import GuidanceService, GuidanceSession, GuidedChild

__all__ = [
    "BirthCount",
    "EventPhoto",
    "EventRating",
    "EventSignup",
    "GuidanceEvent",
    "GuidancePlace",
    "GuidanceService",
    "GuidanceSession",
    "GuidedChild",
    "Newborn",
    "NewbornVisit",
]
