"""Shapes of what people enter about rectification orders."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from facilities.forms.facilities import DayField
from facilities.forms.people import Worded, paper_field
from inspections.models import Inspector
from portal.models import Street


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files in one field, as a list."""

    widget = FilesInput

    def clean(self, data, initial=None):
        if not data:
            return []
        return [super(FilesField, self).clean(one, initial) for one in data]


class OrderAnswerForm(forms.Form):
    """The facility's answer: a text and files for each open finding (`text-<id>`, `files-<id>`)."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, findings, **kwargs):
        super().__init__(*args, **kwargs)
        self.findings = findings
        for finding in findings:
            self.fields[f"text-{finding.pk}"] = forms.CharField(
                label=_("怎么改的，什么时候改好的"),
                max_length=2000,
                widget=forms.Textarea(attrs={"rows": 3}),
                error_messages={"required": _("写怎么改的，什么时候改好的")},
            )
            self.fields[f"files-{finding.pk}"] = FilesField(
                label=_("照片或材料"),
                help_text=_("JPEG、PNG、WebP 或 PDF，每个不超过 10 MB"),
                required=False,
                widget=FilesInput(attrs={"accept": "image/jpeg,image/png,image/webp,application/pdf"}),
            )

    def rows(self):
        """(finding, its text field, its files field), for the page."""
        return [(f, self[f"text-{f.pk}"], self[f"files-{f.pk}"]) for f in self.findings]

    def texts(self) -> dict[int, str]:
        return {f.pk: self.cleaned_data[f"text-{f.pk}"] for f in self.findings}

    def uploads(self) -> dict[int, list]:
        return {f.pk: self.cleaned_data[f"files-{f.pk}"] for f in self.findings}


class PlanForm(forms.Form):
    on = forms.DateField(
        label=_("复查日期"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "short"}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


class RecheckForm(forms.Form):
    """What a re-inspection found, per finding (`result-<id>`)."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    note = forms.CharField(
        label=_("复查情况"),
        help_text=_("看到了什么"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    inspectors = forms.MultipleChoiceField(
        label=_("复查人员"),
        help_text=_("到场的，至少两名"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("至少选两名")},
    )
    new_due_on = forms.DateField(
        label=_("新的期限"),
        help_text=_("都改好了就不用填；是不是按时整改，仍按第一次的期限算"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "short"}),
    )

    def __init__(self, *args, findings, inspectors: list[Inspector], **kwargs):
        super().__init__(*args, **kwargs)
        self.findings = findings
        self.fields["inspectors"].choices = [(i.code, f"{i.code} {i.name}（{i.unit}）") for i in inspectors]
        for finding in findings:
            self.fields[f"result-{finding.pk}"] = forms.ChoiceField(
                label=finding.item.text,
                choices=[("closed", _("改好了")), ("open", _("没改好"))],
                widget=forms.RadioSelect,
                error_messages={"required": _("选“改好了”或“没改好”")},
            )

    def rows(self):
        return [(f, self[f"result-{f.pk}"]) for f in self.findings]

    def results(self) -> dict[int, str]:
        return {f.pk: self.cleaned_data[f"result-{f.pk}"] for f in self.findings}


class ExtensionForm(Worded):
    """The facility asks for more time."""

    version = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
    wanted_on = DayField(label=_("想延到"))
    reason = forms.CharField(
        label=_("理由"), min_length=10, max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )
    upload = paper_field(_("材料"))


class ExtensionAnswerForm(Worded):
    """`what`: yes or no; no says why."""

    what = forms.ChoiceField(choices=[("yes", "yes"), ("no", "no")], widget=forms.HiddenInput)
    answer = forms.CharField(
        label=_("答复"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )


class OrderFilter(forms.Form):
    q = forms.CharField(
        label=_("整改编号或机构编号"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"class": "short"}),
    )
    street = forms.ModelChoiceField(label=_("街镇"), required=False, queryset=Street.objects.none())

    def __init__(self, *args, streets, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["street"].queryset = streets
