"""The watch list (视频巡查): minutes of recordings, drawn anew each week, and what was seen in them."""

from __future__ import annotations

import json

from django.conf import settings
from django.db import models
from django.utils import timezone

from facilities.models import Facility
from inspections.models.devices import VideoDevice
from inspections.models.visits import Inspection
from inspections.rules.states import WATCH
from inspections.rules.watch import OUTCOMES
from portal.choices import in_language
from portal.crypto import decrypt
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel, WithheldBinaryField


class WatchChain(TenantModel):
    """The fifty-four links of a year of weeks; only the anchor and revealed links ever leave the table."""

    year = models.PositiveSmallIntegerField()
    anchor = models.CharField(max_length=64)
    secret = WithheldBinaryField(help_text="link[53], encrypted; the others follow from it")
    made_at = models.DateTimeField(default=timezone.now)

    append_only = True
    public_rows = "true"
    public_columns = ("year", "anchor", "made_at")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["district", "year"], name="watch_chain")]


class WatchList(TenantModel):
    """The minutes drawn for one week (ISO week of the year), all from the days of that week."""

    chain = TenantForeignKey(WatchChain, related_name="lists")
    year = models.PositiveSmallIntegerField()
    week = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=in_language(WATCH.choices), default=WATCH.initial)
    frozen_sha256 = models.CharField(max_length=64)
    evidence = WithheldBinaryField(help_text="the evidence file, encrypted until it is public")
    evidence_sha256 = models.CharField(max_length=64)
    drawn_at = models.DateTimeField()
    due_on = models.DateField(help_text="by then every minute should be looked at")
    file = models.BinaryField(null=True, help_text="the evidence file, once it is public")
    published_at = models.DateTimeField(null=True)

    public_rows = "true"
    public_columns = (
        "year", "week", "state", "frozen_sha256", "evidence_sha256", "drawn_at", "file", "published_at",
    )  # fmt: skip

    class Meta:
        ordering = ["-year", "-week"]
        constraints = [
            models.UniqueConstraint(fields=["district", "year", "week"], name="one_watch_list"),
            models.CheckConstraint(condition=models.Q(week__gte=1, week__lte=53), name="watch_week"),
        ]

    def __str__(self):
        return f"{self.year}-W{self.week:02d}"

    @property
    def evidence_file(self) -> bytes:
        return decrypt(self.evidence)

    @property
    def facts(self) -> dict:
        """The evidence as a dict."""
        return json.loads(self.evidence_file)


class WatchSlot(TenantModel):
    """Ten minutes of one camera that were drawn, and what was seen in them."""

    watch_list = TenantForeignKey(WatchList, on_delete=models.CASCADE, related_name="slots")
    position = models.PositiveSmallIntegerField(help_text="in the drawn order, from 1")
    device = TenantForeignKey(VideoDevice, related_name="+")
    facility = TenantForeignKey(Facility, related_name="watched")
    starts_at = models.DateTimeField()
    outcome = models.CharField(max_length=8, choices=in_language(OUTCOMES.items()), blank=True)
    note = models.TextField(blank=True)
    seen_at = models.DateTimeField(null=True)
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    inspection = TenantForeignKey(
        Inspection, null=True, related_name="watched", help_text="the visit that was made of what was seen"
    )
    version = models.PositiveIntegerField(default=1)

    reach_paths = {Reach.STREETS: "facility__street", Reach.FACILITIES: "facility"}

    class Meta:
        ordering = ["watch_list", "position"]
        constraints = [
            models.UniqueConstraint(fields=["district", "watch_list", "position"], name="watch_position"),
            models.UniqueConstraint(
                fields=["district", "watch_list", "device", "starts_at"], name="watch_minutes"
            ),
            models.CheckConstraint(
                condition=models.Q(outcome="", seen_at__isnull=True)
                | (~models.Q(outcome="") & models.Q(seen_at__isnull=False)),
                name="watch_seen",
            ),
        ]
        indexes = [models.Index(fields=["district", "facility", "-starts_at"], name="watch_of_facility")]
