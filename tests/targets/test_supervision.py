"""The yearly supervision of units: from the questions to the score, the ranking and the report that stays."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.http import QueryDict
from django.utils import timezone

from portal import calendar, pdf
from portal.errors import Conflict, Denied, Refused
from portal.models import Membership, Message, Street, Unit, User
from portal.models.policy import PolicyDocument
from portal.services.files import path_of
from portal.spreadsheets import Asked
from portal.tenancy import district_scope
from targets import exports, supervision_queue
from targets.models import (
    ProgressReport,
    SupervisionAnswer,
    SupervisionCase,
    SupervisionRound,
    Target,
    Task,
    TaskUnit,
)
