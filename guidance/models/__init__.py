"""Django looks here for the app's models."""

from guidance.models.newborns import BirthCount, Newborn, NewbornVisit
from guidance.models.places import GuidancePlace
from guidance.models.services import GuidanceService, GuidanceSession, GuidedChild

__all__ = [
    "BirthCount",
    "GuidancePlace",
    "GuidanceService",
    "GuidanceSession",
    "GuidedChild",
    "Newborn",
    "NewbornVisit",
]
