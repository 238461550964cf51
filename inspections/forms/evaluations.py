"""The shapes of a round of evaluation, of its facilities and evaluators, of a sheet's fields, of decisions."""

from __future__ import annotations

import re
from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

from facilities.forms.facilities import DayField
from facilities.forms.people import paper_field
from inspections.forms.plans import KINDS, NumbersForm, whole
from inspections.models import EvaluationRound, Indicator, IndicatorSet
from inspections.rules import evaluations as rules
from inspections.rules.evaluation_sets import VETO
from portal.models import Street

NUMBER = re.compile(r"\d{1,4}(\.\d)?", re.ASCII)


def area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class RoundForm(NumbersForm):
    set = forms.ModelChoiceField(IndicatorSet.objects.none(), label=_("评估标准"))
    year = whole(_("年份"))
    title = forms.CharField(label=_("名称"), max_length=80)
    peers = whole(_("每家几名互评人"))
    self_from = DayField(label=_("自评从"))
    self_until = DayField(label=_("自评到"))
    peer_from = DayField(label=_("互评从"))
    peer_until = DayField(label=_("互评到"))
    third_from = DayField(label=_("委托评估从"))
    third_until = DayField(label=_("委托评估到"))
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, known: EvaluationRound | None = None, **kwargs):
        if known is not None:
            names = ("title", "peers", "version")
            days = [f"{kind}_{end}" for kind in rules.PHASES for end in ("from", "until")]
            kwargs["initial"] = {name: getattr(known, name) for name in (*names, *days)}
        super().__init__(*args, **kwargs)
        self.fields["set"].queryset = IndicatorSet.objects.filter(state="published")
        self.fields["set"].error_messages |= {
            "required": _("选一套标准"), "invalid_choice": _("选一套在用的标准"),
        }  # fmt: skip
        if known is not None:
            del self.fields["set"], self.fields["year"]

    def facts(self) -> dict:
        return {n: v for n, v in self.cleaned_data.items() if n not in ("set", "version")}


class ChooseForm(NumbersForm):
    """Facilities by kind and street, or by their codes."""

    kinds = forms.MultipleChoiceField(
        label=_("机构类型"), choices=KINDS, required=False, widget=forms.CheckboxSelectMultiple
    )
    streets = forms.ModelMultipleChoiceField(
        Street.objects.none(), label=_("街镇"), required=False, widget=forms.CheckboxSelectMultiple
    )
    codes = forms.CharField(
        label=_("机构编号"),
        required=False,
        max_length=2000,
        help_text=_("写了编号就只加这几家，用空格或顿号隔开；不写就按类型和街镇加"),
        widget=area(2),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["streets"].queryset = Street.objects.order_by("code")
        self.fields["streets"].error_messages |= {
            "invalid_choice": _("从本区的街镇里选"), "invalid_pk_value": _("从本区的街镇里选"),
            "invalid_list": _("从本区的街镇里选"),
        }  # fmt: skip

    def clean(self):
        data = super().clean()
        if not self.errors and not (data["kinds"] or data["streets"] or data["codes"].strip()):
            self.add_error("codes", _("选类型、街镇，或者写编号"))
        return data

    def facts(self) -> dict:
        data = self.cleaned_data
        return {
            "kinds": data["kinds"],
            "streets": [one.pk for one in data["streets"]],
            "codes": [code for code in re.split(r"[\s、，,]+", data["codes"]) if code],  # content
        }


class PeerForm(NumbersForm):
    """Somebody into the pool of peers: the account that keeps the facility's file."""

    facility = forms.CharField(
        label=_("机构编号"), max_length=12, widget=forms.TextInput(attrs={"class": "mono short"})
    )
    user = forms.CharField(label=_("账号"), max_length=40)


class EvaluatorForm(NumbersForm):
    """One sheet by hand."""

    kind = forms.ChoiceField(label=_("谁来评"), choices=[("peer", _("同行")), ("third", _("外聘专家"))])
    user = forms.CharField(label=_("账号"), max_length=40)


class ScoreForm(forms.Form):
    """One indicator of a sheet; half filled in is allowed."""

    points = forms.CharField(required=False, max_length=8)
    breached = forms.ChoiceField(choices=[("", ""), ("no", ""), ("yes", "")], required=False)
    note = forms.CharField(required=False, max_length=rules.NOTE)
    version = forms.IntegerField(required=False, min_value=0, max_value=10**6)

    def __init__(self, *args, indicator: Indicator, **kwargs):
        super().__init__(*args, **kwargs)
        self.indicator = indicator
        self.fields["breached"].error_messages["invalid_choice"] = _("选“没有”或“有”")
        self.fields["note"].error_messages["max_length"] = _("说明最多 %(n)d 个字") % {"n": rules.NOTE}

    def clean_points(self) -> Decimal | None:
        text = self.cleaned_data["points"].strip()
        if not text or self.indicator.dimension == VETO:
            return None
        if not NUMBER.fullmatch(text):
            raise forms.ValidationError(_("填一个数"))
        return Decimal(text)

    def facts(self) -> dict:
        data = self.cleaned_data
        breached = {"": None, "no": False, "yes": True}[data["breached"]]
        return {
            "points": data["points"], "breached": breached, "note": data["note"], "version": data["version"] or 0,
        }  # fmt: skip


class SubmitForm(NumbersForm):
    note = forms.CharField(label=_("总的意见"), required=False, max_length=rules.TEXT, widget=area(3))
    upload = paper_field(_("评估报告"), help_text=_("PDF、图片或 docx，10 MB 以内"))
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, kind: str, reported: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["upload"].required = not reported
        self.fields["upload"].error_messages["required"] = _("附上评估报告")
        self.fields["upload"].widget.attrs["accept"] = ".pdf,.docx,image/*"
        if kind != "third":
            del self.fields["upload"]


class RecuseForm(NumbersForm):
    reason = forms.CharField(label=_("和这家机构有什么关系"), max_length=300, widget=area(2))


class CaseStepForm(NumbersForm):
    """One step of a facility's evaluation."""

    what = forms.ChoiceField(
        choices=[
            (one, one)
            for one in ("decide", "return", "confirm", "object", "agree", "keep", "publish", "leave")
        ],
        widget=forms.HiddenInput,
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
    reasons = forms.CharField(label=_("认定的理由"), required=False, max_length=rules.TEXT, widget=area(4))
    note = forms.CharField(label=_("要改什么"), required=False, max_length=300)
    text = forms.CharField(label=_("内容"), required=False, max_length=rules.TEXT, widget=area(4))


class ProposeForm(NumbersForm):
    case = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31)
    reason = forms.CharField(label=_("理由"), max_length=300)


class SelectionStepForm(NumbersForm):
    what = forms.ChoiceField(
        choices=[(one, one) for one in ("notice", "name", "drop")], widget=forms.HiddenInput
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
    note = forms.CharField(label=_("为什么不入选"), required=False, max_length=300)


class StepForm(NumbersForm):
    what = forms.ChoiceField(
        choices=[(one, one) for one in ("open", "close", "assign")], widget=forms.HiddenInput
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
