"""A visit on site: team, answers, findings, orders, re-inspection."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from facilities.models import Facility
from inspections.models.campaigns import Campaign
from inspections.models.checklists import ChecklistItem, ChecklistVersion
from inspections.models.complaints import Complaint
from inspections.models.draws import Draw
from inspections.models.incidents import Incident
from inspections.models.plans import Inspector
from inspections.rules.states import (
    ANSWERS,
    CANCEL_REASONS,
    FINDING,
    INSPECTION,
    OPEN,
    ORDER,
    UNSCHEDULED_REASONS,
    WEIGHTS,
)
from portal.choices import in_language
from portal.models.places import Unit
from portal.models.records import StoredFile
from portal.rules.rights import Reach, Role
from portal.tenancy import TenantForeignKey, TenantModel, TenantQuerySet


class InspectionQuerySet(TenantQuerySet):
    def finished(self):
        return self.filter(state__in=("finished", "published"))

    def open(self):
        return self.filter(state__in=OPEN)

    def public(self, on):
        """What is public on the day, also where the task that ends what is over has not run yet."""
        over = models.Q(publication_ended_on__isnull=False) | models.Q(publish_until__lt=on)
        return self.filter(state="published", published_at__isnull=False).exclude(over)

    def known_to(self, actor):
        """The inspections that `actor` may see; a drawn visit still to be made is known to the bureau and its team.

        Inspections come unannounced (draw protocol): a head of a unit sees such a visit only where a head has
        to act, because its striking-off waits for a second person.
        """
        seen = self.allowed(actor, "inspection.view")
        if actor.process or Role.BUREAU in actor.roles:
            return seen
        hidden = models.Q(kind=Inspection.Kind.DRAWN, state__in=OPEN)
        team = TeamMember.objects.filter(inspector__user=actor.user, dropped_at__isnull=True)
        known = ~hidden | models.Q(pk__in=team.values("inspection"))
        if Role.UNIT_HEAD in actor.roles:
            known |= models.Q(cancel_requested_by__isnull=False)
        return seen.filter(known)


class Inspection(TenantModel):
    """A visit to a facility on site (现场检查), drawn or with a reason."""

    class Kind(models.TextChoices):
        DRAWN = "drawn", _("双随机")
        UNSCHEDULED = "unscheduled", _("有因检查")

    number = models.CharField(_("检查编号"), max_length=20)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    facility = TenantForeignKey(Facility, related_name="inspections")
    draw = TenantForeignKey(Draw, null=True, related_name="inspections")
    position = models.PositiveIntegerField(null=True, help_text="in the drawn list, from 1")
    month = models.DateField(help_text="first day of the month it belongs to")
    state = models.CharField(
        max_length=10, choices=in_language(INSPECTION.choices), default=INSPECTION.initial
    )
    due_on = models.DateField(help_text="last day on which it should be made")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True, help_text="signed_at, once the second has confirmed")
    finished_on = models.DateField(null=True, help_text="the local day of finished_at")
    finished_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    signed_at = models.DateTimeField(null=True, help_text="when one of the team ended the visit on site")
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    waiver = models.CharField(
        max_length=200,
        blank=True,
        help_text="why the bureau let the visit stand without the second inspector",
    )
    present = models.CharField(_("机构在场人员"), max_length=60, blank=True)
    objection = models.TextField(_("机构意见"), blank=True)
    summary = models.TextField(_("检查小结"), blank=True)
    publish_by = models.DateField(null=True, help_text="the publication clock's last day")
    published_at = models.DateTimeField(null=True)
    publish_until = models.DateField(null=True, help_text="last day on which the result is public")
    publication_ended_on = models.DateField(null=True, help_text="first day on which it is public no more")
    reason_kind = models.CharField(
        _("起因"), max_length=10, choices=in_language(UNSCHEDULED_REASONS.items()), blank=True
    )
    reason = models.CharField(_("缘由"), max_length=200, blank=True)
    complaint = TenantForeignKey(Complaint, null=True, blank=True, related_name="inspections")
    incident = TenantForeignKey(Incident, null=True, blank=True, related_name="inspections")
    cause_order = TenantForeignKey("inspections.Order", null=True, blank=True, related_name="caused")
    campaign = TenantForeignKey(
        Campaign, null=True, blank=True, related_name="inspections", help_text="the campaign that sent it"
    )
    joint = models.BooleanField(
        default=False, help_text="several departments have parts in it: models/joint.py"
    )
    cancel_reason = models.CharField(max_length=14, choices=in_language(CANCEL_REASONS.items()), blank=True)
    cancel_note = models.CharField(max_length=200, blank=True)
    cancel_requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    version = models.PositiveIntegerField(default=1)

    objects = InspectionQuerySet.as_manager()
    reach_paths = {Reach.TEAM: "all_team__inspector__user"}
    #: By the day in China, also where the task that ends what is over is late.
    public_rows = (
        "published_at IS NOT NULL AND publication_ended_on IS NULL"
        " AND (publish_until IS NULL OR publish_until >= (now() AT TIME ZONE 'Asia/Shanghai')::date)"
    )
    #: Not what people wrote: a complaint's words, who was there, what the facility says.
    public_columns = (
        "number",
        "kind",
        "facility",
        "month",
        "state",
        "finished_on",
        "published_at",
        "publish_until",
        "campaign",
    )

    def get_kind_display(self) -> str:
        """How a visit is called: that of a campaign or a joint operation by its name, where the row says so."""
        reason = self.__dict__.get("reason_kind")  # not every list reads it, and the public role may not
        if reason in ("campaign", "operation"):
            return str(_(UNSCHEDULED_REASONS[reason]))
        return str(self.Kind(self.kind).label)

    class Meta:
        ordering = ["-month", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "number"], name="inspection_number"),
            models.UniqueConstraint(fields=["district", "draw", "facility"], name="one_visit_per_draw"),
            models.CheckConstraint(
                condition=~models.Q(kind="unscheduled") | ~models.Q(reason_kind=""),
                name="unscheduled_with_a_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(reason_kind__in=("campaign", "operation"), campaign__isnull=False)
                | (~models.Q(reason_kind__in=("campaign", "operation")) & models.Q(campaign__isnull=True)),
                name="sent_by_a_campaign",
            ),
            models.UniqueConstraint(
                fields=["district", "campaign", "facility"], name="one_visit_per_campaign"
            ),
            models.CheckConstraint(
                condition=models.Q(signed_by__isnull=True)
                | models.Q(confirmed_by__isnull=True)
                | ~models.Q(signed_by=models.F("confirmed_by")),
                name="a_second_confirms",
            ),
        ]
        indexes = [
            models.Index(fields=["district", "facility", "-finished_on", "-id"], name="inspection_last"),
            models.Index(fields=["district", "month", "state"], name="inspection_month"),
        ]

    def __str__(self):
        return self.number

    @property
    def chooses_items(self) -> bool:
        """Whether its items are written down one by one when it starts (VisitItem), not by whole lists."""
        return self.joint or self.campaign_id is not None


class InspectionChecklist(TenantModel):
    """Which version of which checklists a visit uses; fixed when it starts."""

    inspection = TenantForeignKey(Inspection, on_delete=models.CASCADE, related_name="checklists")
    version = TenantForeignKey(ChecklistVersion, related_name="+")
    short = models.BooleanField(default=False, help_text="begun with the key items only")
    opened_at = models.DateTimeField(
        null=True, help_text="when a key item failed: the full list from then on"
    )
    opened_by_item = TenantForeignKey(ChecklistItem, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["district", "inspection", "version"], name="inspection_checklist")
        ]


class TeamMember(TenantModel):
    """An inspector in a visit's team; one who dropped out stays on record."""

    class Origin(models.TextChoices):
        DRAWN = "drawn", _("抽取")
        REPLACEMENT = "replacement", _("递补")
        NAMED = "named", _("指派（非抽取）")

    inspection = TenantForeignKey(Inspection, on_delete=models.CASCADE, related_name="all_team")
    inspector = TenantForeignKey(Inspector, related_name="teams")
    origin = models.CharField(max_length=12, choices=Origin.choices)
    position = models.PositiveSmallIntegerField()
    dropped_at = models.DateTimeField(null=True)
    dropped_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["district", "inspection", "inspector"], name="team_member")
        ]


