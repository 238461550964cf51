"""Complaints from the public (投诉举报): what somebody says of a facility, with or without a name, and its answer."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from facilities.models import Facility
from inspections.rules.states import COMPLAINT
from inspections.rules.voices import OUTCOMES, SUBJECTS
from portal.choices import in_language
from portal.crypto import EncryptedField
from portal.models.records import StoredFile
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel, WithheldCharField


class Complaint(TenantModel):
    """One complaint. Who made it is known to nobody by more than the tracking number, unless a phone was left."""

    class Handler(models.TextChoices):
        BUREAU = "bureau", _("区教育局")
        STREET = "street", _("街镇")

    number = models.CharField(_("投诉编号"), max_length=20)
    code_hash = WithheldCharField(
        max_length=64, help_text="keyed hash of the tracking number, which nobody keeps"
    )
    state = models.CharField(max_length=10, choices=in_language(COMPLAINT.choices), default=COMPLAINT.initial)
    subject = models.CharField(_("关于什么"), max_length=12, choices=in_language(SUBJECTS.items()))
    where = models.CharField(
        _("哪家机构"), max_length=80, db_column="place", help_text="as the complainant wrote it"
    )
    facility = TenantForeignKey(Facility, null=True, related_name="complaints")
    happened_on = models.DateField(_("哪一天"), null=True)
    text = models.TextField(_("发生了什么"))
    name = EncryptedField(null=True)
    name_hash = WithheldCharField(
        max_length=64, blank=True, help_text="by which a text is searched before it is published"
    )
    phone = EncryptedField(null=True)
    anonymous = models.BooleanField(default=True)
    received_at = models.DateTimeField()
    received_on = models.DateField(help_text="the local day of received_at")
    sort_by = models.DateField(help_text="last working day for sorting")
    answer_by = models.DateField(help_text="last working day for the answer")
    handler = models.CharField(_("谁办"), max_length=6, choices=Handler.choices, blank=True)
    sorted_on = models.DateField(null=True)
    sorted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    note = models.CharField(_("内部说明"), max_length=200, blank=True)
    passed_to = models.CharField(_("转给谁"), max_length=80, blank=True)
    outcome = models.CharField(
        _("核实结果"), max_length=10, choices=in_language(OUTCOMES.items()), blank=True
    )
    answer = models.TextField(_("答复"), blank=True, help_text="read by whoever has the tracking number")
    answered_on = models.DateField(null=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    version = models.PositiveIntegerField(default=1)

    reach_paths = {Reach.STREETS: "facility__street"}

    class Meta:
        ordering = ["-received_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "number"], name="complaint_number"),
            models.UniqueConstraint(fields=["district", "code_hash"], name="complaint_code"),
            models.CheckConstraint(
                condition=~models.Q(state="answered") | (~models.Q(answer="") & ~models.Q(outcome="")),
                name="complaint_answered",
            ),
        ]
        indexes = [
            models.Index(fields=["district", "state", "answer_by", "id"], name="complaint_clock"),
            models.Index(fields=["district", "facility", "received_on"], name="complaint_facility"),
        ]

    def __str__(self):
        return self.number


class ComplaintPhoto(TenantModel):
    """A photograph: as it came, which nobody is shown, and written anew without place, time and device."""

    complaint = TenantForeignKey(Complaint, on_delete=models.CASCADE, related_name="photos")
    original = TenantForeignKey(StoredFile, related_name="+")
    shown = TenantForeignKey(StoredFile, related_name="+")

    class Meta:
        ordering = ["pk"]
