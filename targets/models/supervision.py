"""The yearly supervision of units (督查): round, questions, a unit's case with its answers, marks, objections, the
report. docs/supervision.md."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.choices import in_language
from portal.models.places import Unit
from portal.models.policy import Clause
from portal.models.records import StoredFile
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel
from targets.models.conferences import person
from targets.models.targets import Snapshot, Target
from targets.models.tasks import ProgressReport, Task
from targets.rules.supervision import CASE, NOTICE, OBJECTION, SUPERVISION


class SupervisionRound(TenantModel):
    """The supervision of a year. `terms`: weights, difference and days as they were in force when it was opened."""

    year = models.PositiveSmallIntegerField(_("年份"))
    clause = TenantForeignKey(Clause, null=True, related_name="+")
    report_until = models.DateField(_("自查期限"))
    review_until = models.DateField(_("评分期限"))
    two_reviewers = models.BooleanField(_("两人评分"), default=False)
    state = models.CharField(
        _("状态"), max_length=9, choices=in_language(SUPERVISION.choices), default=SUPERVISION.initial
    )
    note = models.CharField(_("原因"), max_length=200, blank=True, help_text="of sending back or cancelling")
    edition = models.PositiveSmallIntegerField(default=0, help_text="of the questions, each time handed over")
    sha256 = models.CharField(max_length=64, blank=True, help_text="of the questions as they were opened")
    terms = models.JSONField(default=dict)
    snapshot = TenantForeignKey(Snapshot, null=True, related_name="supervisions")
    made_at = models.DateTimeField()
    made_by = person()
    submitted_by = person()
    opened_at = models.DateTimeField(null=True)
    opened_by = person()
    announced_at = models.DateTimeField(null=True)
    announced_by = person()
    object_until = models.DateField(null=True)
    final_at = models.DateTimeField(null=True)
    final_by = person()
    version = models.PositiveIntegerField(default=1)

    reach_paths = {Reach.UNIT: "cases__seats__unit"}

    class Meta:
        ordering = ["-year", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "year"], condition=~models.Q(state="cancelled"), name="supervision_year"
            ),
            models.CheckConstraint(
                condition=models.Q(opened_by__isnull=True)
                | models.Q(submitted_by__isnull=True)
                | ~models.Q(opened_by=models.F("submitted_by")),
                name="supervision_second_opens",
            ),
            models.CheckConstraint(
                condition=models.Q(final_by__isnull=True)
                | models.Q(announced_by__isnull=True)
                | ~models.Q(final_by=models.F("announced_by")),
                name="supervision_second_ends",
            ),
        ]

    def __str__(self):
        return gettext("%(year)s 年度督查") % {"year": self.year}


class SupervisionReviewer(TenantModel):
    """A unit that gives points: the bureau, or a member of the joint conference."""

    round = TenantForeignKey(SupervisionRound, on_delete=models.CASCADE, related_name="reviewers")
    unit = TenantForeignKey(Unit, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["round", "position"]
        constraints = [
            models.UniqueConstraint(fields=["district", "round", "unit"], name="supervision_reviewer")
        ]


class SupervisionQuestion(TenantModel):
    """A question of the template: on a task in one role, on a target by street, or of the district's own."""

    class Role(models.TextChoices):
        LEAD = "lead", _("牵头")
        SUPPORT = "support", _("配合")
        OTHER = "other", _("其他")

    round = TenantForeignKey(SupervisionRound, on_delete=models.CASCADE, related_name="questions")
    position = models.PositiveSmallIntegerField()
    role = models.CharField(max_length=7, choices=Role.choices)
    task = TenantForeignKey(Task, null=True, related_name="+")
    target = TenantForeignKey(Target, null=True, related_name="+")
    text = models.TextField(_("题目"))
    guidance = models.TextField(_("怎样算做到"), blank=True)
    points = models.PositiveSmallIntegerField(_("分值"))
    dropped = models.CharField(
        max_length=200, blank=True, help_text="why it is not asked; empty: it is asked"
    )

    chosen = models.BooleanField(default=False, help_text="its units are the bureau's choice, not the plan's")

    class Meta:
        ordering = ["round", "position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(points__gte=1, points__lte=100), name="supervision_question_points"
            )
        ]

    def __str__(self):
        return self.text[:60]


class SupervisionCase(TenantModel):
    """A unit in a round. `sums`: what the score was made of."""

    round = TenantForeignKey(SupervisionRound, on_delete=models.CASCADE, related_name="cases")
    unit = TenantForeignKey(Unit, related_name="+")
    state = models.CharField(max_length=9, choices=in_language(CASE.choices), default=CASE.initial)
    submitted_at = models.DateTimeField(null=True)
    submitted_by = person()
    #: the places (1, 2) whose reviewers are done
    done = models.JSONField(default=list)
    score = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    formula = models.CharField(max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)

    reach_paths = {Reach.UNIT: "seats__unit"}

    class Meta:
        ordering = ["round", "pk"]
        constraints = [models.UniqueConstraint(fields=["district", "round", "unit"], name="supervision_case")]

    def __str__(self):
        return f"{self.unit}　{self.round}"


