"""Shapes of what people enter about a result: objections, their decision, a change of what was final."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from facilities.forms.facilities import DayField
from facilities.forms.people import Worded, paper_field
from inspections.forms.orders import FilesField, FilesInput
from inspections.rules import results as rules
from inspections.rules.states import CHANGE_REASONS
from portal.choices import in_language
from portal.models import Street


class VersionField(forms.IntegerField):
    """The number of the page that the person saw."""

    def __init__(self):
        super().__init__(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)


class ObjectForm(Worded):
    """What the facility says to each finding, where it says something (`text-<id>`, `files-<id>`), or that it has
    nothing against the draft."""

    version = VersionField()
    what = forms.ChoiceField(choices=[(name, name) for name in ("object", "agree")], widget=forms.HiddenInput)

    def __init__(self, *args, findings, **kwargs):
        super().__init__(*args, **kwargs)
        self.findings = findings
        for finding in findings:
            self.fields[f"text-{finding.pk}"] = forms.CharField(
                label=_("哪里与实际不符"),
                required=False,
                max_length=rules.TEXT_LENGTH,
                widget=forms.Textarea(attrs={"rows": 2}),
            )
            self.fields[f"files-{finding.pk}"] = FilesField(
                label=_("材料"),
                help_text=_("照片或 PDF，每个不超过 10 MB"),
                required=False,
                widget=FilesInput(attrs={"accept": "image/jpeg,image/png,image/webp,application/pdf"}),
            )

    def rows(self):
        return [(f, self[f"text-{f.pk}"], self[f"files-{f.pk}"]) for f in self.findings]

    def clean(self):
        given = super().clean()
        if given.get("what") == "agree" and any(given.get(f"text-{f.pk}") for f in self.findings):
            self.add_error(None, _("写了意见，又选了“没有意见”。要提意见就点“送出意见”，没有就把写的删掉"))
        return given

    def texts(self) -> dict[int, str]:
        return {f.pk: self.cleaned_data[f"text-{f.pk}"] for f in self.findings}

    def uploads(self) -> dict[int, list]:
        return {f.pk: self.cleaned_data[f"files-{f.pk}"] for f in self.findings}


class DecideForm(Worded):
    """Each objection accepted or kept, with its reason (`outcome-<id>`, `reason-<id>`)."""

    version = VersionField()

    def __init__(self, *args, objections, **kwargs):
        super().__init__(*args, **kwargs)
        self.objections = objections
        for one in objections:
            self.fields[f"outcome-{one.pk}"] = forms.ChoiceField(
                label=_("你的决定"),
                choices=[
                    (rules.KEPT, _("意见不成立，维持")),
                    (rules.ACCEPTED, _("意见成立，撤销这个问题")),
                ],
                widget=forms.RadioSelect,
                error_messages={"required": _("选意见成立还是维持")},
            )
            self.fields[f"reason-{one.pk}"] = forms.CharField(
                label=_("理由"),
                help_text=_("机构看得到"),
                max_length=rules.REASON[1],
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    def rows(self):
        return [(one, self[f"outcome-{one.pk}"], self[f"reason-{one.pk}"]) for one in self.objections]

    def outcomes(self) -> dict[int, str]:
        return {one.pk: self.cleaned_data[f"outcome-{one.pk}"] for one in self.objections}

    def reasons(self) -> dict[int, str]:
        return {one.pk: self.cleaned_data[f"reason-{one.pk}"] for one in self.objections}


class ChangeForm(Worded):
    version = VersionField()
    findings = forms.TypedMultipleChoiceField(
        label=_("撤销哪些问题"), coerce=int, widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("至少选一个")},
    )  # fmt: skip
    reason_kind = forms.ChoiceField(
        label=_("更正的原因"), help_text=_("随撤回一起公开"), choices=in_language(CHANGE_REASONS.items())
    )
    decided_on = DayField(label=_("决定日期"), help_text=_("撤回公示的期限从这一天算"))
    reason = forms.CharField(
        label=_("理由"), help_text=_("不公开，机构看得到"), max_length=rules.REASON[1],
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    upload = paper_field(_("依据的文书"))

    def __init__(self, *args, findings, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["findings"].choices = [(f.pk, f"{f.item.text}　{f.text[:40]}") for f in findings]


class SettleForm(Worded):
    """`what`: confirm, decline with a note, take down meanwhile."""

    version = VersionField()
    what = forms.ChoiceField(
        choices=[(name, name) for name in ("confirm", "decline", "down")], widget=forms.HiddenInput
    )
    note = forms.CharField(
        label=_("不更正的理由"), required=False, max_length=rules.REASON[1],
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip


class RepairForm(Worded):
    reason = forms.CharField(
        label=_("改正的情况"), min_length=10, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    upload = paper_field(_("证明材料"), required=True)


class RepairAnswerForm(Worded):
    """`what`: yes or no; no says why."""

    what = forms.ChoiceField(choices=[("yes", "yes"), ("no", "no")], widget=forms.HiddenInput)
    answer = forms.CharField(
        label=_("答复"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )


class ResultFilter(forms.Form):
    q = forms.CharField(
        label=_("检查编号或机构编号"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"class": "short"}),
    )
    street = forms.ModelChoiceField(label=_("街镇"), required=False, queryset=Street.objects.none())

    def __init__(self, *args, streets, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["street"].queryset = streets
