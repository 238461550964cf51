"""Support of facilities: rules with their versions, claims with what they counted, payments and what came back."""

from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from facilities.models.facilities import OF_FACILITY, Facility
from portal.choices import in_language
from portal.models.policy import Clause
from portal.models.records import StoredFile
from portal.tenancy import TenantForeignKey, TenantModel
from targets.models.attestations import person
from targets.rules import subsidies as rules


def money(*args, **kwargs) -> models.DecimalField:
    return models.DecimalField(*args, max_digits=10, decimal_places=2, **kwargs)


class SubsidyRule(TenantModel):
    """One subsidy of the district; what it pays from which day on say its versions."""

    key = models.SlugField(_("代码"), max_length=60, db_index=False)
    name = models.CharField(_("名称"), max_length=60)
    kind = models.CharField(_("种类"), max_length=9, choices=in_language(rules.KINDS.items()))

    class Meta:
        ordering = ["key"]
        constraints = [models.UniqueConstraint(fields=["district", "key"], name="subsidy_rule_key")]

    def __str__(self):
        return self.name


class SubsidyVersion(TenantModel):
    """What a subsidy pays, to whom and by which count, from a day on; proposed by one person, confirmed by another.

    Confirmed versions of a rule never overlap: the service locks the rule; the database refuses two from one day and
    two without end.
    """

    rule = TenantForeignKey(SubsidyRule, related_name="versions")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(
        _("状态"), max_length=9, choices=in_language(rules.VERSION.choices), default=rules.VERSION.initial
    )
    starts_on = models.DateField(_("起"))
    ends_on = models.DateField(_("止"), null=True, blank=True)
    clause = TenantForeignKey(Clause, null=True, blank=True, related_name="+", verbose_name=_("规划条款"))
    citation = models.CharField(_("标准出自"), max_length=200)
    measure = models.CharField(_("怎么算"), max_length=13, choices=in_language(rules.MEASURES.items()))
    count_month = models.PositiveSmallIntegerField(_("月"), null=True, blank=True)
    count_day = models.PositiveSmallIntegerField(_("日"), null=True, blank=True)
    period = models.CharField(_("多久申报一次"), max_length=7, choices=in_language(rules.PERIODS.items()))
    rate = money(_("金额标准"), help_text="元 for each unit counted; of receipts a per cent")
    cap = money(_("每家每年最多"), null=True, blank=True)
    facility_kinds = ArrayField(
        models.CharField(max_length=24, choices=Facility.Kind.choices), verbose_name=_("哪些机构")
    )
    inclusive = models.BooleanField(_("只限普惠机构"), default=False)
    non_profit = models.BooleanField(_("不含营利性机构"), default=False)
    grades = ArrayField(
        models.CharField(max_length=1, choices=Facility.Grade.choices), default=list, blank=True,
        verbose_name=_("限这些风险等级"),
    )  # fmt: skip
    no_discipline = models.BooleanField(_("在失信联合惩戒名单上的不补"), default=True)
    no_overdue = models.BooleanField(_("有逾期整改的不补"), default=True)
    made_by = person()
    made_at = models.DateTimeField()
    confirmed_by = person()
    confirmed_at = models.DateTimeField(null=True)
    note = models.CharField(_("原因"), max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["rule", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["district", "rule", "number"], name="subsidy_version_number"),
            models.UniqueConstraint(
                fields=["district", "rule", "starts_on"], condition=Q(state="confirmed"), name="subsidy_version_day"
            ),
            models.UniqueConstraint(
                fields=["district", "rule"], condition=Q(state="confirmed", ends_on=None), name="subsidy_version_open"
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="subsidy_version_dates"
            ),
            models.CheckConstraint(condition=Q(rate__gt=0), name="subsidy_version_rate"),
            models.CheckConstraint(condition=Q(cap=None) | Q(cap__gt=0), name="subsidy_version_cap"),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | Q(made_by=None) | ~Q(confirmed_by=F("made_by")),
                name="subsidy_version_second",
            ),
        ]  # fmt: skip

    def __str__(self):
        return str(self.rule)


