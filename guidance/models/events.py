"""Events for families (育儿加油站, 亲子嘉年华 …), who signed up for them, what they thought of it, photographs.

Of a family there is a telephone, encrypted, and the age of a child in months; both are forgotten after the event.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from facilities.models import ConsentText, Facility
from guidance.models.courses import GuidanceCourse, Lecturer
from guidance.models.places import GuidancePlace
from guidance.models.services import GuidedChild
from guidance.rules import events as rules
from guidance.rules.states import EVENT, SIGNUP
from portal.choices import in_language
from portal.crypto import EncryptedField
from portal.models.places import Street
from portal.models.records import StoredFile
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel, WithheldCharField


class GuidanceEvent(TenantModel):
    """One event. `taken`: families that have a place, counted with each sign-up under the row's lock; `came`: families
    that were there, signed up or not, said when it is closed."""

    code = models.CharField(_("编号"), max_length=12, help_text="MHE0001, given by the product")
    kind = models.CharField(_("类型"), max_length=10, choices=in_language(rules.KINDS.items()))
    level = models.CharField(_("级别"), max_length=8, choices=in_language(rules.LEVELS.items()))
    street = TenantForeignKey(
        Street, null=True, blank=True, related_name="guidance_events", verbose_name=_("街镇")
    )
    title = models.CharField(_("活动名称"), max_length=60)
    domains = ArrayField(models.CharField(max_length=10), default=list, blank=True, verbose_name=_("领域"))
    online = models.BooleanField(_("线上"), default=False)
    held_on = models.DateField(_("日期"))
    starts_at = models.TimeField(_("开始时间"))
    ends_at = models.TimeField(_("结束时间"))
    place = TenantForeignKey(
        GuidancePlace, null=True, blank=True, related_name="events", verbose_name=_("指导场所")
    )
    facility = TenantForeignKey(Facility, null=True, blank=True, related_name="guidance_events")
    venue = models.CharField(_("地点"), max_length=80, blank=True)
    address = models.CharField(_("地址"), max_length=200, blank=True)
    months_from = models.PositiveSmallIntegerField(_("从几个月"), default=0)
    months_until = models.PositiveSmallIntegerField(_("到几个月"), default=rules.OLDEST)
    capacity = models.PositiveIntegerField(_("名额（户）"))
    opens_at = models.DateTimeField(_("报名开始"))
    closes_at = models.DateTimeField(_("报名截止"))
    giver = models.CharField(_("谁来做"), max_length=60)
    course = TenantForeignKey(
        GuidanceCourse, null=True, blank=True, related_name="events", verbose_name=_("课程")
    )
    lecturer = TenantForeignKey(
        Lecturer, null=True, blank=True, related_name="events", verbose_name=_("讲师"), help_text="not public"
    )
    description = models.TextField(_("内容"))
    state = models.CharField(
        _("状态"), max_length=10, choices=in_language(EVENT.states.items()), default=EVENT.initial
    )
    taken = models.PositiveIntegerField(default=0)
    walk_ins = models.PositiveIntegerField(default=0)
    came = models.PositiveIntegerField(default=0)
    closed_on = models.DateField(null=True, blank=True)
    cancel_reason = models.CharField(_("取消的原因"), max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    reach_paths = {Reach.STREETS: "street"}
    public_rows = "state <> 'draft'"
    public_columns = (
        "code", "kind", "level", "street", "title", "domains", "online", "held_on", "starts_at", "ends_at", "venue",
        "address", "months_from", "months_until", "capacity", "opens_at", "closes_at", "giver", "description", "state",
        "taken", "cancel_reason",
    )  # fmt: skip

    class Meta:
        ordering = ["-held_on", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "code"], name="guidance_event_code"),
            models.CheckConstraint(condition=Q(taken__lte=F("capacity")), name="guidance_event_full"),
            models.CheckConstraint(
                condition=Q(level=rules.STREET, street__isnull=False)
                | Q(level=rules.DISTRICT, street__isnull=True),
                name="guidance_event_level",
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="guidance_event_hours"),
        ]
        indexes = [models.Index(fields=["district", "-held_on", "-id"], name="guidance_event_order")]

    def __str__(self):
        return self.title

    @property
    def name(self) -> str:
        return self.title

    @property
    def begins(self) -> datetime:
        return timezone.make_aware(datetime.combine(self.held_on, self.starts_at))

    @property
    def left(self) -> int:
        return self.capacity - self.taken

    @property
    def domain_names(self) -> list[str]:
        return [str(word) for key, word in in_language(rules.DOMAINS.items()) if key in self.domains]

    def signing(self, now: datetime) -> str:
        return rules.signing(self.state, self.opens_at, self.closes_at, now)


class EventSignup(TenantModel):
    """One family at one event. `nonce` and the row's id, signed, are its own link; `code` is what its QR says at the
    door. `told`: the messages that went to it, so that none goes twice."""

    event = TenantForeignKey(GuidanceEvent, related_name="signups")
    phone = EncryptedField(null=True)
    phone_hash = WithheldCharField(max_length=64, null=True)
    phone_tail = models.CharField(_("手机尾号"), max_length=4, blank=True)
    months = models.PositiveSmallIntegerField(_("月龄"))
    consent = TenantForeignKey(ConsentText, related_name="+")
    code = models.CharField(_("签到码"), max_length=rules.CODE, null=True)
    nonce = WithheldCharField(max_length=24, null=True)
    card_hash = WithheldCharField(
        max_length=64,
        null=True,
        help_text="of the handbook that the family named, so that the service is counted",
    )
    state = models.CharField(
        _("状态"), max_length=10, choices=in_language(SIGNUP.states.items()), default=SIGNUP.initial
    )
    signed_at = models.DateTimeField(_("报名时间"))
    moved_up_at = models.DateTimeField(null=True, blank=True)
    attended_at = models.DateTimeField(_("签到时间"), null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    forgotten_on = models.DateField(null=True, blank=True)
    told = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="who checked it in",
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "event", "phone_hash"],
                condition=Q(phone_hash__isnull=False) & ~Q(state="cancelled"),
                name="signup_once",
            ),
            models.UniqueConstraint(
                fields=["district", "code"], condition=Q(code__isnull=False), name="signup_code"
            ),
        ]
        indexes = [models.Index(fields=["district", "event", "state", "id"], name="signup_of_event")]

    def __str__(self):
        return _("尾号 %(tail)s") % {"tail": self.phone_tail} if self.phone_tail else f"#{self.pk}"


class EventChild(TenantModel):
    """A child of the guidance list at an event: of a family that signed up, or one that came by itself (no sign-up). What
    of them counts is written to the child's services (services/event_children.py). Where the phone was forgotten, or
    the family withdrew, the sign-up is no longer named."""

    event = TenantForeignKey(GuidanceEvent, related_name="children")
    child = TenantForeignKey(GuidedChild, related_name="+")
    signup = TenantForeignKey(EventSignup, null=True, blank=True, related_name="children")
    walk_in = models.BooleanField(default=False)
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "event", "child"], name="event_child_once"),
            models.UniqueConstraint(
                fields=["district", "signup"], condition=Q(signup__isnull=False), name="event_child_of_signup"
            ),
        ]


class EventRating(TenantModel):
    """What a family that was there thought of it, once. Not public. Never changed."""

    event = TenantForeignKey(GuidanceEvent, related_name="ratings")
    signup = TenantForeignKey(EventSignup, related_name="ratings")
    score = models.PositiveSmallIntegerField(_("打分"))
    words = models.CharField(_("想说的"), max_length=rules.WORDS, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    append_only = True

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "signup"], name="event_rating_once"),
            models.CheckConstraint(condition=Q(score__gte=1, score__lte=5), name="event_rating_score"),
        ]


class EventPhoto(TenantModel):
    """A photograph of an event, without what the camera wrote into it; those shown agreed, says who added it."""

    event = TenantForeignKey(GuidanceEvent, related_name="photos")
    file = TenantForeignKey(StoredFile, related_name="+")
    agreed = models.BooleanField(default=False)
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=Q(agreed=True), name="event_photo_agreed")]
