"""The shapes of the pages' forms; whether what they hold makes sense the services decide."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from facilities.models import Employment, Facility
from facilities.rules import register
from facilities.rules.states import FACILITY
from facilities.widgets import Boxes, One, Several
from portal.choices import in_language


class DayField(forms.DateField):
    """A day by the browser's own calendar."""

    def __init__(self, **kwargs):
        kwargs.setdefault("widget", forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        kwargs.setdefault("input_formats", ["%Y-%m-%d"])
        super().__init__(**kwargs)
        self.error_messages |= {"invalid": _("写成 2026-03-18 这样的日期"), "required": _("填日期")}

    def to_python(self, value):
        day = super().to_python(value)
        if day is not None and not 1900 <= day.year <= 2100:
            raise forms.ValidationError(_("年份要在 1900 到 2100 之间"))
        return day


class TimeField(forms.TimeField):
    """A time of day by the browser's own clock."""

    def __init__(self, **kwargs):
        kwargs.setdefault("widget", forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
        super().__init__(**kwargs)
        self.error_messages |= {"invalid": _("写成 08:30 这样的时间"), "required": _("填时间")}


def worded(form: forms.Form) -> None:
    """Errors of shape in our tone."""
    for field in form.fields.values():
        field.error_messages["required"] = (
            _("选一个") if isinstance(field, forms.ChoiceField) else _("不能空着")
        )
        if isinstance(field, (forms.IntegerField, forms.DecimalField)):
            field.error_messages["invalid"] = _("填一个数")
        if isinstance(field, forms.ChoiceField):
            field.error_messages["invalid_choice"] = _("列表里没有“%(value)s”")
        if isinstance(field, DayField):
            field.error_messages["required"] = _("填日期")


class FacilityFilter(forms.Form):
    """Conditions of the register; the address is their state."""

    q = forms.CharField(
        label=_("名称、地址、编号、拼音"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": _("名称、地址、拼音首字母")}),
    )
    street = forms.TypedMultipleChoiceField(label=_("街镇"), required=False, coerce=int, widget=Several)
    kind = forms.MultipleChoiceField(
        label=_("类型"), required=False, choices=Facility.Kind.choices, widget=Boxes
    )
    state = forms.MultipleChoiceField(
        label=_("状态"), required=False, choices=in_language(FACILITY.choices), widget=Boxes
    )
    inclusive = forms.ChoiceField(
        label=_("普惠"),
        required=False,
        choices=[("", _("不限")), ("yes", _("是")), ("no", _("否"))],
        widget=One,
    )
    grade = forms.MultipleChoiceField(
        label=_("风险等级"),
        required=False,
        choices=Facility.Grade.choices,
        widget=Boxes,
    )
    ownership = forms.MultipleChoiceField(
        label=_("性质"),
        required=False,
        choices=Facility.Ownership.choices,
        widget=Boxes,
    )
    expiring = forms.ChoiceField(
        label=_("到期"), required=False, choices=[("", _("不限")), ("30", _("30 天内有证照到期"))], widget=One
    )

    def __init__(self, *args, streets=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["street"].choices = [(s.pk, s.name) for s in streets]
        translated(self.fields["state"])
        worded(self)


def translated(field: forms.ChoiceField) -> None:
    """Labels of a machine's states are marked, not yet translated."""
    field.choices = [(value, _(label)) for value, label in field.choices]


class StaffFilter(forms.Form):
    q = forms.CharField(
        label=_("姓名、编号、拼音"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": _("姓名、编号、拼音首字母")}),
    )
    street = forms.TypedMultipleChoiceField(label=_("街镇"), required=False, coerce=int, widget=Several)
    facility = forms.CharField(label=_("机构编号"), required=False, max_length=12)
    post = forms.MultipleChoiceField(
        label=_("岗位"),
        required=False,
        choices=Employment.Post.choices,
        widget=Boxes,
    )
    certificate = forms.ChoiceField(
        label=_("证书"),
        required=False,
        choices=[("", _("不限")), ("short", _("缺或过期")), ("soon", _("30 天内到期"))],
        widget=One,
    )
    training = forms.ChoiceField(
        label=_("今年培训"), required=False, choices=[("", _("不限")), ("short", _("课时不够"))], widget=One
    )
    check = forms.ChoiceField(
        label=_("违法犯罪记录查询"),
        required=False,
        choices=[("", _("不限")), ("overdue", _("没查、过期或有记录"))],
        widget=One,
    )
    left = forms.ChoiceField(
        label=_("在岗"), required=False, choices=[("", _("在岗")), ("yes", _("已离岗"))], widget=One
    )

    def __init__(self, *args, streets=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["street"].choices = [(s.pk, s.name) for s in streets]
        worded(self)


class FacilityForm(forms.ModelForm):
    """The facts of a facility. For an operator what the district owns is shown and not taken."""

    operator = forms.CharField(
        label=_("举办者"),
        required=False,
        max_length=120,
        help_text=_("全称。已登记过的写得一样，就是同一个举办者"),
    )
    opens_at = TimeField(label=_("开门时间"), required=False)
    closes_at = TimeField(label=_("关门时间"), required=False)
    opened_on = DayField(label=_("开办日期"), required=False)
    insured_until = DayField(label=_("责任险到期"), required=False)
    fees_published_on = DayField(label=_("收费公示日期"), required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Facility
        fields = register.FIELDS

    def __init__(self, *args, streets=(), district_fields=True, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["street"].queryset = streets
        self.fields["street"].empty_label = _("选街镇")
        for name in ("places", "enrolled"):
            self.fields[name].validators = []
            self.fields[name].widget.attrs["inputmode"] = "numeric"
        for name in ("video_connected", "alarm_connected"):
            known = forms.NullBooleanSelect()  # shows what is kept: a plain list would offer 'unknown' first
            known.choices = [("unknown", _("不知道")), ("true", _("是")), ("false", _("否"))]
            self.fields[name] = forms.NullBooleanField(
                label=self.fields[name].label, required=False, widget=known
            )
        for name, words in (("kind", _("选类型")), ("ownership", _("选性质"))):
            self.fields[name].choices = [("", words), *self.fields[name].choices[1:]]
        self.fields["credit_code"].help_text = _("18 位统一社会信用代码，执照上有")
        self.fields["inclusive"].help_text = _("普惠性托育点一定是普惠")
        if self.instance.pk:
            self.fields["version"].initial = self.instance.version
            self.initial["operator"] = self.instance.operator.name if self.instance.operator else ""
        for name in ("latitude", "longitude"):
            self.fields[name].widget.attrs["inputmode"] = "decimal"
        self.fields["latitude"].help_text = _("WGS-84，例如 31.112345")
        self.fields["longitude"].help_text = _("WGS-84，例如 121.381234")
        for name in ("latitude", "longitude"):
            self.fields[name].validators = []
            self.fields[name].error_messages["max_decimal_places"] = _("最多六位小数")
        if not district_fields:
            for name in register.DISTRICT_FIELDS:
                del self.fields[name]
        worded(self)

    def _post_clean(self):
        """Sense is the service's business; a model's own checks would say it a second time, in other words."""

    def values(self) -> dict:
        values = {name: self.cleaned_data[name] for name in register.FIELDS if name in self.fields}
        if "enrolled" in values:
            values["enrolled"] = values["enrolled"] or 0
        return values


class NewFacilityForm(FacilityForm):
    state = forms.ChoiceField(
        label=_("状态"),
        choices=in_language((state, FACILITY.states[state]) for state in register.ENTRY_STATES),
        help_text=_("早就开办的机构选“在办”，并填开办日期"),
    )

    field_order = ["name", "state"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        translated(self.fields["state"])


class StateForm(forms.Form):
    """A change of state; what can come next depends on the present one."""

    action = forms.ChoiceField(label=_("改为"), widget=forms.RadioSelect)
    on = DayField(label=_("从哪天起"))
    reason = forms.CharField(label=_("原因"), max_length=200, widget=forms.Textarea(attrs={"rows": 2}))
    document = forms.CharField(
        label=_("文件"), max_length=80, required=False, help_text=_("告知书、决定书等的名称或文号")
    )
    upload = forms.FileField(
        label=_("附件"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,application/pdf"}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, state: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["action"].choices = [
            (
                t.action,
                _(t.label)
                if t.label == FACILITY.states[t.target]
                else f"{_(t.label)}（{_(FACILITY.states[t.target])}）",
            )
            for t in FACILITY.actions(state)
        ]
        worded(self)