class SupervisionSeat(TenantModel):
    """Which units see a case: the one that it is about, and those that give points; never one in two parts."""

    class Part(models.TextChoices):
        OWN = "own", _("被督查单位")
        FIRST = "first", _("评分单位")
        SECOND = "second", _("第二评分单位")
        THIRD = "third", _("有争议时定分的单位")

    case = TenantForeignKey(SupervisionCase, on_delete=models.CASCADE, related_name="seats")
    unit = TenantForeignKey(Unit, related_name="+")
    part = models.CharField(max_length=6, choices=Part.choices)

    reach_paths = {Reach.UNIT: "case__seats__unit"}

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["district", "case", "unit"], name="supervision_seat_unit"),
            models.UniqueConstraint(fields=["district", "case", "part"], name="supervision_seat_part"),
        ]


class SupervisionAnswer(TenantModel):
    """What one unit is asked, and answers. Until the round is opened there is no case."""

    class Value(models.TextChoices):
        DONE = "done", _("做到")
        PARTLY = "partly", _("部分做到")
        NOT = "not", _("没有做到")
        NA = "na", _("不适用")

    question = TenantForeignKey(SupervisionQuestion, on_delete=models.CASCADE, related_name="answers")
    unit = TenantForeignKey(Unit, related_name="+")
    case = TenantForeignKey(SupervisionCase, null=True, on_delete=models.CASCADE, related_name="answers")
    value = models.CharField(_("做到了吗"), max_length=6, choices=Value.choices, blank=True)
    text = models.TextField(_("做了什么"), blank=True)
    own_points = models.PositiveSmallIntegerField(_("自评分"), null=True)
    comment = models.CharField(max_length=200, blank=True, help_text="what the reviewer wants to have added")
    version = models.PositiveIntegerField(default=1)

    reach_paths = {Reach.UNIT: "case__seats__unit"}

    class Meta:
        ordering = ["question__position", "question_id"]
        constraints = [
            models.UniqueConstraint(fields=["district", "question", "unit"], name="supervision_answer")
        ]


class SupervisionEvidence(TenantModel):
    """A file, or a progress report of the unit that is cited."""

    answer = TenantForeignKey(SupervisionAnswer, on_delete=models.CASCADE, related_name="evidence")
    file = TenantForeignKey(StoredFile, null=True, related_name="+")
    report = TenantForeignKey(ProgressReport, null=True, related_name="+")

    reach_paths = {Reach.UNIT: "answer__case__seats__unit"}

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(file__isnull=True) ^ models.Q(report__isnull=True),
                name="supervision_evidence_is_one",
            ),
            models.UniqueConstraint(fields=["district", "answer", "report"], name="supervision_cited_once"),
        ]


class SupervisionMark(TenantModel):
    """Points for an answer. `place`: 1 and 2 the reviewers', 3 what settled them, 4 after an objection."""

    answer = TenantForeignKey(SupervisionAnswer, on_delete=models.CASCADE, related_name="marks")
    place = models.PositiveSmallIntegerField()
    points = models.PositiveSmallIntegerField(null=True, help_text="empty: agreed that it does not apply")
    reason = models.CharField(max_length=200, blank=True)
    by = person()
    at = models.DateTimeField()

    class Meta:
        ordering = ["answer", "place"]
        constraints = [
            models.UniqueConstraint(fields=["district", "answer", "place"], name="supervision_mark"),
            models.CheckConstraint(
                condition=models.Q(place__gte=1, place__lte=4), name="supervision_mark_place"
            ),
        ]


class SupervisionObjection(TenantModel):
    """What a unit says against the points of an answer after they were told."""

    answer = TenantForeignKey(SupervisionAnswer, on_delete=models.CASCADE, related_name="objections")
    text = models.CharField(_("异议"), max_length=500)
    state = models.CharField(max_length=7, choices=in_language(OBJECTION.choices), default=OBJECTION.initial)
    given_at = models.DateTimeField()
    given_by = person()
    reply = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = person()

    reach_paths = {Reach.UNIT: "answer__case__seats__unit"}

    class Meta:
        ordering = ["given_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "answer"], condition=models.Q(state="given"), name="one_open_objection"
            )
        ]

    def __str__(self):
        return self.text[:40]


class SupervisionReport(TenantModel):
    """The report (通报) of a round that is final. `content`: everything that the template prints."""

    round = TenantForeignKey(SupervisionRound, related_name="reports")
    state = models.CharField(max_length=6, choices=in_language(NOTICE.choices), default=NOTICE.initial)
    content = models.JSONField()
    drafted_at = models.DateTimeField()
    #: ids of everybody who wrote at it: none of them issues it
    writers = models.JSONField(default=list)
    issued_at = models.DateTimeField(null=True)
    issued_by = person()
    number = models.CharField(max_length=60, blank=True)
    file = TenantForeignKey(StoredFile, null=True, related_name="+")
    sha256 = models.CharField(max_length=64, blank=True, help_text="of the PDF")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["district", "round"], name="supervision_report"),
            models.UniqueConstraint(
                fields=["district", "number"],
                condition=~models.Q(number=""),
                name="supervision_report_number",
            ),
        ]

    def __str__(self):
        return self.content["title"]
