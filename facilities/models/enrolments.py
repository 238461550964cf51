"""Where a child is cared for over time, and the health check that it enters with."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from facilities.models.classes import CareClass
from facilities.models.facilities import Facility, standing
from facilities.models.families import Child
from facilities.rules.states import ENROLMENT
from portal.choices import in_language
from portal.crypto import EncryptedField
from portal.models.records import StoredFile
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel, TenantQuerySet

OPEN = ("applied", "admitted")


class Mode(models.TextChoices):
    """The three modes of care by the hour (金教〔2023〕29号 四2)."""

    ALONE = "alone", _("单独托")
    WITH_PARENT = "with_parent", _("亲子托")
    WITH_GRANDPARENT = "with_grandparent", _("老小托")


class EnrolmentQuerySet(TenantQuerySet):
    def open(self):
        return self.filter(state__in=OPEN)

    def attending(self, on):
        """Children admitted by the day and not gone before it."""
        return self.filter(starts_on__lte=on).filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on))


class Enrolment(TenantModel):
    """A child at a facility, from the application to the last day."""

    child = TenantForeignKey(Child, on_delete=models.CASCADE, related_name="enrolments")
    facility = TenantForeignKey(Facility, on_delete=models.CASCADE, related_name="enrolments")
    state = models.CharField(max_length=10, choices=in_language(ENROLMENT.choices), default=ENROLMENT.initial)
    mode = models.CharField(_("照护方式"), max_length=18, choices=Mode.choices, blank=True)
    #: Care by the day: a child has one such place at most, and any number of sites by the hour.
    by_day = models.BooleanField(default=False)
    #: The class in a facility that has classes.
    care_class = TenantForeignKey(CareClass, null=True, blank=True, related_name="enrolments")
    applied_on = models.DateField()
    starts_on = models.DateField(_("入托日期"), null=True, blank=True)
    ends_on = models.DateField(_("最后一天"), null=True, blank=True)
    reason = models.CharField(_("离开原因"), max_length=200, blank=True)

    objects = EnrolmentQuerySet.as_manager()
    reach_paths = {Reach.STREETS: "facility__street", Reach.FACILITIES: "facility"}

    class Meta:
        ordering = ["-applied_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "child", "facility"],
                condition=Q(state__in=OPEN),
                name="one_open_enrolment",
            ),
            models.UniqueConstraint(
                fields=["district", "child"],
                condition=Q(state="admitted", by_day=True),
                name="one_place_by_the_day",
            ),
            models.CheckConstraint(
                condition=~Q(state="admitted") | Q(starts_on__isnull=False), name="admitted_from_a_day"
            ),
            models.CheckConstraint(
                condition=~Q(state="ended") | Q(ends_on__isnull=False), name="ended_on_a_day"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True)
                | Q(starts_on__isnull=True)
                | Q(ends_on__gte=models.F("starts_on")),
                name="enrolment_dates",
            ),
        ]
        indexes = [models.Index(fields=["district", "facility", "state", "id"], name="enrolment_by_facility")]


class Clinic(TenantModel):
    """A clinic whose health checks the district's health department accepts (金教〔2023〕29号 六4)."""

    name = models.CharField(_("名称"), max_length=100)
    starts_on = models.DateField(_("认可日期"))
    ends_on = models.DateField(_("止"), null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["district", "name"], name="clinic_name")]

    def __str__(self):
        return self.name


class HealthCertificate(TenantModel):
    """A child's health check before admission (入托体检): fit or not, how long it holds; the notes are encrypted."""

    child = TenantForeignKey(Child, on_delete=models.CASCADE, related_name="health_certificates")
    clinic = TenantForeignKey(Clinic, related_name="+")
    issued_on = models.DateField(_("体检日期"))
    valid_until = models.DateField(_("有效期至"))
    fit = models.BooleanField(_("合格"))
    medical_notes = EncryptedField(null=True, blank=True)
    file = TenantForeignKey(StoredFile, null=True, blank=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    standing = standing()

    class Meta:
        ordering = ["-issued_on", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "child", "issued_on"], name="health_check_of_a_day"),
            models.CheckConstraint(
                condition=Q(valid_until__gte=models.F("issued_on")), name="health_certificate_dates"
            ),
        ]
        indexes = [
            models.Index(
                fields=["district", "valid_until", "id"],
                condition=models.Q(standing=True),
                name="health_certificate_by_end",
            )
        ]
