"""What comes from the phones of the field: devices, passes, operations as they came, what became of each of them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from facilities.models import Facility
from inspections.models.checklists import ChecklistItem
from inspections.models.visits import Inspection
from inspections.rules.field import KINDS, OUTCOMES, SIDES
from portal.choices import in_language
from portal.crypto import EncryptedField
from portal.models.records import StoredFile
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel, TenantOneToOneField, WithheldCharField


class FieldDevice(TenantModel):
    """A phone as one person uses it. What lies on it is sealed with `key`, which it gets at each sign-in."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    device = models.UUIDField(help_text="made on the phone, once")
    label = models.CharField(max_length=80, help_text="what the browser says it is")
    key = EncryptedField(help_text="32 bytes in base64: AES-GCM of what lies on the phone")
    made_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    offset_ms = models.BigIntegerField(
        default=0, help_text="the server's clock minus the phone's, as last measured"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["district", "user", "device"], name="field_device")]


class FieldPass(TenantModel):
    """A token for what one phone sends of one visit; it outlives the session, and can be taken back."""

    inspection = TenantForeignKey(Inspection, on_delete=models.CASCADE, related_name="passes")
    device = TenantForeignKey(FieldDevice, related_name="passes")
    token_sha256 = WithheldCharField(max_length=64)
    issued_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["issued_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["district", "token_sha256"], name="field_pass_token")]


class FieldOperation(TenantModel):
    """One thing that somebody did on a phone, as it came; never changed. `sequence` counts a phone's operations of a
    visit from 1 without gaps, so that the server knows what is still missing."""

    uuid = models.UUIDField()
    inspection = TenantForeignKey(Inspection, on_delete=models.CASCADE, related_name="operations")
    device = TenantForeignKey(FieldDevice, related_name="operations")
    sequence = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=in_language(KINDS.items()))
    item = TenantForeignKey(ChecklistItem, null=True, related_name="+")
    payload = models.JSONField(default=dict)
    made_at = models.DateTimeField(help_text="by the phone's clock")
    offset_ms = models.BigIntegerField(
        default=0, help_text="the server's clock minus the phone's, as measured there"
    )
    came_at = models.DateTimeField(default=timezone.now)
    by_file = models.BooleanField(default=False, help_text="brought in from a file that the phone had saved")

    append_only = True

    class Meta:
        ordering = ["device", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["district", "uuid"], name="field_operation"),
            models.UniqueConstraint(
                fields=["district", "inspection", "device", "sequence"], name="field_operation_sequence"
            ),
        ]


class FieldOutcome(TenantModel):
    """What became of an operation: in the record, waiting for something that is still on the way, held for people to
    decide, or an addendum to a record that was signed."""

    operation = TenantOneToOneField(FieldOperation, on_delete=models.CASCADE, related_name="outcome")
    state = models.CharField(max_length=10, choices=in_language(OUTCOMES.items()))
    code = models.CharField(max_length=40, blank=True)
    sentence = models.CharField(max_length=400, blank=True)
    at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["district", "state"], name="field_outcome_state")]


class FieldFile(TenantModel):
    """A file that comes piece by piece; `stored` once all of it is there and has the hash it had on the phone."""

    inspection = TenantForeignKey(Inspection, on_delete=models.CASCADE, related_name="field_files")
    device = TenantForeignKey(FieldDevice, related_name="files")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    received = models.PositiveBigIntegerField(default=0)
    began_at = models.DateTimeField(default=timezone.now)
    stored = TenantForeignKey(StoredFile, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["district", "inspection", "device", "sha256"], name="field_file")
        ]


class FieldPart(TenantModel):
    """A phone's part of a visit, declared complete: all its operations up to `count` have come. What it does
    afterwards makes the part incomplete again."""

    inspection = TenantForeignKey(Inspection, on_delete=models.CASCADE, related_name="parts")
    device = TenantForeignKey(FieldDevice, related_name="parts")
    count = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64, help_text="of the operations' numbers and ids, a line each")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["district", "inspection", "device"], name="field_part")
        ]


class FieldRecord(TenantModel):
    """The one version of a visit that both sides signed on a phone: its bytes, their hash as it stood on the screen."""

    inspection = TenantForeignKey(Inspection, on_delete=models.CASCADE, related_name="records")
    number = models.PositiveSmallIntegerField(default=1)
    device = TenantForeignKey(FieldDevice, related_name="+")
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    signed_at = models.DateTimeField()
    without = models.CharField(
        max_length=200, blank=True, help_text="why it was signed without another phone's part"
    )
    unsigned_reason = models.CharField(
        max_length=200, blank=True, help_text="why nobody of the facility signed"
    )
    void_at = models.DateTimeField(null=True, help_text="when the second one sent it back")

    class Meta:
        ordering = ["inspection", "number"]
        constraints = [
            models.UniqueConstraint(fields=["district", "inspection", "number"], name="field_record")
        ]


class FieldSignature(TenantModel):
    """A signature under a record, drawn on the phone's screen."""

    record = TenantForeignKey(FieldRecord, on_delete=models.CASCADE, related_name="signatures")
    side = models.CharField(max_length=10, choices=in_language(SIDES.items()))
    name = models.CharField(max_length=60)
    file = TenantForeignKey(StoredFile, related_name="+")

    class Meta:
        ordering = ["record", "pk"]


class FieldAddendum(TenantModel):
    """What came, or was decided, after both sides had signed; the facility gets to see it. Never changed but for
    who has seen it."""

    inspection = TenantForeignKey(Inspection, on_delete=models.CASCADE, related_name="addenda")
    facility = TenantForeignKey(Facility, related_name="+")
    number = models.PositiveSmallIntegerField()
    operation = TenantForeignKey(FieldOperation, null=True, related_name="+")
    item = TenantForeignKey(ChecklistItem, null=True, related_name="+")
    content = models.JSONField(default=dict, help_text="value, note, mended, sha256 of a file")
    file = TenantForeignKey(StoredFile, null=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(help_text="when it was done on the phone")
    at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(null=True, help_text="when somebody of the facility had read it")
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    reach_paths = {Reach.TEAM: "inspection__all_team__inspector__user", Reach.FACILITIES: "facility"}

    class Meta:
        ordering = ["inspection", "number"]
        constraints = [
            models.UniqueConstraint(fields=["district", "inspection", "number"], name="field_addendum")
        ]