class Answer(TenantModel):
    """The answer to one item: 符合, 不符合, 未查 with reason."""

    inspection = TenantForeignKey(Inspection, on_delete=models.CASCADE, related_name="answers")
    item = TenantForeignKey(ChecklistItem, related_name="answers")
    value = models.CharField(max_length=6, choices=in_language(ANSWERS.items()), blank=True)
    note = models.TextField(blank=True, help_text="what was found, or why it was not looked at")
    mended_on_the_spot = models.BooleanField(default=False)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["district", "inspection", "item"], name="one_answer")]


class AnswerPhoto(TenantModel):
    """A photograph that belongs to an answer."""

    answer = TenantForeignKey(Answer, on_delete=models.CASCADE, related_name="photos")
    file = TenantForeignKey(StoredFile, related_name="+")
    meta = models.JSONField(
        default=dict, help_text="time, place and camera, as the phone knew them; never published"
    )


class VoiceNote(TenantModel):
    """Something spoken to an answer on site."""

    answer = TenantForeignKey(Answer, on_delete=models.CASCADE, related_name="voices")
    file = TenantForeignKey(StoredFile, related_name="+")
    meta = models.JSONField(default=dict, help_text="time, place and length, as the phone knew them")


class OrderQuerySet(TenantQuerySet):
    def named_to(self, actor):
        """The orders in whose re-inspection `actor` is named as one of the inspectors."""
        codes = list(Inspector.objects.filter(user=actor.user).values_list("code", flat=True))
        named = Recheck.objects.filter(on__isnull=False, inspectors__overlap=codes)
        return self.filter(pk__in=named.values("order")) if codes else self.none()

    def known_to(self, actor):
        """The orders that `actor` may see: by the table of rights, or as one of a re-inspection's inspectors."""
        seen = self.allowed(actor, "order.view")
        if actor.user is None or not actor.may("order.confirm_recheck"):
            return seen
        named = models.Q(pk__in=self.model.objects.named_to(actor).values("pk"))
        return self.filter(models.Q(pk__in=seen.values("pk")) | named)


