"""What a facility does when something happens: emergency plans (应急预案) by version, and the drills (演练) of them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from facilities.models.facilities import OF_FACILITY, Facility, standing
from facilities.rules.emergency import KINDS, RESULTS
from portal.choices import in_language
from portal.models.records import StoredFile
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel, TenantQuerySet

OF_DRILL = {Reach.STREETS: "drill__plan__facility__street", Reach.FACILITIES: "drill__plan__facility"}


class EmergencyPlanQuerySet(TenantQuerySet):
    def in_force(self):
        return self.filter(replaced_on__isnull=True)


class EmergencyPlan(TenantModel):
    """One version of a facility's plan for one kind of emergency. It holds until the next version is approved.

    `drilled_on`: the last drill of the kind at the facility, of whichever version; follows the drills.
    """

    facility = TenantForeignKey(Facility, on_delete=models.CASCADE, related_name="emergency_plans")
    kind = models.CharField(_("预案种类"), max_length=14, choices=in_language(KINDS.items()))
    version = models.PositiveSmallIntegerField(_("版次"))
    title = models.CharField(_("预案名称"), max_length=120)
    file = TenantForeignKey(StoredFile, related_name="+", verbose_name=_("预案文件"))
    approved_on = models.DateField(_("批准日期"))
    approved_by = models.CharField(_("批准人"), max_length=40)
    review_on = models.DateField(_("复审日期"))
    replaced_on = models.DateField(null=True, blank=True, help_text="when the next version was approved")
    drilled_on = models.DateField(_("最近演练"), null=True, blank=True)
    #: a column of its own: a condition on an expression uses no index under row-level security
    drills_from = models.GeneratedField(
        expression=Coalesce("drilled_on", "approved_on"), output_field=models.DateField(), db_persist=True
    )
    standing = standing()

    objects = EmergencyPlanQuerySet.as_manager()
    reach_paths = OF_FACILITY

    class Meta:
        ordering = ["facility", "kind", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "facility", "kind", "version"], name="emergency_plan_version"
            ),
            models.UniqueConstraint(
                fields=["district", "facility", "kind"],
                condition=models.Q(replaced_on__isnull=True),
                name="emergency_plan_in_force",
            ),
            models.CheckConstraint(
                condition=models.Q(review_on__gt=models.F("approved_on")), name="emergency_plan_review"
            ),
            models.CheckConstraint(
                condition=models.Q(replaced_on__isnull=True)
                | models.Q(replaced_on__gt=models.F("approved_on")),
                name="emergency_plan_dates",
            ),
        ]
        indexes = [
            models.Index(
                fields=["district", "review_on", "id"],
                include=["facility", "kind"],
                condition=models.Q(standing=True),
                name="emergency_plan_by_review",
            ),
            models.Index(
                fields=["district", "drills_from", "id"],
                include=["facility", "kind"],
                condition=models.Q(standing=True),
                name="emergency_plan_by_drill",
            ),
        ]

    def __str__(self):
        return self.title


class EmergencyDrill(TenantModel):
    """A drill that was held, of one version of a plan: who took part, how it went, what is to be mended."""

    plan = TenantForeignKey(EmergencyPlan, on_delete=models.CASCADE, related_name="drills")
    held_on = models.DateField(_("演练日期"))
    scenario = models.CharField(_("演练内容"), max_length=200)
    leader = models.CharField(_("组织人"), max_length=40)
    staff_count = models.PositiveSmallIntegerField(_("参加的从业人员"))
    child_count = models.PositiveSmallIntegerField(_("参加的幼儿"), default=0)
    partners = models.CharField(_("一起演练的单位"), max_length=100, blank=True)
    result = models.CharField(_("结果"), max_length=8, choices=in_language(RESULTS.items()))
    problems = models.TextField(_("发现的不足"), blank=True)
    measures = models.TextField(_("怎么改"), blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    reach_paths = {Reach.STREETS: "plan__facility__street", Reach.FACILITIES: "plan__facility"}

    class Meta:
        ordering = ["-held_on", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "plan", "held_on"], name="emergency_drill_of_a_day"),
            models.CheckConstraint(condition=models.Q(staff_count__gte=1), name="emergency_drill_staff"),
            models.CheckConstraint(
                condition=models.Q(result="good") | ~models.Q(problems=""), name="emergency_drill_mended"
            ),
        ]
        indexes = [models.Index(fields=["district", "held_on", "id"], name="emergency_drill_by_day")]

    def __str__(self):
        return self.scenario


class DrillFile(TenantModel):
    """A photograph, list of signatures or minutes of a drill."""

    drill = TenantForeignKey(EmergencyDrill, on_delete=models.CASCADE, related_name="files")
    file = TenantForeignKey(StoredFile, related_name="+")

    reach_paths = OF_DRILL

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["district", "drill", "file"], name="drill_file")]
