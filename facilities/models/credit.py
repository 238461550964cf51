"""The credit record of facilities, the two lists that rest on it, and what is asked of an entry."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from facilities.models.facilities import OF_FACILITY, Facility
from facilities.rules import credit as rules
from portal.choices import in_language
from portal.models.records import StoredFile
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel, TenantQuerySet


def person(**options) -> models.ForeignKey:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", **options
    )


class CreditQuerySet(TenantQuerySet):
    def known_to(self, actor):
        """What the actor sees: drafts of entries only those who make and decide them, and the auditor."""
        found = self.allowed(actor, "credit.view")
        return found if actor.may("credit_draft.view") else found.exclude(state__in=("proposed", "declined"))

    def standing(self, on=None):
        """In force on the day, also where the task that ends what is over has not run yet."""
        on = on or timezone.localdate()
        return self.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on), state="in_force")

    def listed(self):
        return self.filter(kind__in=rules.LISTS)


class CreditEntry(TenantModel):
    """An honour, a penalty, a broken promise, or a place on one of the two lists, by a decision with its document."""

    class Kind(models.TextChoices):
        HONOUR = rules.HONOUR, _("荣誉表彰")
        PENALTY = rules.PENALTY, _("行政处罚")
        PROMISE = rules.PROMISE, _("违背承诺")
        INCENTIVE = rules.INCENTIVE, _("守信联合激励")
        DISCIPLINE = rules.DISCIPLINE, _("失信联合惩戒")

    class Matter(models.TextChoices):
        GENERAL = "general", _("一般事项")
        FOOD = "food", _("食品")
        FIRE = "fire", _("消防")

    number = models.CharField(_("编号"), max_length=20)
    facility = TenantForeignKey(
        Facility, on_delete=models.CASCADE, related_name="credit", verbose_name=_("机构")
    )
    kind = models.CharField(_("种类"), max_length=10, choices=Kind.choices)
    matter = models.CharField(_("事项"), max_length=8, choices=Matter.choices, default=Matter.GENERAL)
    state = models.CharField(
        _("状态"), max_length=10, choices=in_language(rules.CREDIT.choices), default=rules.CREDIT.initial
    )
    title = models.CharField(_("什么事"), max_length=100)
    facts = models.TextField(_("事实和依据"))
    authority = models.CharField(_("认定单位"), max_length=80)
    document = models.CharField(_("决定书文号"), max_length=80)
    decided_on = models.DateField(_("决定日期"))
    file = TenantForeignKey(StoredFile, related_name="+", verbose_name=_("决定书"))
    ground = TenantForeignKey(
        "facilities.CreditEntry", null=True, blank=True, related_name="rests", verbose_name=_("依据的记录")
    )
    entered_by = person()
    entered_at = models.DateTimeField()
    confirmed_by = person()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(_("审定意见"), max_length=300, blank=True)
    notice_number = models.CharField(_("告知书文号"), max_length=40, blank=True)
    notice_file = TenantForeignKey(StoredFile, null=True, blank=True, related_name="+")
    objection_until = models.DateField(_("异议期到"), null=True, blank=True)
    starts_on = models.DateField(_("生效日期"), null=True, blank=True)
    ends_on = models.DateField(_("期限到"), null=True, blank=True, help_text="its last day")
    repair_from = models.DateField(_("可以申请修复"), null=True, blank=True)
    left_on = models.DateField(
        _("离开日期"), null=True, blank=True, help_text="first day on which it holds no more"
    )
    left_note = models.CharField(max_length=300, blank=True)

    objects = CreditQuerySet.as_manager()
    reach_paths = OF_FACILITY
    #: Whatever is in force, by the day in China; who entered it and the facts are not public.
    public_rows = (
        "state = 'in_force' AND (ends_on IS NULL OR ends_on >= (now() AT TIME ZONE 'Asia/Shanghai')::date)"
    )
    public_columns = (
        "number", "facility", "kind", "state", "title", "authority", "document", "decided_on", "starts_on", "ends_on",
    )  # fmt: skip

    class Meta:
        ordering = ["-entered_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "number"], name="credit_number"),
            models.UniqueConstraint(
                fields=["district", "facility", "kind"],
                condition=Q(kind__in=rules.LISTS, state__in=rules.OPEN),
                name="one_place_on_a_list",
            ),
            models.CheckConstraint(
                condition=Q(kind=rules.DISCIPLINE, ground__isnull=False)
                | (~Q(kind=rules.DISCIPLINE) & Q(ground__isnull=True)),
                name="credit_ground",
            ),
        ]
        indexes = [
            models.Index(fields=["district", "facility", "kind"], name="credit_by_facility"),
            models.Index(fields=["district", "state", "kind"], name="credit_by_state"),
            models.Index(
                fields=["district", "facility"],
                include=["kind", "ends_on"],
                condition=Q(kind__in=rules.LISTS, state="in_force"),
                name="credit_listed",
            ),
        ]

    def __str__(self):
        return self.number


class CreditRequest(TenantModel):
    """An objection to an entry, an application for repair, or the district's own wish to take it off its list."""

    class Kind(models.TextChoices):
        OBJECTION = rules.OBJECTION, _("异议")
        REPAIR = rules.REPAIR, _("信用修复")
        RELEASE = rules.RELEASE, _("提前移出")

    entry = TenantForeignKey(CreditEntry, on_delete=models.CASCADE, related_name="requests")
    kind = models.CharField(_("种类"), max_length=10, choices=Kind.choices)
    state = models.CharField(
        _("状态"), max_length=10, choices=in_language(rules.REQUEST.choices), default=rules.REQUEST.initial
    )
    reason = models.TextField(_("理由"))
    file = TenantForeignKey(StoredFile, null=True, blank=True, related_name="+", verbose_name=_("材料"))
    on_paper = models.BooleanField(
        default=False, help_text="the district wrote down what the facility handed in"
    )
    asked_by = person()
    asked_at = models.DateTimeField()
    answer_due = models.DateField(_("答复期限"))
    decided_by = person()
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(_("答复"), max_length=500, blank=True)

    reach_paths = {Reach.STREETS: "entry__facility__street", Reach.FACILITIES: "entry__facility"}

    class Meta:
        ordering = ["asked_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "entry"], condition=Q(state="open"), name="one_open_credit_request"
            )
        ]
        indexes = [
            models.Index(fields=["district", "state", "answer_due"], name="credit_request_by_state"),
            models.Index(fields=["district", "entry"], name="credit_request_by_entry"),
        ]

    def __str__(self):
        return str(self.pk)


def listing(path: str = "pk", on=None) -> Subquery:
    """The one annotated column: the list on which the facility of a row stands, 'discipline' before 'incentive', or
    NULL. path: from the row to the facility's id."""
    found = CreditEntry.objects.standing(on).listed().filter(facility=OuterRef(path))
    return Subquery(found.order_by("kind").values("kind")[:1])


#: The same column as SQL, for statements that are no queryset: of a row with `facility_id` named `w`, on `%(as_of)s`.
LISTING = """(SELECT min(c.kind) FROM facilities_creditentry c WHERE c.facility_id = w.facility_id
    AND c.kind IN ('discipline', 'incentive') AND c.state = 'in_force'
    AND (c.ends_on IS NULL OR c.ends_on >= %(as_of)s))"""