class Order(TenantModel):
    """A rectification order to one facility with a deadline in working days (整改通知)."""

    number = models.CharField(_("整改通知编号"), max_length=20)
    inspection = TenantForeignKey(Inspection, related_name="orders")
    facility = TenantForeignKey(Facility, related_name="orders")
    unit = TenantForeignKey(
        Unit, null=True, related_name="orders", help_text="the department that issues it; none: the bureau"
    )
    state = models.CharField(max_length=10, choices=in_language(ORDER.choices), default=ORDER.initial)
    issued_on = models.DateField()
    due_on = models.DateField(help_text="the gravest finding's deadline; moved when a re-inspection fails")
    first_due_on = models.DateField(help_text="as it was set with the order: 'in time' is judged by it")
    provisional = models.BooleanField(
        default=False, help_text="counted over a year whose calendar was not known"
    )
    answered_on = models.DateField(null=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_on = models.DateField(null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    version = models.PositiveIntegerField(default=1)

    objects = OrderQuerySet.as_manager()
    reach_paths = {
        Reach.TEAM: "inspection__all_team__inspector__user",
        Reach.STREETS: "facility__street",
        Reach.FACILITIES: "facility",
        Reach.UNIT: "unit",
    }

    class Meta:
        ordering = ["due_on", "number"]
        constraints = [models.UniqueConstraint(fields=["district", "number"], name="order_number")]
        indexes = [
            models.Index(fields=["district", "state", "due_on"], name="order_due"),
            models.Index(fields=["district", "issued_on"], name="order_issued"),
        ]

    def __str__(self):
        return self.number


class Finding(TenantModel):
    """What was not in order (问题): one failed item."""

    inspection = TenantForeignKey(Inspection, on_delete=models.CASCADE, related_name="findings")
    order = TenantForeignKey(Order, null=True, related_name="findings")
    facility = TenantForeignKey(Facility, related_name="findings")
    item = TenantForeignKey(ChecklistItem, related_name="findings")
    item_key = models.SlugField(db_index=False, max_length=60)
    text = models.TextField()
    weight = models.CharField(max_length=6, choices=in_language(WEIGHTS.items()))
    state = models.CharField(max_length=10, choices=in_language(FINDING.choices), default=FINDING.initial)
    due_on = models.DateField(null=True)
    repeat_of = TenantForeignKey("self", null=True, related_name="repeats")
    published = models.BooleanField(default=False)
    withdrawn_on = models.DateField(
        null=True, help_text="it does not stand: an objection, or a change of the result"
    )
    withdrawn_reason = models.TextField(blank=True)

    public_rows = "published"
    #: Not the text, which may name somebody.
    public_columns = ("inspection", "facility", "item", "item_key", "weight", "state", "published")

    class Meta:
        ordering = ["inspection", "pk"]
        constraints = [models.UniqueConstraint(fields=["district", "inspection", "item"], name="one_finding")]
        indexes = [models.Index(fields=["district", "facility", "item_key"], name="finding_repeats")]


class OrderAnswer(TenantModel):
    """The operator's answer to one finding of an order, with files as evidence."""

    order = TenantForeignKey(Order, on_delete=models.CASCADE, related_name="answers")
    finding = TenantForeignKey(Finding, on_delete=models.CASCADE, related_name="answers")
    round = models.PositiveSmallIntegerField(default=1)
    text = models.TextField()
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["at", "pk"]


class OrderAnswerFile(TenantModel):
    answer = TenantForeignKey(OrderAnswer, on_delete=models.CASCADE, related_name="files")
    file = TenantForeignKey(StoredFile, related_name="+")


class Recheck(TenantModel):
    """A re-inspection of an order (复查): per finding closed or not, a new deadline where not.

    `passed` stays empty until two of its inspectors have signed, each on the own sign-in."""

    order = TenantForeignKey(Order, on_delete=models.CASCADE, related_name="rechecks")
    round = models.PositiveSmallIntegerField(default=1)
    planned_on = models.DateField(null=True)
    on = models.DateField(null=True)
    passed = models.BooleanField(null=True)
    note = models.TextField(blank=True)
    results = models.JSONField(default=dict, help_text='{"<finding id>": "closed" | "open"}')
    new_due_on = models.DateField(null=True)
    inspectors = ArrayField(models.CharField(max_length=12), default=list, help_text="who was there")
    signatures = ArrayField(models.CharField(max_length=12), default=list, help_text="who of them has signed")
    waiver = models.CharField(
        max_length=200, blank=True, help_text="why the bureau let it stand with one signature"
    )
    waived_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["order", "round"]
        constraints = [
            models.UniqueConstraint(fields=["district", "order", "round"], name="recheck_round"),
            models.CheckConstraint(
                condition=models.Q(passed__isnull=True)
                | models.Q(signatures__len__gte=2)
                | (models.Q(signatures__len__gte=1) & ~models.Q(waiver="")),
                name="two_sign_a_recheck",
            ),
        ]
