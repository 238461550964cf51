"""Families that asked for guidance, by a child each, and the services that they were given.

Nothing here says who a child is: the number of its health handbook stands as a keyed hash, which finds the child when
the handbook is shown, and is forgotten when the purpose has ended. Who families are stands in facilities, behind
`open_child`, and is not needed to count.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from facilities.models import Consent, ConsentText, Facility
from guidance.models.places import GuidancePlace
from guidance.rules import services as rules
from portal.choices import in_language
from portal.models.places import Street
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel, TenantQuerySet, WithheldCharField


class GuidedQuerySet(TenantQuerySet):
    def listed_on(self, day):
        """Those whose family's request stands on a day."""
        return self.filter(Q(ended_on__isnull=True) | Q(ended_on__gt=day), asked_on__lte=day)


class GuidedChild(TenantModel):
    """A child whose family asked for guidance and agreed that the services are written down."""

    code = models.CharField(_("编号"), max_length=12)
    card_hash = WithheldCharField(max_length=64, null=True)
    card_tail = models.CharField(_("手册尾号"), max_length=4, blank=True)
    birth_month = models.DateField(_("出生年月"), help_text="the first of the month")
    street = TenantForeignKey(Street, related_name="guided_children", verbose_name=_("街镇"))
    place = TenantForeignKey(
        GuidancePlace, null=True, blank=True, related_name="+", verbose_name=_("负责的指导站")
    )
    asked_on = models.DateField(_("登记日期"))
    consent = TenantForeignKey(ConsentText, related_name="+")
    channel = models.CharField(_("同意的方式"), max_length=8, choices=Consent.Channel.choices)
    ended_on = models.DateField(null=True, blank=True)
    end_reason = models.CharField(
        _("原因"), max_length=10, blank=True, choices=in_language(rules.REASONS.items())
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    objects = GuidedQuerySet.as_manager()
    reach_paths = {Reach.STREETS: "street"}

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["district", "code"], name="guided_code"),
            models.UniqueConstraint(
                fields=["district", "card_hash"], condition=Q(card_hash__isnull=False), name="guided_once"
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=models.F("asked_on")),
                name="guided_days",
            ),
        ]
        indexes = [
            # what the figures ask of every child: districts' rows lie between each other in the table
            models.Index(
                fields=["district", "street"],
                include=["id", "asked_on", "ended_on", "birth_month"],
                name="guided_listed",
            )
        ]

    def __str__(self):
        return self.code


class GuidanceSession(TenantModel):
    """One time that guidance was given: where, of which kind, by whom, for how long. Struck out, never deleted."""

    place = TenantForeignKey(GuidancePlace, null=True, blank=True, related_name="sessions")
    facility = TenantForeignKey(Facility, null=True, blank=True, related_name="guidance_sessions")
    event = TenantForeignKey(
        "guidance.GuidanceEvent", null=True, blank=True, related_name="sessions",
        help_text="whose attendances these services are; it may be held elsewhere",
    )  # fmt: skip
    street = TenantForeignKey(
        Street,
        null=True,
        related_name="+",
        help_text="of the place, or of the event; none of the district's own",
    )
    given_by = models.CharField(max_length=8, choices=in_language(rules.GIVERS.items()))
    kind = models.CharField(_("种类"), max_length=10, choices=in_language(rules.KINDS.items()))
    online = models.BooleanField(_("线上"), default=False)
    served_on = models.DateField(_("日期"))
    hours = models.DecimalField(_("时长（小时）"), max_digits=4, decimal_places=1)
    topic = models.CharField(_("内容"), max_length=100)
    giver = models.CharField(_("提供人员"), max_length=60)
    children_n = models.PositiveSmallIntegerField(_("幼儿数"))
    struck_on = models.DateField(null=True, blank=True)
    struck_reason = models.CharField(max_length=100, blank=True)
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    reach_paths = {Reach.STREETS: "street"}

    class Meta:
        ordering = ["-served_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(place__isnull=False, facility__isnull=True)
                | Q(place__isnull=True, facility__isnull=False)
                | Q(place__isnull=True, facility__isnull=True, event__isnull=False),
                name="session_at_one_place",
            ),
            models.CheckConstraint(
                condition=Q(street__isnull=False) | Q(event__isnull=False), name="session_street"
            ),
            models.UniqueConstraint(
                fields=["district", "event"], condition=Q(event__isnull=False), name="session_of_event"
            ),
        ]
        indexes = [
            models.Index(fields=["district", "-served_on", "-id"], name="guidance_session_order"),
            models.Index(fields=["district", "street", "-served_on", "-id"], name="guidance_session_street"),
        ]

    @property
    def venue(self) -> str:
        if self.place_id or self.facility_id:
            return (self.place if self.place_id else self.facility).name
        return str(_("线上")) if self.online else self.event.venue


class GuidanceService(TenantModel):
    """One child at one session, with what counting needs, so that figures read one covering index and no other table.

    Rows of a session that was struck out are gone. Half a million a year and district.
    """

    session = TenantForeignKey(GuidanceSession, on_delete=models.CASCADE, related_name="services")
    child = TenantForeignKey(GuidedChild, related_name="services")
    street = TenantForeignKey(Street, related_name="+", help_text="of the child on the day")
    served_on = models.DateField()
    kind = models.CharField(max_length=10)
    given_by = models.CharField(max_length=8)
    online = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["district", "session", "child"], name="service_once")]
        indexes = [
            # in the order of children, so that the year's count of each needs neither a sort nor a hash
            models.Index(
                fields=["district", "child"],
                include=["served_on", "kind", "given_by", "online"],
                name="service_counted",
            )
        ]
