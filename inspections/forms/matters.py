"""The shape of an entry of the list of what is inspected."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from inspections.forms.plans import KINDS, NumbersForm
from inspections.rules.matters import LENGTHS
from portal.models import Unit


class MatterForm(NumbersForm):
    key = forms.CharField(
        label=_("代号"),
        max_length=40,
        help_text=_("小写字母、数字和短横，比如 fire，以后不改"),
        widget=forms.TextInput(attrs={"class": "mono"}),
    )
    name = forms.CharField(label=_("抽查事项"), max_length=LENGTHS["name"])
    basis = forms.CharField(label=_("检查依据"), max_length=LENGTHS["basis"])
    subject = forms.CharField(
        label=_("检查主体"), max_length=LENGTHS["subject"], help_text=_("公布的写法，比如“区消防救援机构”")
    )
    unit = forms.ModelChoiceField(
        Unit.objects.none(), label=_("本区的单位"), required=False, help_text=_("联合检查时由它出人")
    )
    kinds = forms.MultipleChoiceField(label=_("检查对象"), choices=KINDS, widget=forms.CheckboxSelectMultiple)
    ratio = forms.CharField(label=_("抽查比例"), max_length=LENGTHS["ratio"])
    frequency = forms.CharField(label=_("检查频次"), max_length=LENGTHS["frequency"])
    method = forms.CharField(label=_("检查方式"), max_length=LENGTHS["method"])
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, known: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = Unit.objects.filter(collective=False).order_by("position", "slug")
        if known:
            del self.fields["key"]

    def facts(self) -> dict:
        """The service's keywords."""
        names = ("key", "name", "basis", "subject", "unit", "kinds", "ratio", "frequency", "method")
        return {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}


class MatterStepForm(NumbersForm):
    what = forms.ChoiceField(choices=[("publish", ""), ("withdraw", "")], widget=forms.HiddenInput)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    note = forms.CharField(label=_("为什么撤下"), required=False, max_length=200)
