"""What of portal rests on the clauses of a document: rules, parameters, modes of care, pilot streets."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.models.policy import CareMode, Parameter, PilotStreet, PolicyRule
from portal.navigation import Resting
from portal.rules.parameters import show_value


def resting(document, actor) -> dict[int, list[Resting]]:
    found: dict[int, list[Resting]] = {}

    def add(clause, kind, text, url="", note=""):
        found.setdefault(clause, []).append(Resting(kind, text, url, note))

    slug = actor.district.slug
    for rule in PolicyRule.objects.filter(document=document):
        kind = _("禁止") if rule.prohibited else _("规则")
        add(rule.clause_id, kind, rule.display_text or rule.text)
    for mode in CareMode.objects.filter(document=document, clause__isnull=False).order_by("position"):
        add(mode.clause_id, _("照护模式"), f"{mode.name}：{mode.definition}", note=mode.suggested_sites)
    for pilot in PilotStreet.objects.filter(document=document, clause__isnull=False).order_by("position"):
        add(pilot.clause_id, _("试点街镇"), pilot.name)
    parameters = Parameter.objects.filter(clause__document=document).order_by("label", "starts_on")
    for one in parameters:
        text = f"{one.label}：{show_value(one.value, one.key)} {one.unit}"
        note = _("参数待核对") if one.weak else ""
        add(one.clause_id, _("参数"), text, reverse("parameter", args=[slug, one.key]), note)
    return found
