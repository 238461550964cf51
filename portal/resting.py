"""What of portal rests on the clauses of a document: rules, parameters, modes of care, pilot streets."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.models.policy import CareMode, Parameter, PilotStreet, PolicyRule
from portal.navigation import Resting, Rests
from portal.rules.parameters import show_value


def resting(document, actor) -> list[Rests]:
    slug = actor.district.slug

    def rule(clause, one):
        kind = _("禁止") if one["prohibited"] else _("规则")
        return [(clause, Resting(kind, one["display_text"] or one["text"]))]

    def mode(clause, one):
        text = f"{one['name']}：{one['definition']}"
        return [(clause, Resting(_("照护模式"), text, note=one["sites"]))]

    def pilot(clause, one):
        return [(clause, Resting(_("试点街镇"), one["name"]))]

    def parameter(clause, one):
        text = f"{one['label']}：{show_value(one['value'], one['key'])} {one['unit']}"
        note = _("参数待核对") if one["weak"] else ""
        url = reverse("parameter", args=[slug, one["key"]])
        return [(clause, Resting(_("参数"), text, url, note))]

    clause_known = {"document": document, "clause__isnull": False}
    return [
        Rests(
            PolicyRule.objects.filter(document=document),
            {"prohibited": "prohibited", "display_text": "display_text", "text": "text"},
            ("position", "pk"),
            rule,
        ),
        Rests(
            CareMode.objects.filter(**clause_known),
            {"name": "name", "definition": "definition", "sites": "suggested_sites"},
            ("position", "pk"),
            mode,
        ),
        Rests(PilotStreet.objects.filter(**clause_known), {"name": "name"}, ("position", "pk"), pilot),
        Rests(
            Parameter.objects.filter(clause__document=document),
            {"label": "label", "value": "value", "key": "key", "unit": "unit", "weak": "weak"},
            ("label", "starts_on"),
            parameter,
        ),
    ]
