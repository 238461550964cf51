"""Shapes of what people enter about a policy document as a whole; what is right about it the rules decide."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext_lazy as _

from facilities.forms.facilities import DayField
from facilities.forms.people import Worded
from portal.models.policy import PolicyDocument
from targets.rules.plan_content import LENGTHS, day
from targets.services.plan_cells import SEPARATORS


def version_field() -> forms.IntegerField:
    return forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)


def written(value) -> str | None:
    return value.isoformat() if value else None


class Names(forms.CharField):
    """Names with commas between them, as a list."""

    def __init__(self, **kwargs):
        kwargs.setdefault("max_length", 4000)
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 2}))
        super().__init__(**kwargs)

    def prepare_value(self, value):
        return "、".join(value) if isinstance(value, list) else value

    def to_python(self, value):
        text = super().to_python(value)
        return [one.strip() for one in SEPARATORS.split(text or "") if one.strip()]

    def validate(self, value):
        if self.required and not value:
            raise forms.ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value):
        super().run_validators("、".join(value))


class PredecessorField(forms.ModelChoiceField):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, empty_label="—", **kwargs)

    def label_from_instance(self, row):
        return f"{row.title}（{row.number}）" if row.number else row.title


class FactsForm(Worded):
    """Title, number, dates. `follows` only where a document begins."""

    title = forms.CharField(label=_("标题"), max_length=LENGTHS["title"])
    doc_number = forms.CharField(
        label=_("文号"), max_length=LENGTHS["number"], required=False, help_text=_("例如：示例发〔2026〕1号")
    )
    issuers = Names(label=_("发文单位"), help_text=_("几个单位之间用顿号"))
    issued_on = DayField(label=_("印发日期"), required=False)
    printed_on = DayField(label=_("印制日期"), required=False)
    period_from = DayField(label=_("期限从"), help_text=_("文件写的期限的第一天"))
    period_to = DayField(label=_("期限到"), required=False)
    period_stated = forms.CharField(
        label=_("期限怎么写"),
        max_length=LENGTHS["stated"],
        required=False,
        help_text=_("照原文，例如：2026—2028年"),
    )
    bases = Names(label=_("依据"), required=False, help_text=_("上级文件的文号，之间用顿号"))
    follows = PredecessorField(
        PolicyDocument.objects.none(), label=_("接续哪份文件"), required=False,
        help_text=_("选了以后，逐行决定接过来什么；前一份衡量到新文件起用的前一天"),
    )  # fmt: skip
    version = version_field()

    def __init__(self, *args, new: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        if new:
            self.fields["follows"].queryset = PolicyDocument.objects.filter(superseded_on=None).exclude(
                origin=PolicyDocument.Origin.MINUTES
            )
            del self.fields["version"]
        else:
            del self.fields["follows"]

    @classmethod
    def initial_of(cls, facts: Mapping) -> dict:
        period = facts["period"]
        return {
            "title": facts["title"], "doc_number": facts["number"], "issuers": facts["issuers"],
            "issued_on": day(facts["issued_on"]), "printed_on": day(facts["printed_on"]),
            "period_from": day(period["from"]), "period_to": day(period["to"]), "period_stated": period["stated"],
            "bases": facts["bases"],
        }  # fmt: skip

    def facts(self, before: Mapping | None = None) -> dict:
        given = self.cleaned_data
        derived = bool(before and before["period"]["derived"])
        return {
            "title": given["title"].strip(),
            "number": given["doc_number"].strip(),
            "issuers": given["issuers"],
            "issued_on": written(given["issued_on"]),
            "printed_on": written(given["printed_on"]),
            "bases": given["bases"],
            "period": {
                "from": written(given["period_from"]),
                "to": written(given["period_to"]),
                "stated": given["period_stated"].strip(),
                "derived": derived,
            },
        }


class FileForm(Worded):
    """A plan as a file. `document`: of which document it is the next version; `follows`: whose successor it is."""

    file = forms.FileField(
        label=_("文件"), help_text=_(".xlsx（照模板）或规划的 .yaml，5 MB 以内"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.yaml,.yml"}),
    )  # fmt: skip
    document = PredecessorField(
        PolicyDocument.objects.none(), label=_("是哪份文件的新一版"), required=False,
        help_text=_("新的文件就空着"),
    )  # fmt: skip
    follows = PredecessorField(
        PolicyDocument.objects.none(), label=_("接续哪份文件"), required=False,
        help_text=_("新的规划接着前一份的才选"),
    )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("document", "follows"):
            self.fields[name].queryset = PolicyDocument.objects.filter(superseded_on=None).exclude(
                origin=PolicyDocument.Origin.MINUTES
            )

    def clean(self):
        given = super().clean()
        if given.get("document") and given.get("follows"):
            self.add_error("follows", _("新的一版和接续只能选一个"))
        return given


class IntoForm(Worded):
    """A file into a draft that is there."""

    file = FileForm.base_fields["file"]
    version = version_field()


class RemoveForm(Worded):
    version = version_field()


class TakeForm(Worded):
    """Rows of the predecessor to be taken into the draft."""

    part = forms.ChoiceField(choices=[("tasks", "tasks"), ("targets", "targets")], widget=forms.HiddenInput)
    rows = forms.TypedMultipleChoiceField(coerce=int, label=_("要接过来的行"))
    version = version_field()

    def __init__(self, *args, base: Mapping[str, list[dict]], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["rows"].choices = [(one["id"], str(one["id"])) for part in base for one in base[part]]
        self.fields["rows"].error_messages["required"] = _("选要接过来的行")


class LinkForm(Worded):
    """Which row an entry takes the place of."""

    part = TakeForm.base_fields["part"]
    index = forms.IntegerField(min_value=0, max_value=10_000, widget=forms.HiddenInput)
    follows = forms.TypedChoiceField(coerce=int, label=_("接续哪一行"), error_messages={
        "required": _("选它接续的一行"), "invalid_choice": _("选它接续的一行"),
    })  # fmt: skip
    version = version_field()

    def __init__(self, *args, base: Mapping[str, list[dict]], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["follows"].choices = [(one["id"], str(one["id"])) for part in base for one in base[part]]


class StepForm(Worded):
    """`what`: submit with a day and a reason, return with a note, publish, drop."""

    what = forms.ChoiceField(
        choices=[(name, name) for name in ("submit", "return", "publish", "drop")], widget=forms.HiddenInput
    )
    version = version_field()
    starts_on = DayField(label=_("起用日期"), required=False, help_text=_("从这一天起按它衡量"))
    reason = forms.CharField(
        label=_("为什么改"), required=False, max_length=200, help_text=_("哪个会议、哪份通知定的")
    )
    note = forms.CharField(label=_("为什么退回"), required=False, max_length=200)

    def __init__(self, *args, version_of_document: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        step = self.data.get("what", "")  # '' where nothing was sent yet
        self.fields["starts_on"].required = step in ("", "submit")
        self.fields["reason"].required = step in ("", "submit") and version_of_document
        self.fields["note"].required = step in ("", "return")
