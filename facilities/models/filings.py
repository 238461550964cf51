"""A filing (备案) and what belongs to it: answers field by field, remarks of the reviewer, departments' signatures.

Nothing of it is deleted: an answer stays when the form asks something else, a remark when it is settled.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from facilities.models.facilities import Facility, FacilityGrant
from facilities.rules.filing_form import KINDS
from facilities.rules.filings import OPEN_STATES
from facilities.rules.states import FILING, SIGNATURE
from portal.choices import in_language
from portal.models.places import Street, Unit
from portal.models.records import StoredFile
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel

#: How far the rows reach that hang on a filing.
OF_FILING = {
    Reach.STREETS: "filing__street",
    Reach.UNIT: "filing__signatures__unit",
    Reach.FILINGS: "filing",
}


class Filing(TenantModel):
    """One filing of an operator, or the district's revocation of one. `facility` of a new one comes with its issue.

    `clock_due`: the last day of the clock that runs in this state. `form_version`: of the form as it was sent;
    a draft is always asked by the newest. `proposal`, `opinion`: what the reviewer lays before the head.
    """

    class Proposal(models.TextChoices):
        ISSUE = "issue", _("同意")
        REFUSE = "refuse", _("不同意")

    number = models.CharField(_("编号"), max_length=16)
    kind = models.CharField(_("事项"), max_length=12, choices=in_language(KINDS.items()))
    state = models.CharField(
        _("状态"), max_length=10, choices=in_language(FILING.choices), default=FILING.initial
    )
    name = models.CharField(_("机构名称"), max_length=100, blank=True)
    facility = TenantForeignKey(Facility, null=True, blank=True, related_name="filings")
    street = TenantForeignKey(Street, null=True, blank=True, related_name="+")
    form_version = models.PositiveSmallIntegerField(default=1)
    round = models.PositiveSmallIntegerField(default=0, help_text="how often it was sent")
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    sent_on = models.DateField(_("送审日期"), null=True, blank=True)
    received_on = models.DateField(_("受理日期"), null=True, blank=True)
    decided_on = models.DateField(_("决定日期"), null=True, blank=True)
    clock_due = models.DateField(_("期限"), null=True, blank=True)
    proposal = models.CharField(_("建议"), max_length=6, choices=Proposal.choices, blank=True)
    opinion = models.CharField(_("审核意见"), max_length=500, blank=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    effect_on = models.DateField(
        _("生效日期"), null=True, blank=True, help_text="from when the decision holds"
    )
    effect_at = models.DateTimeField(null=True, blank=True, help_text="when the register followed")
    version = models.PositiveIntegerField(default=1, editable=False)

    reach_paths = {Reach.STREETS: "street", Reach.UNIT: "signatures__unit", Reach.FILINGS: "pk"}

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "number"], name="filing_number"),
            models.UniqueConstraint(
                fields=["district", "facility"],
                condition=models.Q(state__in=OPEN_STATES, facility__isnull=False),
                name="one_open_filing",
            ),
        ]
        indexes = [
            models.Index(fields=["district", "state", "id"], name="filing_by_state"),
            models.Index(fields=["district", "opened_by", "id"], name="filing_by_opener"),
            models.Index(
                fields=["district", "effect_on"],
                condition=models.Q(state="issued", effect_at__isnull=True),
                name="filing_to_come",
            ),
        ]

    def __str__(self):
        return self.number

    @classmethod
    def ids_of(cls, actor):
        """Filings that the person began, and those of the facilities that the person keeps."""
        kept = FacilityGrant.objects.filter(user=actor.user, permission__codename="keep_facility")
        return cls.objects.filter(
            models.Q(opened_by=actor.user) | models.Q(facility__in=kept.values("content_object_id"))
        ).values("pk")

    @property
    def title(self) -> str:
        return self.name or str(_("（还没有名称）"))


class FilingSection(TenantModel):
    """What the reviewer found of one section: accepted, by whom and when, or not yet."""

    filing = TenantForeignKey(Filing, on_delete=models.CASCADE, related_name="sections")
    key = models.CharField(max_length=20)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    accepted_at = models.DateTimeField(null=True, blank=True)

    reach_paths = OF_FILING

    class Meta:
        constraints = [models.UniqueConstraint(fields=["district", "filing", "key"], name="filing_section")]


class FilingAnswer(TenantModel):
    """The answer to one field, with the words and the version of the form under which it was given."""

    filing = TenantForeignKey(Filing, on_delete=models.CASCADE, related_name="answers")
    section = models.CharField(max_length=20)
    key = models.CharField(max_length=30)
    label = models.CharField(max_length=60)
    value = models.JSONField(null=True)
    file = TenantForeignKey(StoredFile, null=True, blank=True, related_name="+")
    form_version = models.PositiveSmallIntegerField()
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    reach_paths = OF_FILING

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["district", "filing", "key"], name="filing_answer")]


class FilingRemark(TenantModel):
    """What the reviewer wants mended in one field. `shown`: the answer as it was then, in words."""

    filing = TenantForeignKey(Filing, on_delete=models.CASCADE, related_name="remarks")
    section = models.CharField(max_length=20)
    key = models.CharField(max_length=30)
    text = models.CharField(_("要补正什么"), max_length=300)
    shown = models.CharField(max_length=300, blank=True)
    round = models.PositiveSmallIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True, help_text="mended and sent again, or taken back")

    reach_paths = OF_FILING

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "filing", "key"],
                condition=models.Q(settled_at__isnull=True),
                name="one_open_remark",
            )
        ]


class FilingSignature(TenantModel):
    """A department's word on its section, with a clock of its own in working days."""

    filing = TenantForeignKey(Filing, on_delete=models.CASCADE, related_name="signatures")
    section = models.CharField(max_length=20)
    unit = TenantForeignKey(Unit, related_name="+", verbose_name=_("部门"))
    state = models.CharField(
        _("状态"), max_length=8, choices=in_language(SIGNATURE.choices), default=SIGNATURE.initial
    )
    asked_on = models.DateField()
    due_on = models.DateField(_("期限"))
    opinion = models.CharField(_("意见"), max_length=500, blank=True)
    file = TenantForeignKey(StoredFile, null=True, blank=True, related_name="+", verbose_name=_("附件"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(null=True, blank=True)

    reach_paths = {
        Reach.STREETS: "filing__street",
        Reach.UNIT: "unit",
        Reach.FILINGS: "filing",
    }

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "filing", "section"], name="filing_signature")
        ]
        indexes = [models.Index(fields=["district", "state", "due_on"], name="signature_by_clock")]


