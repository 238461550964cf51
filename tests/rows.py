"""Makes one valid row of any model of a district, with all it refers to: for tests that walk every table."""

from __future__ import annotations

import itertools
import uuid
from datetime import date, time

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone

from portal.crypto import EncryptedField
from portal.models import District, User
from portal.tenancy import TenantModel

_serial = itertools.count(1)
#: What the checks of a table ask for beyond its types.
SPECIAL = {
    "portal.ImportRun": {"list": "facilities"},
    "portal.ExportRun": {"list": "facilities"},
    "facilities.Facility": {"places": 30},
    "targets.SiteReview": {"starts_on": date(2026, 1, 1), "ends_on": date(2026, 1, 31)},
    "facilities.Neighbourhood": {"latitude": 31, "longitude": 121},
    "facilities.Premises": {"tenure": "leased", "lease_until": date(2027, 1, 1)},
    "facilities.Insurance": {"starts_on": date(2025, 1, 1)},
    "facilities.EmergencyPlan": {"review_on": date(2099, 1, 1)},
    "facilities.Menu": {"week": date(2026, 3, 2), "text": "示例"},
    "facilities.CareClass": {"places": 20, "year": 2025},
    "facilities.TrainingRecord": {"hours": 4},
    "facilities.TrainerTraining": {"hours": 4},
    "facilities.Course": {"hours": 4},
    "guidance.GuidanceEvent": {
        "level": "district",
        "starts_at": time(9),
        "ends_at": time(11),
        "capacity": 30,
        "title": "示例活动",
    },
    "guidance.EventRating": {"score": 5},
    "guidance.EventPhoto": {"agreed": True},
    "guidance.GuidanceCourse": {"hours": 2},
    "guidance.NursingPlace": {"state": "none", "ended_on": None},
    "guidance.GuidanceResource": {"submitted_by": None, "published_by": None},
    "guidance.BirthCount": {"total": 100, "resident": 80},
    "inspections.Campaign": {"starts_on": date(2026, 1, 1), "ends_on": date(2026, 1, 2)},
    "facilities.TrainingSession": {"starts_on": date(2026, 1, 1), "ends_on": date(2026, 1, 2)},
    "facilities.HealthCertificate": {"valid_until": date(2099, 1, 1)},
    "facilities.OpeningHours": {"weekday": 1, "opens": time(9), "closes": time(11)},
    "facilities.OpeningHoursHistory": {"weekday": 1, "opens": time(9), "closes": time(11)},
    "facilities.CareSession": {"starts_at": time(9), "ends_at": time(11), "places": 9},
    "inspections.InspectionPlan": {"state": "draft", "published_on": None},
    "inspections.IndicatorSet": {"state": "draft", "published_on": None, "points": {}},
    "inspections.Indicator": {"points": 5},
    "inspections.EvaluationRound": {
        f"{kind}_{end}": date(2026, 3, 1 + n)
        for kind in ("self", "peer", "third")
        for n, end in enumerate(("from", "until"))
    },
    "inspections.PlanRehearsal": {"finished_at": None, "result": None},
    "inspections.Incident": {"children": 1, "injured": 0},
    "inspections.VisitRating": {"basis": 5, "manner": 5, "disturbance": 5},
    "inspections.Scheme": {"team_size": 2, "freeze_days_before": 10},
    "inspections.Draw": {"month": 3},
    "inspections.WatchList": {"week": 3},
    "inspections.ChecklistItem": {"basis": "示例"},
    "targets.ReportSetting": {"kind": "walk"},  # the reference data has one of each kind
    "targets.Target": {"proof": "not_yet"},
    "targets.SubsidyVersion": {"starts_on": date(2026, 1, 1), "ends_on": None},
    "targets.SubsidyClaim": {
        "starts_on": date(2026, 1, 1),
        "ends_on": date(2026, 12, 31),
        "amount": 0,
        "paid": 0,
        "recovered": 0,
    },
    "targets.Conference": {"starts_at": time(14)},
    "targets.SupervisionQuestion": {"points": 10},
    "targets.SupervisionMark": {"place": 1},
    "targets.Attestation": {"starts_on": date(2026, 1, 1), "valid_until": date(2099, 1, 1)},
}


#: References that may be empty and must not be: of this or of that, but of one.
NEEDED = {"guidance.GuidanceSession": {"place", "street"}, "targets.SupervisionEvidence": {"file"}}


def user() -> User:
    number = next(_serial)
    return User.objects.create(username=f"row-{number}", name=f"示例{number}", password="!")


def value(field: models.Field):
    """A value of the field's type, different each time."""
    number = next(_serial)
    if field.choices:
        return field.choices[0][0] or field.choices[-1][0]
    if isinstance(field, models.BinaryField):
        return f"x{number}" if isinstance(field, EncryptedField) else b"x%d" % number
    if isinstance(field, (models.CharField, models.TextField)):
        return f"x{number}"[: field.max_length or 20]
    if isinstance(field, models.BooleanField):
        return False
    if isinstance(field, models.DateTimeField):
        return timezone.now()
    if isinstance(field, models.DateField):
        return date(2026, 1, 1 + number % 28)
    if isinstance(field, (models.IntegerField, models.DecimalField)):
        return 1 + number % 90
    if isinstance(field, models.JSONField):
        return {}
    if isinstance(field, models.UUIDField):
        return uuid.uuid4()
    return []


def values_for(model: type[models.Model], **given) -> dict:
    special = SPECIAL.get(model._meta.label, {})
    values = {}
    for field in model._meta.local_concrete_fields:
        if field.name in given or field.primary_key or field.name == "district":
            continue
        if field.name in special:
            values[field.name] = special[field.name]
        elif isinstance(field, models.ForeignKey):
            related = field.related_model
            if field.null and field.name not in NEEDED.get(model._meta.label, ()):
                continue
            if related is User:
                values[field.name] = user()
            elif related is District:
                values[field.name] = District.objects.order_by("pk").last()
            elif related is Permission:
                content_type = ContentType.objects.get_for_model(
                    model._meta.get_field("content_object").related_model
                )
                values[field.name] = Permission.objects.filter(content_type=content_type).first()
            else:
                values[field.name] = make(related)
        elif field.has_default() or field.null or field.has_db_default() or getattr(field, "auto_now", False):
            continue
        elif getattr(field, "auto_now_add", False) or (field.blank and field.empty_strings_allowed):
            continue
        else:
            values[field.name] = value(field)
    return values | given


def make(model: type[TenantModel], **given) -> models.Model:
    """A saved row in the district of the open scope."""
    return model.objects.create(**values_for(model, **given))
