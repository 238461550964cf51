"""The cycle of naming 示范区: what the city keeps, what a district keeps, and the letters between them. docs/cycle.md."""

from __future__ import annotations

import json
import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.choices import in_language
from portal.crypto import EncryptedField
from portal.models.policy import PolicyDocument
from portal.models.records import StoredFile
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel, TenantOneToOneField
from targets.models.demonstration import RevocationCondition
from targets.models.targets import Snapshot, Target
from targets.rules.naming import APPLICATION, CANDIDATE, CYCLE, OBJECTION, REVOCATION, SITE_REVIEW


def person() -> models.ForeignKey:
    return models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")


def points() -> models.DecimalField:
    return models.DecimalField(_("得分"), max_digits=6, decimal_places=2, null=True)


# --- Both -----------------------------------------------------------------------------------------


class CycleLetter(TenantModel):
    """What went from a district to the city or back, as it was sent: one row with the sender, the same with the receiver.

    The receiver's row is written by the database's function `cycle_deliver` (targets/naming_across.py), and never changed.
    """

    class Direction(models.TextChoices):
        OUT = "out", _("发出")
        IN = "in", _("收到")

    class Kind(models.TextChoices):
        CYCLE = "cycle", _("创建安排")
        OUTCOME = "outcome", _("结果告知")
        APPLICATION = "application", _("申请")
        ASSESSMENT = "assessment", _("自评报告")
        WITHDRAWAL = "withdrawal", _("撤回")
        REPORT = "report", _("年度情况")
        STATEMENT = "statement", _("陈述")

    token = models.UUIDField(default=uuid.uuid4)
    cycle = models.UUIDField(help_text="token of the city's cycle")
    other = models.ForeignKey("portal.District", on_delete=models.PROTECT, related_name="+", db_index=False)
    direction = models.CharField(max_length=3, choices=Direction.choices)
    kind = models.CharField(_("种类"), max_length=11, choices=Kind.choices)
    body = models.TextField(help_text="JSON, as it was hashed")
    sha256 = models.CharField(max_length=64)
    sender = models.CharField(max_length=80, help_text="name and roles of who sent it")
    at = models.DateTimeField()

    append_only = True
    across_columns = ("token", "cycle", "other", "direction", "kind", "body", "sha256", "sender", "at")
    across_log = True

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "token", "direction"], name="cycle_letter_once")
        ]
        indexes = [models.Index(fields=["district", "direction", "cycle"], name="cycle_letter_cycle")]

    def __str__(self):
        return f"{self.other} {self.get_kind_display()}"

    @property
    def content(self) -> dict:
        return json.loads(self.body)


class LetterTaken(TenantModel):
    """A letter that came was put to the records; `refusal`: why it was not."""

    letter = TenantOneToOneField(CycleLetter, related_name="taken")
    at = models.DateTimeField()
    refusal = models.CharField(max_length=300, blank=True)

    append_only = True


class LetterFile(TenantModel):
    """A file that belongs to a letter, copied with its fingerprint compared."""

    letter = TenantForeignKey(CycleLetter, related_name="files")
    key = models.CharField(max_length=40, blank=True, help_text="of the indicator")
    file = TenantForeignKey(StoredFile, related_name="+")


# --- The city's -----------------------------------------------------------------------------------


class NamingCycle(TenantModel):
    """A cycle as the city opens it: stages with their last days, quotas, indicators; the document says the rest."""

    token = models.UUIDField(default=uuid.uuid4)
    year = models.PositiveSmallIntegerField(_("年份"))
    title = models.CharField(_("名称"), max_length=80)
    document = TenantForeignKey(PolicyDocument, related_name="naming_cycles")
    apply_by = models.DateField(_("申报期限"))
    assess_by = models.DateField(_("自评期限"))
    review_by = models.DateField(_("现场审核期限"))
    select_by = models.DateField(_("评审遴选期限"))
    name_by = models.DateField(_("命名期限"))
    districts = models.PositiveSmallIntegerField(_("可申报区"))
    quotas = models.JSONField(
        default=dict, help_text="{national|municipal: {share, most, least, in_principle, title, text}}"
    )
    cycle_years = models.PositiveSmallIntegerField()
    state = models.CharField(
        _("状态"), max_length=8, choices=in_language(CYCLE.choices), default=CYCLE.initial
    )
    made_at = models.DateTimeField()
    made_by = person()
    opened_at = models.DateTimeField(null=True)
    proposed_by = person()
    proposed_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, blank=True, help_text="for one more than in principle")
    note = models.CharField(max_length=200, blank=True, help_text="why the selection went back")
    notice_from = models.DateField(null=True)
    notice_to = models.DateField(null=True)
    notice_days = models.PositiveSmallIntegerField(
        null=True, help_text="working days of the notice, by the calendar of the day on which it was put up"
    )
    withdrawn_on = models.DateField(null=True, help_text="the day the last notice was taken down")
    named_on = models.DateField(null=True)
    named_by = person()
    version = models.PositiveIntegerField(default=1)

    across_columns = ("token", "state", "apply_by")

    class Meta:
        ordering = ["-year", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "year"], name="naming_cycle_year"),
            models.UniqueConstraint(fields=["district", "token"], name="naming_cycle_token"),
            models.CheckConstraint(
                condition=models.Q(named_by__isnull=True)
                | models.Q(proposed_by__isnull=True)
                | ~models.Q(named_by=models.F("proposed_by")),
                name="naming_second_person",
            ),
        ]

    def __str__(self):
        return self.title


