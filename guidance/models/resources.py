"""Resources for families with their editions, who uses a kit, who is sent what, and how often it was opened.

Of a family there is a telephone, encrypted, and the week in which its child was born. What was sent and opened is
counted by resource and day: nothing says who opened what.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from facilities.models import ConsentText, Facility
from guidance.rules import resources as rules
from guidance.rules.states import RESOURCE, SENDING
from portal.choices import in_language
from portal.crypto import EncryptedField
from portal.models.places import Street
from portal.models.records import StoredFile
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel, WithheldCharField


def person() -> models.ForeignKey:
    return models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")


class GuidanceResource(TenantModel):
    """One edition of a resource; all editions of it have its code. A kit (资源包) is a resource whose `parts` are the
    codes of others, in their order."""

    code = models.CharField(_("编号"), max_length=12, help_text="MHV0001, given by the product")
    edition = models.PositiveSmallIntegerField(_("版次"), default=1)
    kind = models.CharField(_("类型"), max_length=10, choices=in_language(rules.KINDS.items()))
    title = models.CharField(_("标题"), max_length=60)
    theme = models.CharField(_("主题"), max_length=12, choices=in_language(rules.THEMES.items()))
    audience = models.CharField(_("面向"), max_length=8, choices=in_language(rules.AUDIENCES.items()))
    language = models.CharField(_("语言"), max_length=2, choices=list(rules.LANGUAGES.items()))
    weeks_from = models.PositiveSmallIntegerField(_("从第几周"), default=0)
    weeks_until = models.PositiveSmallIntegerField(_("到第几周"), default=rules.LAST_WEEK)
    summary = models.CharField(_("讲什么"), max_length=200)
    text = models.TextField(_("正文"), blank=True)
    link = models.CharField(_("网址"), max_length=300, blank=True)
    file = TenantForeignKey(StoredFile, null=True, blank=True, related_name="+")
    source = models.CharField(_("谁做的"), max_length=80)
    rights = models.CharField(_("使用许可"), max_length=200)
    own = models.BooleanField(_("本区研制"), default=False)
    pushed = models.BooleanField(_("发给订阅的家庭"), default=True)
    parts = ArrayField(
        models.CharField(max_length=12), default=list, blank=True, verbose_name=_("放哪些资源")
    )
    state = models.CharField(
        _("状态"), max_length=10, choices=in_language(RESOURCE.choices), default=RESOURCE.initial
    )
    submitted_by = person()
    published_by = person()
    published_on = models.DateField(_("公开日期"), null=True, blank=True)
    withdrawn_on = models.DateField(null=True, blank=True)
    note = models.CharField(_("原因"), max_length=200, blank=True, help_text="of a return or a withdrawal")
    version = models.PositiveIntegerField(default=1)
    by = person()

    public_rows = "state = 'published'"
    public_columns = (
        "code", "edition", "kind", "title", "theme", "audience", "language", "weeks_from", "weeks_until", "summary", "text",
        "link", "file", "source", "rights", "own", "parts", "state", "published_on",
    )  # fmt: skip

    class Meta:
        ordering = ["code", "-edition"]
        constraints = [
            models.UniqueConstraint(fields=["district", "code", "edition"], name="resource_edition"),
            models.UniqueConstraint(
                fields=["district", "code"], condition=Q(state="published"), name="resource_in_force"
            ),
            models.CheckConstraint(condition=Q(weeks_until__gte=F("weeks_from")), name="resource_weeks"),
            models.CheckConstraint(
                condition=Q(published_by__isnull=True)
                | Q(submitted_by__isnull=True)
                | ~Q(published_by=F("submitted_by")),
                name="resource_second_person",
            ),
        ]

    def __str__(self):
        return self.title

    @property
    def name(self) -> str:
        return self.title


class KitUse(TenantModel):
    """A facility, or a street itself, uses a kit from a day on."""

    kit = TenantForeignKey(GuidanceResource, related_name="uses")
    street = TenantForeignKey(Street, related_name="+", verbose_name=_("街镇"))
    facility = TenantForeignKey(
        Facility, null=True, blank=True, related_name="kit_uses", verbose_name=_("机构")
    )
    used_from = models.DateField(_("开始使用"))
    note = models.CharField(_("怎么用"), max_length=200, blank=True)
    by = person()

    reach_paths = {Reach.STREETS: "street"}

    class Meta:
        ordering = ["-used_from", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "kit", "facility"],
                condition=Q(facility__isnull=False),
                name="kit_use_of_facility",
            ),
            models.UniqueConstraint(
                fields=["district", "kit", "street"],
                condition=Q(facility__isnull=True),
                name="kit_use_of_street",
            ),
        ]


class ResourceSubscription(TenantModel):
    """A family that wants to be sent what fits. Deleted whole when it opts out or the child is three."""

    phone = EncryptedField()
    phone_hash = WithheldCharField(max_length=64)
    nonce = WithheldCharField(max_length=24)
    birth_week = models.DateField(help_text="the Monday of the week in which the child was born")
    language = models.CharField(max_length=2, choices=list(rules.LANGUAGES.items()))
    consent = TenantForeignKey(ConsentText, related_name="+")
    since = models.DateField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "phone_hash"], name="subscription_once"),
        ]

    def __str__(self):
        return f"#{self.pk}"


class ResourceSending(TenantModel):
    """One resource on its way to one family, once. Goes with the subscription."""

    subscription = TenantForeignKey(ResourceSubscription, on_delete=models.CASCADE, related_name="sendings")
    code = models.CharField(max_length=12)
    planned_on = models.DateField()
    state = models.CharField(max_length=10, choices=in_language(SENDING.choices), default=SENDING.initial)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "subscription", "code"], name="sending_once"),
        ]
        indexes = [
            models.Index(
                fields=["district", "planned_on"], condition=~Q(state="sent"), name="sending_not_sent"
            ),
        ]


class ResourceDay(TenantModel):
    """What became of a resource on a day: messages sent, not taken by the provider, links opened. Of nobody."""

    code = models.CharField(max_length=12)
    day = models.DateField(_("日期"))
    sent = models.PositiveIntegerField(_("发出"), default=0)
    failed = models.PositiveIntegerField(_("没发出"), default=0)
    opened = models.PositiveIntegerField(_("打开"), default=0)

    class Meta:
        ordering = ["-day"]
        constraints = [models.UniqueConstraint(fields=["district", "code", "day"], name="resource_day")]
