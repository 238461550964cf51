"""Shapes of a request for recusal and of the head's decision."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from facilities.forms.people import Worded
from inspections.models import Inspector
from inspections.rules import recusals as rules


class InspectorChoice(forms.ModelChoiceField):
    def label_from_instance(self, one: Inspector) -> str:
        return f"{one.name}　{one.code}　{one.unit}"


def reason_field(label, help_text) -> forms.CharField:
    return forms.CharField(
        label=label, help_text=help_text, max_length=rules.REASON[1], min_length=rules.REASON[0],
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


class RecusalForm(Worded):
    """Who of the team, who asks, why; the team's ids are in `team`."""

    inspector = InspectorChoice(
        label=_("要谁回避"), queryset=Inspector.objects.none(), widget=forms.RadioSelect, empty_label=None,
        error_messages={"required": _("选检查组里的一个人"), "invalid_choice": _("选检查组里的一个人")},
    )  # fmt: skip
    name = forms.CharField(label=_("谁提出的"), max_length=rules.NAME)
    post = forms.CharField(label=_("职务"), max_length=rules.POST, required=False)
    reason = reason_field(
        _("为什么"), _("有什么利害关系，或者别的可能影响公正的关系；写事实，不写电话和证件号码")
    )

    def __init__(self, *args, team, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["inspector"].queryset = Inspector.objects.filter(
            pk__in=[one.pk for one in team]
        ).select_related("unit")


class DeclareForm(Worded):
    reason = reason_field(_("你为什么要回避"), _("和这家机构有什么关系；负责人看得到"))


class RecusalDecideForm(Worded):
    """`able`: who could come in where no ranking says it."""

    what = forms.ChoiceField(
        label=_("决定"),
        choices=[("grant", _("同意，这个人退出检查组")), ("refuse", _("不同意，照常检查"))],
        widget=forms.RadioSelect,
    )
    answer = reason_field(_("决定的理由"), _("机构看得到；写事实，不写电话和证件号码"))

    def __init__(self, *args, able=(), **kwargs):
        super().__init__(*args, **kwargs)
        if able:
            self.fields["instead"] = InspectorChoice(
                label=_("同意的，由谁接替"),
                queryset=Inspector.objects.filter(pk__in=[one.pk for one in able]).select_related("unit"),
                required=False,
                empty_label=_("选一个"),
            )