class CycleIndicator(TenantModel):
    """An indicator of a cycle: an item of the document's outline, with the points that the city gives it, if any."""

    cycle = TenantForeignKey(NamingCycle, on_delete=models.CASCADE, related_name="indicators")
    key = models.SlugField(db_index=False, max_length=40)
    area = models.CharField(max_length=40)
    clause = models.CharField(max_length=20)
    text = models.TextField()
    most = models.DecimalField(_("分值"), max_digits=6, decimal_places=2, null=True)
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["cycle", "position"]
        constraints = [models.UniqueConstraint(fields=["district", "cycle", "key"], name="cycle_indicator")]


class Candidate(TenantModel):
    """A district that takes part in a cycle, as the city sees it."""

    cycle = TenantForeignKey(NamingCycle, on_delete=models.CASCADE, related_name="candidates")
    applicant = models.ForeignKey(
        "portal.District", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    state = models.CharField(
        _("状态"), max_length=11, choices=in_language(CANDIDATE.choices), default=CANDIDATE.initial
    )
    application = TenantForeignKey(CycleLetter, related_name="+")
    assessment = TenantForeignKey(CycleLetter, null=True, related_name="+")
    late = models.BooleanField(default=False, help_text="the self-assessment came after its day")
    passed = models.BooleanField(_("通过现场审核"), null=True)
    score = points()
    opinion = models.TextField(_("综合评审意见"), blank=True)
    judged_by = person()
    municipal = models.BooleanField(default=False)
    national = models.BooleanField(default=False)
    named_on = models.DateField(null=True)
    valid_until = models.DateField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["cycle", "applicant"]
        constraints = [
            models.UniqueConstraint(fields=["district", "cycle", "applicant"], name="naming_candidate")
        ]

    def __str__(self):
        return self.applicant.name


class SiteReview(TenantModel):
    """One expert looks at one district, between two days."""

    candidate = TenantForeignKey(Candidate, on_delete=models.CASCADE, related_name="reviews")
    expert = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    starts_on = models.DateField(_("从哪天"))
    ends_on = models.DateField(_("到哪天"))
    state = models.CharField(
        max_length=9, choices=in_language(SITE_REVIEW.choices), default=SITE_REVIEW.initial
    )
    conclusion = models.TextField(_("审核意见"), blank=True)
    submitted_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    reach_paths = {Reach.SELF: "expert"}

    class Meta:
        ordering = ["candidate", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "candidate", "expert"], name="site_review_once"),
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")), name="site_review_days"
            ),
        ]

    def __str__(self):
        return f"{self.candidate} {self.expert.name}"


class ReviewMark(TenantModel):
    """What an expert found on an indicator, and how it was looked at."""

    class Finding(models.TextChoices):
        TRUE = "true", _("属实")
        PART = "part", _("部分属实")
        FALSE = "false", _("不属实")

    class Method(models.TextChoices):
        SITE = "site", _("现场核实")
        HEAR = "hear", _("听取汇报")
        READ = "read", _("查阅资料")

    review = TenantForeignKey(SiteReview, on_delete=models.CASCADE, related_name="marks")
    indicator = TenantForeignKey(CycleIndicator, related_name="marks")
    finding = models.CharField(max_length=5, choices=Finding.choices)
    methods = ArrayField(models.CharField(max_length=4, choices=Method.choices), default=list)
    points = points()
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["district", "review", "indicator"], name="review_mark")
        ]


class NoticeObjection(TenantModel):
    """What somebody says against a public notice, with a way to reach them."""

    cycle = TenantForeignKey(NamingCycle, on_delete=models.CASCADE, related_name="objections")
    candidate = TenantForeignKey(Candidate, null=True, related_name="objections")
    text = models.TextField(_("异议内容"))
    name = EncryptedField(null=True)
    contact = EncryptedField(null=True)
    state = models.CharField(max_length=8, choices=in_language(OBJECTION.choices), default=OBJECTION.initial)
    at = models.DateTimeField()
    answer = models.TextField(_("核实意见"), blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = person()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self):
        return _("%(day)s 收到的异议") % {"day": self.at.date().isoformat()}


