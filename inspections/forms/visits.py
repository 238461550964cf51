"""Shapes of what people enter about visits."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from inspections.models import Inspection, Inspector
from inspections.rules.states import CANCEL_REASONS
from portal.choices import in_language
from portal.models import Street


class AnswerForm(forms.Form):
    """One item as it is typed. The page's radio group says `none` for 未查, as its shape is called."""

    value = forms.ChoiceField(
        choices=[("", ""), ("ok", _("符合")), ("bad", _("不符合")), ("none", _("未查"))], required=False
    )
    note = forms.CharField(required=False, strip=False, max_length=10_000)
    mended = forms.BooleanField(required=False)
    version = forms.IntegerField(min_value=0, required=False)

    def clean_value(self):
        value = self.cleaned_data["value"]
        return "unseen" if value == "none" else value

    def clean_version(self):
        return self.cleaned_data["version"] or 0


class SignoffForm(forms.Form):
    present = forms.CharField(
        label=_("机构在场人员"),
        help_text=_("姓名和职务，比如“陈老师，园长”；没有人到场的，写“无人到场”"),
        max_length=60,
        error_messages={"required": _("写到场的人的姓名和职务；没有人到场的，写“无人到场”")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    objection = forms.CharField(
        label=_("机构有不同意见"),
        help_text=_("照原话写下来，和检查记录一起留存"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    summary = forms.CharField(
        label=_("检查小结"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    without = forms.CharField(
        label=_("不等的原因"),
        help_text=_("5 到 200 个字，会留在记录里。之后到的内容记作附记，机构也看得到"),
        required=False,
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class CancelForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("理由"),
        help_text=_("没赶上不是理由，补做就行"),
        choices=in_language(CANCEL_REASONS.items()),
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=_("说明"),
        help_text=_("5 到 200 个字，会随证据公开，不写人名"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class UnscheduledForm(forms.Form):
    cause = forms.CharField(
        label=_("投诉、事件或整改通知编号"),
        help_text=_("比如 TS-2611-003；去检查它说的那家机构"),
        max_length=20,
        widget=forms.TextInput(attrs={"class": "short", "autocomplete": "off"}),
    )
    note = forms.CharField(
        label=_("说明"),
        help_text=_("查什么，最多 180 个字，不写投诉人"),
        max_length=180,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    due_on = forms.DateField(
        label=_("最迟检查日"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "short"}),
    )
    inspectors = forms.ModelMultipleChoiceField(
        label=_("检查人员"),
        help_text=_("至少两名，按住 Ctrl 多选"),
        queryset=Inspector.objects.none(),
        widget=forms.SelectMultiple(attrs={"size": 8}),
    )

    def __init__(self, *args, causes, on, **kwargs):
        """`causes`: number -> the record, as far as the person knows it; `on`: the day whose licences count."""
        super().__init__(*args, **kwargs)
        self.causes = causes
        self.fields["inspectors"].queryset = Inspector.objects.filter(
            active=True, licence_from__lte=on, licence_until__gte=on
        ).select_related("unit")
        self.fields["inspectors"].label_from_instance = lambda i: f"{i.code} {i.name}（{i.unit}）"

    def clean_cause(self):
        number = self.cleaned_data["cause"].strip().upper()
        found = self.causes(number)
        if found is None:
            raise forms.ValidationError(
                _("没有编号 %(number)s 的投诉、事件或整改通知。先有记录，才有有因检查"),
                params={"number": number},
            )
        return found


class InspectionFilter(forms.Form):
    """Conditions of the list; what is nonsense is left out rather than refused."""

    q = forms.CharField(
        label=_("检查编号或机构编号"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"class": "short"}),
    )
    month = forms.DateField(
        label=_("月份"),
        required=False,
        input_formats=["%Y-%m"],
        widget=forms.DateInput(format="%Y-%m", attrs={"type": "month"}),
    )
    street = forms.ModelChoiceField(label=_("街镇"), required=False, queryset=Street.objects.none())
    state = forms.ChoiceField(
        label=_("状态"),
        required=False,
        choices=[("", _("不限")), *Inspection._meta.get_field("state").choices],
    )
    kind = forms.ChoiceField(
        label=_("种类"), required=False, choices=[("", _("不限")), *Inspection.Kind.choices]
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["street"].queryset = Street.objects.all()
