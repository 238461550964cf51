"""What parents agree to: consent for each purpose by itself, and the agreement with a facility, both by versions
of their text."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from facilities.models.facilities import Facility
from facilities.models.families import Child, Parent
from portal.models.records import StoredFile
from portal.tenancy import TenantForeignKey, TenantModel, TenantQuerySet


class TextQuerySet(TenantQuerySet):
    def in_force(self, on):
        """Texts that have begun, the newest first; a later version follows an earlier one without a gap."""
        return self.filter(starts_on__lte=on).order_by("-starts_on", "-number")


class ConsentText(TenantModel):
    """One version of what a consent says, for one purpose. Never changed: a new wording is a new version."""

    class Purpose(models.TextChoices):
        CARE = "care", _("照护服务")
        HEALTH = "health", _("健康信息")
        GUIDANCE = "guidance", _("科学育儿指导")
        PHOTO = "photo", _("影像")
        NOTICE = "notice", _("消息通知")
        EVENT = "event", _("活动报名")
        RESOURCE = "resource", _("资源订阅")

    purpose = models.CharField(_("目的"), max_length=10, choices=Purpose.choices)
    number = models.PositiveSmallIntegerField(_("版次"))
    title = models.CharField(_("标题"), max_length=80)
    text = models.TextField(_("全文"))
    starts_on = models.DateField(_("启用日期"))
    #: Written for personal information of children under 14, who need a consent of their own (PIPL 31).
    for_children = models.BooleanField(_("不满十四周岁单独同意"), default=True)
    #: Consents to earlier versions no longer count; the parent is asked anew.
    renew = models.BooleanField(_("要重新签"), default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    objects = TextQuerySet.as_manager()
    append_only = True

    class Meta:
        ordering = ["purpose", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["district", "purpose", "number"], name="consent_text_version")
        ]

    def __str__(self):
        return f"{self.title} v{self.number}"


class Consent(TenantModel):
    """A parent's consent for a child and one purpose: to which text, when, how; and when it was withdrawn."""

    class Channel(models.TextChoices):
        PAPER = "paper", _("纸质签字")
        ON_SITE = "on_site", _("当面确认")
        ONLINE = "online", _("网上确认")

    child = TenantForeignKey(Child, on_delete=models.CASCADE, related_name="consents")
    parent = TenantForeignKey(Parent, on_delete=models.CASCADE, related_name="consents")
    text = TenantForeignKey(ConsentText, related_name="consents")
    purpose = models.CharField(max_length=10, choices=ConsentText.Purpose.choices)
    channel = models.CharField(_("方式"), max_length=8, choices=Channel.choices)
    given_on = models.DateField()
    withdrawn_on = models.DateField(null=True, blank=True)
    file = TenantForeignKey(StoredFile, null=True, blank=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-given_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "child", "purpose"],
                condition=Q(withdrawn_on__isnull=True),
                name="one_open_consent",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_on__isnull=True) | Q(withdrawn_on__gte=models.F("given_on")),
                name="consent_dates",
            ),
        ]


class AgreementText(TenantModel):
    """One version of the service agreement with its four parts (金教〔2023〕29号 六4). Never changed."""

    number = models.PositiveSmallIntegerField(_("版次"))
    title = models.CharField(_("标题"), max_length=80)
    duties = models.TextField(_("双方的权利义务"))
    fees = models.TextField(_("收费标准"))
    refunds = models.TextField(_("收（退）费方法"))
    disputes = models.TextField(_("纠纷怎么解决"))
    starts_on = models.DateField(_("启用日期"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    objects = TextQuerySet.as_manager()
    append_only = True

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["district", "number"], name="agreement_text_version")]

    def __str__(self):
        return f"{self.title} v{self.number}"


class Agreement(TenantModel):
    """Who signed which version with which facility, when, at which fee."""

    child = TenantForeignKey(Child, on_delete=models.CASCADE, related_name="agreements")
    facility = TenantForeignKey(Facility, on_delete=models.CASCADE, related_name="agreements")
    parent = TenantForeignKey(Parent, on_delete=models.CASCADE, related_name="agreements")
    text = TenantForeignKey(AgreementText, related_name="agreements")
    fee = models.CharField(_("约定的收费"), max_length=80)
    signed_on = models.DateField(_("签订日期"))
    ends_on = models.DateField(null=True, blank=True)
    file = TenantForeignKey(StoredFile, null=True, blank=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-signed_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "child", "facility"],
                condition=Q(ends_on__isnull=True),
                name="one_open_agreement",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=models.F("signed_on")),
                name="agreement_dates",
            ),
        ]