class Revocation(TenantModel):
    """Taking a name away: the ground, what the district says, the hearing, the decision of a second person."""

    candidate = TenantForeignKey(Candidate, on_delete=models.CASCADE, related_name="revocations")
    ground = TenantForeignKey(RevocationCondition, related_name="+")
    facts = models.TextField(_("查实的情况"))
    hearing_on = models.DateField(_("听取陈述的日期"))
    statement = TenantForeignKey(CycleLetter, null=True, related_name="+")
    hearing = models.TextField(_("陈述和听取的记录"), blank=True)
    state = models.CharField(
        max_length=8, choices=in_language(REVOCATION.choices), default=REVOCATION.initial
    )
    note = models.CharField(max_length=500, blank=True, help_text="why it is decided so")
    raised_at = models.DateTimeField()
    raised_by = person()
    decided_at = models.DateTimeField(null=True)
    decided_by = person()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-raised_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state="revoked")
                | models.Q(raised_by__isnull=True)
                | ~models.Q(decided_by=models.F("raised_by")),
                name="revocation_second_person",
            ),
            models.UniqueConstraint(
                fields=["district", "candidate"],
                condition=models.Q(state__in=("notified", "heard")),
                name="revocation_one_open",
            ),
        ]

    def __str__(self):
        return str(self.candidate)


# --- A district's ---------------------------------------------------------------------------------


class CycleApplication(TenantModel):
    """A district's part in a cycle. `plan`: what the city said of the cycle last, as it came."""

    cycle = models.UUIDField()
    title = models.CharField(max_length=80)
    plan = TenantForeignKey(CycleLetter, related_name="+")
    state = models.CharField(
        _("状态"), max_length=11, choices=in_language(APPLICATION.choices), default=APPLICATION.initial
    )
    approval = models.CharField(_("区委、区政府同意的文件"), max_length=120, blank=True)
    approved_on = models.DateField(_("同意的日期"), null=True)
    approval_file = TenantForeignKey(StoredFile, null=True, related_name="+")
    intent = models.TextField(_("创建意向"), blank=True)
    summary = models.TextField(_("自评报告"), blank=True)
    writers = models.JSONField(default=list, help_text="ids of everybody who wrote at it")
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    sent_by = person()
    handed_in_at = models.DateTimeField(null=True)
    handed_in_by = person()
    named_on = models.DateField(null=True)
    valid_until = models.DateField(null=True)
    charge = models.JSONField(
        default=dict, help_text="a revocation that runs: ground, facts, hearing_on, answered"
    )
    drafts = models.JSONField(
        default=dict, help_text="{report|statement: {text, by, on}}, for a head to send"
    )
    outcome = models.CharField(max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["district", "cycle"], name="cycle_application")]

    def __str__(self):
        return self.title


class AssessmentEntry(TenantModel):
    """The self-assessment on one indicator; `figure`: what a target's snapshot said when it was taken."""

    application = TenantForeignKey(CycleApplication, on_delete=models.CASCADE, related_name="entries")
    key = models.SlugField(db_index=False, max_length=40)
    position = models.PositiveSmallIntegerField()
    area = models.CharField(max_length=40)
    clause = models.CharField(max_length=20)
    indicator = models.TextField()
    most = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    text = models.TextField(_("自评情况"), blank=True)
    points = points()
    target = TenantForeignKey(Target, null=True, related_name="+")
    snapshot = TenantForeignKey(Snapshot, null=True, on_delete=models.SET_NULL, related_name="+")
    figure = models.JSONField(default=dict)

    class Meta:
        ordering = ["application", "position"]
        constraints = [
            models.UniqueConstraint(fields=["district", "application", "key"], name="assessment_entry")
        ]

    @property
    def complete(self) -> bool:
        return bool(self.text) and (self.most is None or self.points is not None)


class EntryFile(TenantModel):
    entry = TenantForeignKey(AssessmentEntry, on_delete=models.CASCADE, related_name="files")
    file = TenantForeignKey(StoredFile, related_name="+")


class YearlyFile(TenantModel):
    """A file that goes with the report of a year: from its draft on, and with the letter to the city."""

    application = TenantForeignKey(CycleApplication, on_delete=models.CASCADE, related_name="report_files")
    year = models.PositiveSmallIntegerField()
    file = TenantForeignKey(StoredFile, related_name="+")

    class Meta:
        ordering = ["year", "pk"]


class YearlyReport(TenantModel):
    """What a named district reports of a year."""

    application = TenantForeignKey(CycleApplication, on_delete=models.CASCADE, related_name="reports")
    year = models.PositiveSmallIntegerField()
    text = models.TextField()
    sent_at = models.DateTimeField()
    sent_by = person()

    class Meta:
        ordering = ["-year"]
        constraints = [
            models.UniqueConstraint(fields=["district", "application", "year"], name="yearly_report")
        ]