class FilingStep(TenantModel):
    """A step of a filing: who, when, what was said. The history of its rounds; never changed."""

    filing = TenantForeignKey(Filing, on_delete=models.CASCADE, related_name="steps")
    action = models.CharField(max_length=12)
    source = models.CharField(max_length=10, choices=in_language(FILING.choices))
    target = models.CharField(max_length=10, choices=in_language(FILING.choices))
    round = models.PositiveSmallIntegerField()
    note = models.TextField(blank=True)
    file = TenantForeignKey(StoredFile, null=True, blank=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    append_only = True
    reach_paths = OF_FILING

    class Meta:
        ordering = ["at", "pk"]


class FilingEscalation(TenantModel):
    """A clock was about to run out, or did: told once per clock, due day and stage (`facilities.see_filings`)."""

    class Stage(models.TextChoices):
        SOON = "soon", _("明天到期")
        BREACH = "breach", _("已逾期")

    filing = TenantForeignKey(Filing, on_delete=models.CASCADE, related_name="escalations")
    signature = TenantForeignKey(
        FilingSignature, null=True, blank=True, on_delete=models.CASCADE, related_name="escalations"
    )
    clock = models.CharField(max_length=10)
    stage = models.CharField(max_length=6, choices=Stage.choices)
    due_on = models.DateField()
    at = models.DateTimeField()

    reach_paths = OF_FILING

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "filing", "signature", "clock", "stage", "due_on"],
                name="filing_escalation",
                nulls_distinct=False,
            )
        ]
