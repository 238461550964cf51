"""Shapes of the filing's pages: a section as the form of the day asks it, and the small forms around it."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_lazy as _

from facilities.models import Filing
from facilities.rules import filing_form
from facilities.rules.filing_form import Field, Section

YES_NO = (("yes", _("是")), ("no", _("否")))
WIDE = ("text", "long", "file")


def raw(field: Field, value) -> str:
    """A kept value as the form shows it."""
    if value is None:
        return ""
    if field.of == "yes":
        return "yes" if value else "no"
    return str(value)


def made(field: Field, streets) -> forms.Field:
    """The form's field; what the filing can do without says so."""
    words = {"label": gettext_lazy(field.label), "required": field.required}
    if field.hint:
        words["help_text"] = gettext_lazy(field.hint)
    if field.of == "long":
        return forms.CharField(widget=forms.Textarea(attrs={"rows": 4}), **words)
    if field.of == "yes":
        return forms.ChoiceField(choices=YES_NO, widget=forms.RadioSelect, **words)
    if field.of in ("choice", "street"):
        pairs = streets if field.of == "street" else [(v, gettext_lazy(label)) for v, label in field.choices]
        return forms.ChoiceField(choices=[("", _("选一个")), *pairs], **words)
    if field.of == "file":
        accept = ".pdf,.jpg,.jpeg,.png,.webp"
        return forms.FileField(widget=forms.FileInput(attrs={"accept": accept}), **words)
    kinds = {"day": "date", "time": "time"}
    widget = forms.TextInput(attrs={"type": kinds[field.of]}) if field.of in kinds else forms.TextInput()
    if field.of in ("whole", "area"):
        widget.attrs["inputmode"] = "numeric" if field.of == "whole" else "decimal"
    if field.of == "phone":
        widget.attrs["inputmode"] = "tel"
    return forms.CharField(widget=widget, **words)


class SectionForm(forms.Form):
    """All fields of a section, unbound: values come from the answers, problems from the service."""

    use_required_attribute = False  # an unfinished section is saved too

    def __init__(self, section: Section, answers: dict, streets, given: dict | None = None, **kwargs):
        values = {
            f.key: (given or {}).get(f.key, raw(f, answers[f.key].value if f.key in answers else None))
            for f in section.fields
            if f.of != "file"
        }
        super().__init__(initial=values, auto_id="id_%s", **kwargs)
        for field in section.fields:
            self.fields[field.key] = made(field, streets)


class NewFilingForm(forms.Form):
    """What is to be filed, and of which of the own facilities."""

    kind = forms.ChoiceField(label=_("办什么"), widget=forms.RadioSelect)
    facility = forms.ModelChoiceField(
        None,
        label=_("机构"),
        required=False,
        empty_label=_("新机构，还没有备案"),
        error_messages={"invalid_choice": _("只能给自己的、没有停办的机构办")},
    )

    def __init__(self, *args, kinds, facilities, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(k, gettext_lazy(filing_form.KINDS[k])) for k in kinds]
        self.fields["facility"].queryset = facilities
        self.fields["kind"].error_messages["required"] = gettext("选一项")
        if not facilities.exists():
            del self.fields["facility"]


class RevocationForm(forms.Form):
    """Which facility's filing the district means to take back, by its code."""

    facility = forms.CharField(
        label=_("机构编号"), max_length=16, help_text=_("名册里的编号，例如 MH0091"),
        error_messages={"required": _("写机构编号")},
    )  # fmt: skip

    def __init__(self, *args, facilities, **kwargs):
        super().__init__(*args, **kwargs)
        self.facilities = facilities

    def clean_facility(self):
        found = self.facilities.filter(code=self.cleaned_data["facility"].strip().upper()).first()
        if found is None:
            raise forms.ValidationError(gettext("名册里没有这个编号的机构"))
        return found


class ProposalForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    proposal = forms.ChoiceField(label=_("建议"), choices=Filing.Proposal.choices, widget=forms.RadioSelect)
    opinion = forms.CharField(
        label=_("审核意见"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("建议不同意的，申请人会看到这里写的理由"),
    )  # fmt: skip


class OpinionForm(forms.Form):
    """The reviewer's words on what a facility stated."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    opinion = forms.CharField(
        label=_("对陈述申辩的意见"), max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )


class SignForm(forms.Form):
    answer = forms.ChoiceField(
        label=_("意见"), choices=(("agree", _("同意")), ("refuse", _("不同意"))), widget=forms.RadioSelect
    )
    opinion = forms.CharField(
        label=_("说明"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("不同意的写理由和依据"),
    )  # fmt: skip
    file = forms.FileField(label=_("附件"), required=False)


class DecisionForm(forms.Form):
    """The head's words, needed to give back or refuse."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    note = forms.CharField(
        label=_("理由"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("退回或不同意的要写，申请人会看到不同意的理由"),
    )  # fmt: skip


class StatementForm(forms.Form):
    text = forms.CharField(
        label=_("陈述申辩"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 5})
    )
    file = forms.FileField(label=_("附件"), required=False)
