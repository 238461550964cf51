"""Courses, sessions, who signed up and came, what they got for it; the trainers and their own training.

What counts towards a year's hours is TrainingRecord alone (facilities/models/people.py): attendance writes it.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from facilities.models.facilities import Facility
from facilities.models.people import StaffMember, TrainingRecord
from facilities.rules.training import SESSION
from portal.choices import in_language
from portal.models.records import StoredFile
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel, TenantOneToOneField

KINDS = TrainingRecord.Kind


def person(**options) -> models.ForeignKey:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", **options
    )


class Trainer(TenantModel):
    """Somebody who trains others (培训人员): of staff, or of those who guide families."""

    class Kind(models.TextChoices):
        CARE = "care", _("托育服务培训人员")
        GUIDANCE = "guidance", _("科学育儿指导服务培训人员")

    name = models.CharField(_("姓名"), max_length=40)
    kind = models.CharField(_("类别"), max_length=10, choices=Kind.choices)
    organisation = models.CharField(_("单位"), max_length=120)
    subject = models.CharField(_("擅长的内容"), max_length=120)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "name", "organisation"], name="trainer_once")
        ]

    def __str__(self):
        return self.name


class TrainerTraining(TenantModel):
    """A training that a trainer took part in."""

    trainer = TenantForeignKey(Trainer, on_delete=models.CASCADE, related_name="trainings")
    course = models.CharField(_("课程"), max_length=120)
    provider = models.CharField(_("培训单位"), max_length=120)
    hours = models.DecimalField(_("课时"), max_digits=5, decimal_places=1)
    done_on = models.DateField(_("完成日期"))

    class Meta:
        ordering = ["-done_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(hours__gt=0, hours__lte=200), name="trainer_training_hours"
            ),
            models.UniqueConstraint(
                fields=["district", "trainer", "course", "done_on"], name="trainer_training_once"
            ),
        ]

    def __str__(self):
        return self.course


class Course(TenantModel):
    """A course of the district's pool."""

    code = models.CharField(max_length=12)
    title = models.CharField(_("课程"), max_length=120)
    kind = models.CharField(_("种类"), max_length=8, choices=KINDS.choices)
    provider = models.CharField(_("培训单位"), max_length=120)
    hours = models.DecimalField(_("课时"), max_digits=5, decimal_places=1)
    summary = models.CharField(_("内容"), max_length=300, blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["district", "code"], name="course_code"),
            models.CheckConstraint(condition=models.Q(hours__gt=0, hours__lte=200), name="course_hours"),
        ]

    def __str__(self):
        return self.title


class TrainingSession(TenantModel):
    """A course held once, on site or online."""

    class Mode(models.TextChoices):
        ON_SITE = "on_site", _("现场")
        ONLINE = "online", _("线上")

    code = models.CharField(max_length=16)
    course = TenantForeignKey(Course, related_name="sessions")
    trainer = TenantForeignKey(Trainer, null=True, blank=True, related_name="sessions")
    mode = models.CharField(_("形式"), max_length=8, choices=Mode.choices)
    place = models.CharField(_("地点或平台"), max_length=200)
    starts_on = models.DateField(_("开课"))
    ends_on = models.DateField(_("结课"))
    times = models.CharField(_("时间"), max_length=60, blank=True)
    sign_up_until = models.DateField(_("报名截止"))
    capacity = models.PositiveSmallIntegerField(_("招收人数"))
    state = models.CharField(max_length=10, choices=in_language(SESSION.choices), default=SESSION.initial)
    held_by = person()
    held_at = models.DateTimeField(null=True)
    cancelled_for = models.CharField(max_length=200, blank=True)
    file = TenantForeignKey(StoredFile, null=True, related_name="+", help_text="all its certificates")

    class Meta:
        ordering = ["-starts_on", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "code"], name="training_session_code"),
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")), name="training_session_dates"
            ),
        ]
        indexes = [
            models.Index(fields=["district", "state", "ends_on"], name="training_session_by_state"),
            models.Index(fields=["district", "-starts_on", "-id"], name="training_session_by_day"),
        ]

    def __str__(self):
        return self.code


class TrainingSignUp(TenantModel):
    """A person's place in a session, and whether they came."""

    class Attendance(models.TextChoices):
        OPEN = "", _("未登记")
        ATTENDED = "attended", _("到")
        ABSENT = "absent", _("缺席")

    session = TenantForeignKey(TrainingSession, on_delete=models.CASCADE, related_name="sign_ups")
    staff = TenantForeignKey(StaffMember, on_delete=models.CASCADE, related_name="sign_ups")
    facility = TenantForeignKey(Facility, related_name="sign_ups", help_text="where the person worked then")
    signed_by = person()
    signed_at = models.DateTimeField()
    attendance = models.CharField(max_length=8, choices=Attendance.choices, blank=True)
    hours = models.DecimalField(max_digits=5, decimal_places=1, null=True)
    passed = models.BooleanField(null=True)
    record = TenantOneToOneField(TrainingRecord, null=True, on_delete=models.SET_NULL, related_name="sign_up")

    reach_paths = {Reach.STREETS: "facility__street", Reach.FACILITIES: "facility"}

    class Meta:
        ordering = ["facility", "staff"]
        constraints = [
            models.UniqueConstraint(fields=["district", "session", "staff"], name="training_sign_up_once")
        ]

    def __str__(self):
        return f"{self.session_id}-{self.staff_id}"


class AttendanceCertificate(TenantModel):
    """What a person gets for a session passed (培训合格证明): numbered, and verified by its code without sign-in."""

    sign_up = TenantOneToOneField(TrainingSignUp, on_delete=models.PROTECT, related_name="certificate")
    number = models.CharField(max_length=40)
    code = models.CharField(max_length=12)
    issuer = models.CharField(max_length=80)
    issued_on = models.DateField()
    masked_name = models.CharField(max_length=40)
    course = models.CharField(max_length=120)
    kind = models.CharField(max_length=8, choices=KINDS.choices)
    provider = models.CharField(max_length=120)
    hours = models.DecimalField(max_digits=5, decimal_places=1)
    done_on = models.DateField()
    file = TenantForeignKey(StoredFile, null=True, related_name="+")

    public_rows = "true"
    public_columns = (
        "number", "code", "issuer", "issued_on", "masked_name", "course", "kind", "provider", "hours", "done_on",
    )  # fmt: skip

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "number"], name="attendance_certificate_number"),
            models.UniqueConstraint(fields=["district", "code"], name="attendance_certificate_code"),
        ]

    def __str__(self):
        return self.number