class SubsidyClaim(TenantModel):
    """A facility's claim for a period. `basis` and the items are what the records said when it was computed."""

    number = models.CharField(_("申报编号"), max_length=16)
    rule = TenantForeignKey(SubsidyRule, related_name="claims")
    terms = TenantForeignKey(SubsidyVersion, related_name="claims")
    facility = TenantForeignKey(Facility, related_name="subsidies")
    starts_on = models.DateField(_("起"))
    ends_on = models.DateField(_("止"))
    state = models.CharField(
        _("状态"), max_length=9, choices=in_language(rules.CLAIM.choices), default=rules.CLAIM.initial
    )
    quantity = models.DecimalField(_("数量"), max_digits=12, decimal_places=2, default=Decimal(0))
    full = models.DecimalField(_("按标准"), max_digits=12, decimal_places=2, default=Decimal(0))
    amount = money(_("金额"), default=Decimal(0), help_text="after the year's cap")
    paid = money(_("已拨付"), default=Decimal(0), help_text="sum of the payments")
    recovered = money(_("已追回"), default=Decimal(0), help_text="sum of what came back")
    basis = models.JSONField(default=dict, help_text="rate, cap, conditions and their answers as they were")
    computed_at = models.DateTimeField()
    made_by = person()
    made_at = models.DateTimeField()
    submitted_by = person()
    submitted_at = models.DateTimeField(null=True)
    checked_by = person()
    checked_at = models.DateTimeField(null=True)
    approved_by = person()
    approved_at = models.DateTimeField(null=True)
    note = models.CharField(
        _("原因"), max_length=200, blank=True, help_text="of a return, a refusal or a withdrawal"
    )
    mended = models.BooleanField(default=True, help_text="whether something was changed since it came back")
    version = models.PositiveIntegerField(default=1)

    reach_paths = OF_FACILITY

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "number"], name="subsidy_claim_number"),
            models.UniqueConstraint(
                fields=["district", "facility", "rule", "starts_on"],
                condition=Q(state__in=rules.LIVE),
                name="subsidy_claim_once",
            ),
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="subsidy_claim_dates"),
            models.CheckConstraint(
                condition=Q(
                    amount__gte=0,
                    paid__gte=0,
                    recovered__gte=0,
                    paid__lte=F("amount"),
                    recovered__lte=F("paid"),
                ),
                name="subsidy_claim_money",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | Q(checked_by=None) | ~Q(approved_by=F("checked_by")),
                name="subsidy_claim_second",
            ),
        ]
        indexes = [
            models.Index(fields=["district", "starts_on", "state"], name="subsidy_claim_by_year"),
            models.Index(fields=["district", "state", "id"], name="subsidy_claim_by_state"),
        ]  # fmt: skip

    def __str__(self):
        return self.number


class SubsidyItem(TenantModel):
    """One row behind a claim's figure, as it was: a class in a month, a session, a person's course, a receipt."""

    claim = TenantForeignKey(SubsidyClaim, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    source = models.CharField(max_length=60)
    label = models.CharField(max_length=200)
    note = models.CharField(max_length=200, blank=True)
    quantity = models.DecimalField(max_digits=12, decimal_places=2)

    class Meta:
        ordering = ["claim", "position"]
        constraints = [
            models.UniqueConstraint(fields=["district", "claim", "position"], name="subsidy_item_position")
        ]


class SubsidyMark(TenantModel):
    """What a claim has used up: nobody counts it again under a subsidy of the same kind while the claim lives."""

    claim = TenantForeignKey(SubsidyClaim, on_delete=models.CASCADE, related_name="marks")
    kind = models.CharField(max_length=9, choices=in_language(rules.KINDS.items()))
    mark = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["district", "kind", "mark"], name="subsidy_counted_once")
        ]


class SubsidyReceipt(TenantModel):
    """A receipt of rent that the facility paid: what relief of rent is computed from."""

    claim = TenantForeignKey(SubsidyClaim, on_delete=models.CASCADE, related_name="receipts")
    number = models.CharField(_("凭证号"), max_length=60)
    paid_on = models.DateField(_("付款日期"))
    amount = money(_("金额"))
    file = TenantForeignKey(StoredFile, related_name="+")

    class Meta:
        ordering = ["paid_on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "claim", "number"], name="subsidy_receipt_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="subsidy_receipt_amount"),
        ]

    def __str__(self):
        return self.number


class SubsidyFile(TenantModel):
    """A paper that goes with a claim."""

    claim = TenantForeignKey(SubsidyClaim, on_delete=models.CASCADE, related_name="files")
    file = TenantForeignKey(StoredFile, related_name="+")


class SubsidyPayment(TenantModel):
    """Money that went out for a claim, as the paying office's paper says."""

    claim = TenantForeignKey(SubsidyClaim, related_name="payments")
    paid_on = models.DateField(_("拨付日期"))
    reference = models.CharField(_("凭证号"), max_length=60)
    amount = money(_("金额"))
    entered_by = person()
    entered_at = models.DateTimeField()

    append_only = True

    class Meta:
        ordering = ["paid_on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "claim", "reference"], name="subsidy_payment_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="subsidy_payment_amount"),
        ]


class SubsidyRecovery(TenantModel):
    """Money that came back, and why (追回); written by one person, confirmed by another, who then counts it."""

    claim = TenantForeignKey(SubsidyClaim, related_name="recoveries")
    on = models.DateField(_("追回日期"))
    reference = models.CharField(_("凭证号"), max_length=60)
    amount = money(_("金额"))
    reason = models.CharField(_("原因"), max_length=200)
    state = models.CharField(
        _("状态"), max_length=9, choices=in_language(rules.RECOVERY.choices), default=rules.RECOVERY.initial
    )
    entered_by = person()
    entered_at = models.DateTimeField()
    confirmed_by = person()
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "claim", "reference"],
                condition=~Q(state="dropped"),
                name="subsidy_recovery_once",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="subsidy_recovery_amount"),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | Q(entered_by=None) | ~Q(confirmed_by=F("entered_by")),
                name="subsidy_recovery_second",
            ),
        ]
