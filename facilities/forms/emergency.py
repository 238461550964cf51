"""Forms of emergency plans and drills; what makes sense the services decide."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from facilities.forms.facilities import DayField
from facilities.forms.records import FILES, RecordForm, label
from facilities.models import EmergencyDrill, EmergencyPlan
from facilities.rules.emergency import KINDS, RESULTS
from facilities.widgets import Boxes, One, Several
from portal.choices import in_language


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files in one field, as a list."""

    widget = FilesInput

    def clean(self, data, initial=None):
        if not data and self.required:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return [super(FilesField, self).clean(one, initial) for one in data or []]


class PlanForm(RecordForm):
    kind = forms.ChoiceField(label=label(EmergencyPlan, "kind"), choices=in_language(KINDS.items()))
    title = forms.CharField(label=label(EmergencyPlan, "title"), max_length=120)
    approved_on = DayField(label=label(EmergencyPlan, "approved_on"))
    approved_by = forms.CharField(label=label(EmergencyPlan, "approved_by"), max_length=40)
    review_on = DayField(label=label(EmergencyPlan, "review_on"), help_text=_("到这一天前要重新看一遍"))
    upload = forms.FileField(
        label=label(EmergencyPlan, "file"),
        widget=forms.FileInput(attrs=FILES),
        help_text=_("PDF 或图片，不超过 10 MB"),
    )


class DrillForm(RecordForm):
    """`plans`: the plans in force that can have been drilled."""

    plan = forms.ModelChoiceField(EmergencyPlan.objects.none(), label=_("演练的预案"), empty_label=None)
    held_on = DayField(label=label(EmergencyDrill, "held_on"))
    scenario = forms.CharField(
        label=label(EmergencyDrill, "scenario"),
        max_length=200,
        help_text=_("比如“午睡时厨房起火，全园疏散到操场”"),
    )
    leader = forms.CharField(label=label(EmergencyDrill, "leader"), max_length=40)
    staff_count = forms.IntegerField(label=label(EmergencyDrill, "staff_count"), min_value=0, max_value=500)
    child_count = forms.IntegerField(label=label(EmergencyDrill, "child_count"), min_value=0, max_value=500)
    partners = forms.CharField(
        label=label(EmergencyDrill, "partners"),
        max_length=100,
        required=False,
        help_text=_("消防站、社区卫生服务中心等"),
    )
    result = forms.ChoiceField(label=label(EmergencyDrill, "result"), choices=in_language(RESULTS.items()))
    problems = forms.CharField(
        label=label(EmergencyDrill, "problems"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("结果是“有不足”时写"),
    )
    measures = forms.CharField(
        label=label(EmergencyDrill, "measures"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    uploads = FilesField(
        label=_("照片、签到表或记录"),
        widget=FilesInput(attrs=FILES),
        help_text=_("1 到 6 份，照片里尽量不拍幼儿的脸"),
    )

    def __init__(self, *args, plans, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["plan"].queryset = plans
        self.fields["plan"].label_from_instance = lambda plan: f"{plan.get_kind_display()}　{plan.title}"
        self.fields["plan"].error_messages["invalid_choice"] = _("从列表里选一个")
        for name in ("staff_count", "child_count"):
            field = self.fields[name]
            field.error_messages["min_value"] = field.error_messages["max_value"] = _("填 0 到 500 之间的数")


class EmergencyFilter(forms.Form):
    q = forms.CharField(
        label=_("名称、地址、编号、拼音"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": _("名称、地址、拼音首字母")}),
    )
    street = forms.TypedMultipleChoiceField(label=_("街镇"), required=False, coerce=int, widget=Several)
    lacks = forms.MultipleChoiceField(
        label=_("缺哪类预案"), required=False, choices=in_language(KINDS.items()), widget=Boxes
    )
    late = forms.ChoiceField(
        label=_("到期"),
        required=False,
        choices=[("", _("不限")), ("drill", _("演练逾期")), ("review", _("复审逾期"))],
        widget=One,
    )

    def __init__(self, *args, streets=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["street"].choices = [(s.pk, s.name) for s in streets]
