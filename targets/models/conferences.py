"""The joint conference (联席会议): meetings, agenda, attendance, decisions, minutes. docs/conference.md."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.choices import in_language
from portal.models.places import Unit
from portal.models.policy import Clause, PolicyDocument
from portal.models.records import StoredFile
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel
from targets.models.targets import Target
from targets.models.tasks import Task
from targets.rules.conferences import AGENDA_ITEM, CONFERENCE, DECISION


def person() -> models.ForeignKey:
    return models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")


class Conference(TenantModel):
    """A meeting of the conference or of its office, numbered within the year."""

    class Kind(models.TextChoices):
        FULL = "full", _("全体会议")
        OFFICE = "office", _("办公室会议")

    kind = models.CharField(_("种类"), max_length=6, choices=Kind.choices)
    year = models.PositiveSmallIntegerField()
    number = models.PositiveSmallIntegerField(_("第几次"))
    on = models.DateField(_("会议日期"))
    starts_at = models.TimeField(_("开始时间"))
    place = models.CharField(_("地点"), max_length=100)
    chair = models.CharField(_("主持人"), max_length=60)
    state = models.CharField(
        _("状态"), max_length=9, choices=in_language(CONFERENCE.choices), default=CONFERENCE.initial
    )
    note = models.CharField(_("原因"), max_length=200, blank=True, help_text="of cancelling it")
    made_at = models.DateTimeField()
    made_by = person()
    called_at = models.DateTimeField(null=True)
    #: ids of everybody who wrote at the minutes: none of them confirms
    writers = models.JSONField(default=list)
    version = models.PositiveIntegerField(default=1)

    reach_paths = {Reach.UNIT: "units__unit"}

    class Meta:
        ordering = ["-on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "kind", "year", "number"],
                condition=~models.Q(state="cancelled"),
                name="conference_number",
            )
        ]

    def __str__(self):
        return gettext("%(year)s 年第 %(number)s 次%(kind)s") % {
            "year": self.year, "number": self.number, "kind": self.get_kind_display(),
        }  # fmt: skip


class ConferenceUnit(TenantModel):
    """A unit that is asked to come, and who came for it."""

    class Part(models.TextChoices):
        MEMBER = "member", _("成员单位")
        INVITED = "invited", _("列席单位")

    class Attendance(models.TextChoices):
        PRESENT = "present", _("出席")
        EXCUSED = "excused", _("请假")
        ABSENT = "absent", _("没有到")

    conference = TenantForeignKey(Conference, on_delete=models.CASCADE, related_name="units")
    unit = TenantForeignKey(Unit, related_name="+")
    part = models.CharField(max_length=7, choices=Part.choices)
    attendance = models.CharField(max_length=7, choices=Attendance.choices, blank=True)
    post = models.CharField(_("职务"), max_length=60, blank=True)
    name = models.CharField(_("姓名"), max_length=60, blank=True)
    substitute = models.BooleanField(_("代会"), default=False)
    position = models.PositiveSmallIntegerField()

    reach_paths = {Reach.UNIT: "conference__units__unit"}

    class Meta:
        ordering = ["conference", "-part", "position"]
        constraints = [
            models.UniqueConstraint(fields=["district", "conference", "unit"], name="conference_unit")
        ]


class AgendaItem(TenantModel):
    """An item of the agenda; after the meeting also what was said on it."""

    class Purpose(models.TextChoices):
        DECIDE = "decide", _("审议决定")
        INFORM = "inform", _("通报情况")

    conference = TenantForeignKey(Conference, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField()
    topic = models.CharField(_("议题"), max_length=200)
    unit = TenantForeignKey(Unit, null=True, related_name="+")
    purpose = models.CharField(_("审议还是通报"), max_length=6, choices=Purpose.choices)
    state = models.CharField(
        max_length=8, choices=in_language(AGENDA_ITEM.choices), default=AGENDA_ITEM.initial
    )
    task = TenantForeignKey(Task, null=True, related_name="+")
    target = TenantForeignKey(Target, null=True, related_name="+")
    clause = TenantForeignKey(Clause, null=True, related_name="+")
    text = models.TextField(_("议定的内容"), blank=True)
    note = models.CharField(_("原因"), max_length=200, blank=True, help_text="why it is not on the agenda")
    proposed_by = person()

    reach_paths = {Reach.UNIT: "conference__units__unit"}

    class Meta:
        ordering = ["conference", "position", "pk"]

    def __str__(self):
        return self.topic


class AgendaFile(TenantModel):
    item = TenantForeignKey(AgendaItem, on_delete=models.CASCADE, related_name="files")
    file = TenantForeignKey(StoredFile, related_name="+")


class ConferenceDecision(TenantModel):
    """What a meeting decided; with units it becomes a task of the matrix when the minutes are confirmed."""

    item = TenantForeignKey(AgendaItem, on_delete=models.CASCADE, related_name="decisions")
    position = models.PositiveSmallIntegerField()
    text = models.TextField(_("决定事项"))
    due_on = models.DateField(_("办理期限"), null=True)
    state = models.CharField(max_length=7, choices=in_language(DECISION.choices), default=DECISION.initial)
    task = TenantForeignKey(Task, null=True, related_name="decisions")
    note = models.CharField(max_length=200, blank=True, help_text="how it ended")
    settled_at = models.DateTimeField(null=True)
    settled_by = person()

    class Meta:
        ordering = ["item", "position", "pk"]
        constraints = [models.UniqueConstraint(fields=["district", "task"], name="decision_task")]

    def __str__(self):
        return self.text[:40]


class DecisionUnit(TenantModel):
    class Role(models.TextChoices):
        LEAD = "lead", _("牵头")
        SUPPORT = "support", _("配合")

    decision = TenantForeignKey(ConferenceDecision, on_delete=models.CASCADE, related_name="units")
    unit = TenantForeignKey(Unit, related_name="+")
    role = models.CharField(max_length=7, choices=Role.choices)

    class Meta:
        ordering = ["decision", "role", "pk"]
        constraints = [models.UniqueConstraint(fields=["district", "decision", "unit"], name="decision_unit")]


class ConferenceMinutes(TenantModel):
    """The minutes as they were handed to the second person, each time anew; the confirmed ones stay for good.

    `content`: everything that the template prints. `document`: what the tasks made of its decisions cite.
    """

    conference = TenantForeignKey(Conference, on_delete=models.CASCADE, related_name="minutes")
    edition = models.PositiveSmallIntegerField()
    content = models.JSONField()
    submitted_at = models.DateTimeField()
    submitted_by = person()
    returned_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=200, blank=True, help_text="why they were sent back")
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = person()
    number = models.CharField(max_length=60, blank=True)
    document = TenantForeignKey(PolicyDocument, null=True, related_name="+")
    file = TenantForeignKey(StoredFile, null=True, related_name="+")
    sha256 = models.CharField(max_length=64, blank=True, help_text="of the PDF")

    class Meta:
        ordering = ["conference", "-edition"]
        constraints = [
            models.UniqueConstraint(fields=["district", "conference", "edition"], name="minutes_edition"),
            models.UniqueConstraint(
                fields=["district", "conference"],
                condition=models.Q(confirmed_at__isnull=False),
                name="minutes_confirmed_once",
            ),
            models.UniqueConstraint(
                fields=["district", "number"], condition=~models.Q(number=""), name="minutes_number"
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed_by__isnull=True)
                | models.Q(submitted_by__isnull=True)
                | ~models.Q(confirmed_by=models.F("submitted_by")),
                name="minutes_second_person",
            ),
        ]
