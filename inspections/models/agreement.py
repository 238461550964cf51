"""Items of a visit that two inspectors answer apart: which, by whom, and the second answers."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from inspections.models.checklists import ChecklistItem
from inspections.models.plans import Inspector
from inspections.models.visits import Inspection
from inspections.rules import agreement as rules
from inspections.rules.states import ANSWERS
from portal.choices import in_language
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel, TenantOneToOneField


class DoubleDraw(TenantModel):
    """Drawn at the start of a visit: the keys of the items, in the order of their tickets, and who answers them again."""

    inspection = TenantOneToOneField(Inspection, on_delete=models.CASCADE, related_name="double")
    second = TenantForeignKey(Inspector, related_name="doubles")
    seed = models.CharField(max_length=64, help_text="hex")
    percent = models.DecimalField(max_digits=5, decimal_places=2)
    keys = ArrayField(models.SlugField(max_length=60))
    drawn_at = models.DateTimeField()

    reach_paths = {Reach.TEAM: "inspection__all_team__inspector__user"}
    append_only = True

    class Meta:
        ordering = ["pk"]


class SecondAnswer(TenantModel):
    """What the second inspector answered without seeing the first's answer."""

    class Origin(models.TextChoices):
        BROWSER = rules.BROWSER, _("在双评页上")
        PHONE = rules.PHONE, _("两台手机各答各的")

    draw = TenantForeignKey(DoubleDraw, on_delete=models.CASCADE, related_name="answers")
    item = TenantForeignKey(ChecklistItem, related_name="second_answers")
    value = models.CharField(max_length=6, choices=in_language(ANSWERS.items()))
    note = models.CharField(_("说明"), max_length=300, blank=True)
    by = TenantForeignKey(Inspector, related_name="second_answers")
    origin = models.CharField(max_length=8, choices=Origin.choices, default=Origin.BROWSER)
    at = models.DateTimeField()

    append_only = True

    class Meta:
        ordering = ["draw", "pk"]
        constraints = [models.UniqueConstraint(fields=["district", "draw", "item"], name="one_second_answer")]
