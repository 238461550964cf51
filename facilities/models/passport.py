"""What holds beyond one district: lifelong bans, and the hand-over of a person's certificates and hours.

A district sees its own decisions and logs only. What crosses the border does so in functions of the database
(facilities/across.py), which know these tables and read nothing else.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from facilities.models.people import StaffMember
from facilities.rules.people_states import BAN
from portal.choices import in_language
from portal.crypto import EncryptedField
from portal.models.places import District
from portal.models.records import StoredFile
from portal.tenancy import TenantForeignKey, TenantModel


def person(**options) -> models.ForeignKey:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", **options
    )


class Ban(models.Model):
    """A lifelong ban (终身禁入) that holds in all districts: the hash of the identity number, and nothing that says
    who decided or why. `token` is the decision's own, known to its district alone."""

    token = models.UUIDField(primary_key=True)
    identity_hash = models.CharField(max_length=64, db_index=True)

    def __str__(self):
        return str(self.token)


class BanDecision(TenantModel):
    """A district's decision to ban somebody, with its evidence, which stays in the district."""

    class Ground(models.TextChoices):
        SEXUAL = "sexual", _("性侵害")
        ABUSE = "abuse", _("虐待")
        TRAFFICKING = "trafficking", _("拐卖")
        VIOLENCE = "violence", _("暴力伤害")
        CONDUCT = "conduct", _("严重违反职业行为规范")

    token = models.UUIDField(default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=10, choices=in_language(BAN.choices), default=BAN.initial)
    name = models.CharField(_("姓名"), max_length=40)
    identity = EncryptedField()
    identity_hash = models.CharField(max_length=64)
    ground = models.CharField(_("事由"), max_length=12, choices=Ground.choices)
    document = models.CharField(_("文书编号"), max_length=80)
    evidence = models.TextField(_("认定的事实和证据"))
    file = TenantForeignKey(StoredFile, null=True, blank=True, related_name="+")
    entered_by = person()
    entered_at = models.DateTimeField()
    confirmed_by = person()
    confirmed_at = models.DateTimeField(null=True)
    decided_note = models.CharField(max_length=300, blank=True)
    lift_reason = models.TextField(blank=True)
    lift_file = TenantForeignKey(StoredFile, null=True, blank=True, related_name="+")
    lift_asked_by = person()
    lift_asked_at = models.DateTimeField(null=True)
    lift_confirmed_by = person()
    lift_confirmed_at = models.DateTimeField(null=True)
    lift_note = models.CharField(max_length=300, blank=True)

    across_columns = (
        "token", "state", "identity_hash", "entered_by", "confirmed_by", "lift_asked_by", "lift_confirmed_by",
    )  # fmt: skip

    class Meta:
        ordering = ["-entered_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "identity_hash"],
                condition=models.Q(state__in=["proposed", "confirmed", "lifting"]),
                name="one_ban_decision",
            ),
            models.UniqueConstraint(fields=["district", "token"], name="ban_decision_token"),
        ]
        indexes = [models.Index(fields=["district", "state", "-entered_at"], name="ban_decision_by_state")]

    def __str__(self):
        return str(self.token)


class HandOver(TenantModel):
    """A district asks for the certificates and hours of a person who agreed to it (跨区交接), and what it got."""

    class State(models.TextChoices):
        ASKED = "asked", _("已申请")
        RECEIVED = "received", _("已接收")
        NOT_FOUND = "not_found", _("对方区没有这个人的记录")

    token = models.UUIDField(default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    giving = models.ForeignKey(District, on_delete=models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(_("姓名"), max_length=40)
    identity = EncryptedField()
    identity_hash = models.CharField(max_length=64)
    consent = TenantForeignKey(StoredFile, related_name="+", help_text="the signed consent")
    consent_on = models.DateField(_("同意日期"))
    purpose = models.CharField(_("用途"), max_length=200)
    staff = TenantForeignKey(StaffMember, null=True, related_name="hand_overs")
    certificates = models.PositiveSmallIntegerField(default=0)
    trainings = models.PositiveSmallIntegerField(default=0)
    asked_by = person()
    asked_at = models.DateTimeField()

    across_columns = (
        "token", "state", "giving", "name", "identity_hash", "consent", "consent_on", "purpose",
    )  # fmt: skip

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["district", "token"], name="hand_over_token")]
        indexes = [models.Index(fields=["district", "-asked_at"], name="hand_over_by_day")]

    def __str__(self):
        return str(self.token)


class HandOverGiven(TenantModel):
    """The giving district's log of a hand-over: who asked for whose records, on which consent, and what went out.

    Written by the function of the database that gives the records, in the same statement."""

    token = models.UUIDField()
    asking = models.ForeignKey(District, on_delete=models.PROTECT, related_name="+", db_index=False)
    staff = TenantForeignKey(StaffMember, related_name="given")
    consent_on = models.DateField()
    purpose = models.CharField(max_length=200)
    certificates = models.PositiveSmallIntegerField()
    trainings = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    append_only = True
    across_log = True

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["district", "token"], name="hand_over_given_once")]
        indexes = [models.Index(fields=["district", "-at"], name="hand_over_given_by_day")]

    def __str__(self):
        return str(self.token)
