"""Staff: who works where, with which certificates, training hours and record checks."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from facilities.models.facilities import Facility, board_on, standing
from portal.crypto import EncryptedField
from portal.models.records import StoredFile
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel, TenantQuerySet


class EmploymentQuerySet(TenantQuerySet):
    def open_on(self, day):
        """Work that has not ended by the day; what starts later counts too, for it is agreed."""
        return self.filter(models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=day))


class StaffQuerySet(TenantQuerySet):
    def allowed(self, actor, permission):
        """Streets and operators reach a person only while the person works there: what comes after a leave
        is another facility's business."""
        if Reach.ALL in actor.reaches(permission):
            return self
        work = Employment.objects.allowed(actor, permission).open_on(timezone.localdate())
        return self.filter(pk__in=work.values("staff"))


class StaffRecordQuerySet(TenantQuerySet):
    """Rows that belong to a person and are reached with the person."""

    def allowed(self, actor, permission):
        if Reach.ALL in actor.reaches(permission):
            return self
        return self.filter(staff__in=StaffMember.objects.allowed(actor, permission))


class StaffMember(TenantModel):
    """A person who works with children (从业人员), once in a district, known by the keyed hash of the number."""

    code = models.CharField(max_length=12)
    name = models.CharField(_("姓名"), max_length=40)
    identity_hash = models.CharField(max_length=64)
    identity = EncryptedField()
    phone = EncryptedField(null=True, blank=True)
    birth_year = models.PositiveSmallIntegerField(null=True)
    search_text = models.TextField(editable=False, default="", help_text="see facilities/rules/words.py")
    name_key = models.CharField(max_length=120, editable=False, default="", help_text="pinyin, to sort by")

    objects = StaffQuerySet.as_manager()
    search_rows = True
    reach_paths = {
        Reach.STREETS: "employments__facility__street",
        Reach.FACILITIES: "employments__facility",
    }
    across_columns = ("identity_hash", "name")

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["district", "identity_hash"], name="staff_member_once"),
            models.UniqueConstraint(fields=["district", "code"], name="staff_code"),
        ]
        indexes = [
            models.Index(fields=["district", "name_key", "id"], name="staff_by_name"),
            GinIndex(
                fields=["search_text"],
                name="staff_search",
                fastupdate=False,
                opclasses=["gin_trgm_ops"],
                condition=~models.Q(search_text=""),
            ),
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

    class Ended(models.TextChoices):
        LEFT = "left", _("离岗")
        RECORD = "record", _("查询有记录")
        BAN = "ban", _("终身禁入")
        CLOSED = "closed", _("机构停办")

    full_time = models.BooleanField(default=True)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    ended_for = models.CharField(max_length=8, choices=Ended.choices, blank=True)

    objects = EmploymentQuerySet.as_manager()
    reach_paths = {Reach.STREETS: "facility__street", Reach.FACILITIES: "facility"}

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["district", "staff", "facility", "starts_on"],
                include=["ends_on"],  # who works where on a day is answered by the index alone
                name="employment",
            ),
            models.UniqueConstraint(
                fields=["district", "staff"],
                condition=models.Q(ends_on__isnull=True),
                name="one_open_employment",
            ),
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
    file = TenantForeignKey(StoredFile, null=True, blank=True, help_text="a scan of the paper")
    hand_over = models.UUIDField(null=True, editable=False, help_text="the hand-over that brought it")
    standing = standing()
    board_on = board_on("valid_until")

    objects = StaffRecordQuerySet.as_manager()
    reach_paths = {
        Reach.STREETS: "staff__employments__facility__street",
        Reach.FACILITIES: "staff__employments__facility",
    }
    across_columns = ("staff", "kind", "number", "issued_on", "valid_until")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["district", "staff", "kind", "number"], name="certificate")
        ]
        indexes = [
            models.Index(fields=["district", "valid_until"], name="certificate_expiry"),
            models.Index(
                fields=["district", "board_on", "id"],
                include=["staff", "kind"],
                condition=models.Q(board_on__isnull=False),
                name="certificate_by_end",
            ),
        ]


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
    hand_over = models.UUIDField(null=True, editable=False, help_text="the hand-over that brought it")

    objects = StaffRecordQuerySet.as_manager()
    reach_paths = {
        Reach.STREETS: "staff__employments__facility__street",
        Reach.FACILITIES: "staff__employments__facility",
    }
    across_columns = ("staff", "kind", "course", "provider", "hours", "done_on", "passed")

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
    standing = standing()
    board_on = board_on("checked_on")

    objects = StaffRecordQuerySet.as_manager()
    reach_paths = {
        Reach.STREETS: "staff__employments__facility__street",
        Reach.FACILITIES: "staff__employments__facility",
    }

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["district", "staff", "checked_on"], name="record_check_of_a_day")
        ]
        indexes = [
            models.Index(
                fields=["district", "board_on", "id"],
                include=["staff"],
                condition=models.Q(board_on__isnull=False),
                name="record_check_by_day",
            )
        ]
