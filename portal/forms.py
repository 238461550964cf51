"""Shapes of portal's own input."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.models.people import ROLE_LABELS
from portal.models.places import Street, Unit
from portal.services.people import GIVEN, SCOPES


class PersonForm(forms.Form):
    username = forms.CharField(
        label=_("账号"), max_length=40, help_text=_("3 到 40 个小写字母、数字、点、横线")
    )
    name = forms.CharField(label=_("姓名"), max_length=40)


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("角色"))
    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("单位"), required=False)
    streets = forms.ModelMultipleChoiceField(
        Street.objects.none(), label=_("街镇"), required=False, help_text=_("街镇工作人员至少选一个")
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(r.value, ROLE_LABELS[r]) for r in GIVEN]
        self.fields["unit"].queryset = Unit.objects.filter(collective=False)
        self.fields["streets"].queryset = Street.objects.all()


class ClientForm(forms.Form):
    name = forms.CharField(label=_("名称"), max_length=80, help_text=_("哪个系统来取数据"))
    scopes = forms.MultipleChoiceField(
        label=_("权限"), choices=[(s, s) for s in SCOPES], widget=forms.CheckboxSelectMultiple
    )
    ends_on = forms.DateField(label=_("止日"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
