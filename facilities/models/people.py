"""Staff: who works where, with which certificates, training hours and record checks."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from facilities.models.facilities import Facility
from portal.crypto import EncryptedField
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel


class StaffMember(TenantModel):
    """A person who works with children (从业人员), once in a district, known by the keyed hash of the number."""

    code = models.CharField(max_length=12)
    name = models.CharField(_("姓名"), max_length=40)
    identity_hash = models.CharField(max_length=64)
    identity = EncryptedField()
    phone = EncryptedField(null=True, blank=True)
    birth_year = models.PositiveSmallIntegerField(null=True)

    reach_paths = {
        Reach.STREETS: "employments__facility__street",
        Reach.FACILITIES: "employments__facility",
    }

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["district", "identity_hash"], name="staff_member_once"),
            models.UniqueConstraint(fields=["district", "code"], name="staff_code"),
        ]

    def __str__(self):
        return self.name


class Employment(TenantModel):
    """Work at one facility over time, in one post."""

    class Post(models.TextChoices):
        HEAD = "head", _("负责人")
        CARER = "carer", _("保育人员")
        TEACHER = "teacher", _("教师")
        HEALTH = "health", _("保健人员")
        SAFETY = "safety", _("安全保卫人员")
        COOK = "cook", _("炊事人员")
        OTHER = "other", _("其他")

    staff = TenantForeignKey(StaffMember, on_delete=models.CASCADE, related_name="employments")
    facility = TenantForeignKey(Facility, on_delete=models.CASCADE, related_name="employments")
    post = models.CharField(max_length=8, choices=Post.choices)
    full_time = models.BooleanField(default=True)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    reach_paths = {Reach.STREETS: "facility__street", Reach.FACILITIES: "facility"}

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["district", "staff", "facility", "starts_on"], name="employment"),
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=models.F("starts_on")),
                name="employment_dates",
            ),
        ]


class Certificate(TenantModel):
    """A qualification with its validity (资格证书)."""

    class Kind(models.TextChoices):
        CHILDCARE = "childcare", _("育婴师")
        NURSING = "nursing", _("保育师")
        HEALTH = "health", _("保健员")
        TEACHER = "teacher", _("教师资格")
        HEALTH_CHECK = "health_check", _("健康证")
        SAFETY = "safety", _("保安员")
        FOOD = "food", _("食品从业")

    staff = TenantForeignKey(StaffMember, on_delete=models.CASCADE, related_name="certificates")
    kind = models.CharField(max_length=14, choices=Kind.choices)
    number = models.CharField(max_length=40)
    issued_on = models.DateField()
    valid_until = models.DateField(null=True, blank=True, help_text="empty: without end")

    reach_paths = {
        Reach.STREETS: "staff__employments__facility__street",
        Reach.FACILITIES: "staff__employments__facility",
    }

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["district", "staff", "kind", "number"], name="certificate")
        ]
        indexes = [models.Index(fields=["district", "valid_until"], name="certificate_expiry")]


class TrainingRecord(TenantModel):
    """Hours of one course that a person completed (课时)."""

    class Kind(models.TextChoices):
        SKILLS = "skills", _("综合技能")
        ETHICS = "ethics", _("职业道德")

    staff = TenantForeignKey(StaffMember, on_delete=models.CASCADE, related_name="training")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    course = models.CharField(max_length=120)
    provider = models.CharField(max_length=120)
    hours = models.DecimalField(max_digits=5, decimal_places=1)
    done_on = models.DateField()
    passed = models.BooleanField(default=True)

    reach_paths = {
        Reach.STREETS: "staff__employments__facility__street",
        Reach.FACILITIES: "staff__employments__facility",
    }

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(hours__gt=0, hours__lte=200), name="training_hours"),
            models.UniqueConstraint(
                fields=["district", "staff", "kind", "course", "done_on"], name="training_once"
            ),
        ]
        indexes = [models.Index(fields=["district", "done_on", "kind"], name="training_by_day")]


class RecordCheck(TenantModel):
    """An inquiry into a criminal record: when, and whether there was one; never the record itself."""

    staff = TenantForeignKey(StaffMember, on_delete=models.CASCADE, related_name="record_checks")
    checked_on = models.DateField()
    found = models.BooleanField(_("有记录"))
    before_hire = models.BooleanField(default=False)

    reach_paths = {
        Reach.STREETS: "staff__employments__facility__street",
        Reach.FACILITIES: "staff__employments__facility",
    }

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["district", "staff", "checked_on"], name="record_check_of_a_day")
        ]
