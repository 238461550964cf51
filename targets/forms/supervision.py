"""Forms of the yearly supervision: shape only, the rules are in the services."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from facilities.forms.facilities import DayField, worded
from portal.models.places import Unit
from portal.models.policy import Clause
from targets.forms.conferences import several, units, version, wide
from targets.forms.tasks import SeveralFiles
from targets.models.supervision import SupervisionAnswer, SupervisionQuestion, SupervisionRound
from targets.models.tasks import ProgressReport
from targets.rules import supervision as rules
from targets.services import supervision


def points_field(label) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=0, max_value=rules.MOST_POINTS, required=False)


class RoundForm(forms.Form):
    year = forms.IntegerField(label=_("年份"), min_value=2000, max_value=2100)
    clause = forms.ModelChoiceField(
        label=_("依据哪条"), queryset=Clause.objects.none(), required=False, empty_label=_("不写"),
        help_text=_("列出的是写了督查、督导或考核的条款"),
    )  # fmt: skip
    report_until = DayField(label=_("自查期限"), help_text=_("工作日"))
    review_until = DayField(label=_("评分期限"), help_text=_("工作日"))
    two_reviewers = forms.BooleanField(
        label=_("两人评分"), required=False, help_text=_("每个单位由两个评分单位各评各的，差得多的由第三人定")
    )
    reviewers = several(
        _("评分单位"), _("默认是区教育局和联席会议的成员单位。谁也不给自己单位评分"), required=True
    )
    version = version()

    def __init__(
        self, *args, can: list[Unit], bases: list[Clause], row: SupervisionRound | None = None, **kwargs
    ):
        """`can`: units that can give points; `bases`: clauses to choose from."""
        if row is not None:
            names = ("year", "clause", "report_until", "review_until", "two_reviewers", "version")
            kwargs["initial"] = {name: getattr(row, name) for name in names} | {
                "reviewers": list(row.reviewers.values_list("unit", flat=True))
            }
        super().__init__(*args, **kwargs)
        worded(self)
        self.fields["clause"].queryset = supervision.clauses()
        self.fields["clause"].choices = [("", self.fields["clause"].empty_label)] + [
            (one.pk, str(one)) for one in bases
        ]
        self.fields["reviewers"].queryset = Unit.objects.filter(pk__in=[one.pk for one in can])
        self.fields["reviewers"].choices = [(one.pk, str(one)) for one in can]
        self.fields["reviewers"].error_messages |= {
            "required": supervision.said("reviewers"),
            "invalid_choice": _("评分单位：没有编号为 %(value)s、能评分的单位，从列表里选"),
        }

    def values(self) -> dict:
        data = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        return data | {"reviewers": list(data["reviewers"])}


class QuestionForm(forms.Form):
    """What is asked, and whom; `at`: the round's version."""

    text = forms.CharField(label=_("题目"), max_length=rules.TEXT[1], widget=wide(3))
    guidance = forms.CharField(
        label=_("怎样算做到"), max_length=rules.GUIDANCE[1], widget=wide(3), required=False,
        help_text=_("给自查的单位和评分的单位看"),
    )  # fmt: skip
    points = forms.IntegerField(label=_("分值"), min_value=1, max_value=rules.MOST_POINTS)
    all_streets = forms.BooleanField(label=_("所有街镇"), required=False)
    units = several(_("被督查单位"), _("勾了“所有街镇”的，街镇不用再勾"), required=True)
    version = version()

    def __init__(self, *args, row: SupervisionQuestion | None = None, at: int | None = None, **kwargs):
        if row is not None:
            kwargs["initial"] = {
                "text": row.text, "guidance": row.guidance, "points": row.points, "version": at,
                "units": list(row.answers.values_list("unit", flat=True)),
            }  # fmt: skip
        super().__init__(*args, **kwargs)
        worded(self)
        self.fields["units"].queryset = supervision.offices(units())
        self.fields["units"].required = not self.data.get("all_streets")
        self.fields["units"].error_messages["required"] = supervision.said("units")
        self.fields["points"].error_messages["invalid"] = supervision.said("points")

    def values(self) -> dict:
        data = {name: self.cleaned_data[name] for name in ("text", "guidance", "points")}
        chosen = set(self.cleaned_data["units"])
        if self.cleaned_data["all_streets"]:
            chosen |= set(self.fields["units"].queryset.filter(street__isnull=False))
        return data | {"units": sorted(chosen, key=lambda one: one.pk)}


class AnswerForm(forms.Form):
    """`reports`: what the unit reported on the task this year, to cite."""

    value = forms.ChoiceField(
        label=_("做到了吗"), required=False, widget=forms.RadioSelect, choices=SupervisionAnswer.Value.choices
    )
    text = forms.CharField(
        label=_("做了什么"), required=False, max_length=rules.ANSWER[1], widget=wide(6),
        help_text=_("做了什么、做到什么程度；没有做到或者不适用的写明原因。5 到 2000 个字"),
    )  # fmt: skip
    own_points = points_field(_("自评分"))
    cited = forms.ModelMultipleChoiceField(
        label=_("引用报过的进展"), queryset=ProgressReport.objects.none(), required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "invalid_choice": _("引用报过的进展：从列表里选"), "invalid_pk_value": _("引用报过的进展：从列表里选"),
        },
    )  # fmt: skip
    files = SeveralFiles(
        label=_("证明材料"), required=False,
        help_text=_("PDF、图片、xlsx 或 docx，每个不超过 10 MB，最多 10 个"),
    )  # fmt: skip
    version = version()

    def __init__(self, *args, row: SupervisionAnswer, reports: list[ProgressReport], **kwargs):
        cited = [one.report_id for one in row.evidence.all() if one.report_id]
        kwargs["initial"] = {
            "value": row.value, "text": row.text, "own_points": row.own_points, "version": row.version, "cited": cited,
        }  # fmt: skip
        super().__init__(*args, **kwargs)
        worded(self)
        most = row.question.points
        self.fields["own_points"].help_text = _("这题 %(n)d 分，填整数。不适用的不填") % {"n": most}
        self.fields["own_points"].error_messages["invalid"] = supervision.said("over", most=most)
        if reports:
            field = self.fields["cited"]
            field.queryset = ProgressReport.objects.filter(pk__in=[one.pk for one in reports]).select_related(
                "round"
            )
            field.label_from_instance = lambda one: f"{one.round}　{one.percent}%　{one.text[:60]}"
        else:
            del self.fields["cited"]

    def values(self) -> dict:
        data = self.cleaned_data
        return {name: data[name] for name in ("value", "text", "own_points")}

    def shown(self) -> AnswerForm:
        """As it is put before a person: what handing in asks for is not called optional, though a draft may lack it."""
        for name in ("value", "text", "own_points"):
            self.fields[name].required = True
        return self


class MarksForm(forms.Form):
    """Points, reasons and what is to be added, question by question."""

    version = version()

    def __init__(self, *args, rows: list[SupervisionAnswer], place: int, **kwargs):
        super().__init__(*args, **kwargs)
        self.rows = rows
        for row in rows:
            mark = next((one for one in row.marks.all() if one.place == place), None)
            name = str(row.question)
            points = points_field(name)
            points.initial = mark.points if mark else None
            points.widget.attrs |= {"class": "in", "aria-label": _("%(question)s：评分") % {"question": name}}
            self.fields[f"points-{row.pk}"] = points
            self.fields[f"reason-{row.pk}"] = forms.CharField(
                label=name, required=False, max_length=200, initial=mark.reason if mark else "",
                widget=forms.TextInput(
                    attrs={
                        "class": "in", "placeholder": _("和自评不同的写理由"),
                        "aria-label": _("%(question)s：理由") % {"question": name},
                    }
                ),
            )  # fmt: skip
            self.fields[f"comment-{row.pk}"] = forms.CharField(
                label=name, required=False, max_length=200, initial=row.comment,
                widget=forms.TextInput(
                    attrs={
                        "class": "in", "placeholder": _("要补充的写在这里"),
                        "aria-label": _("%(question)s：要补充什么") % {"question": name},
                    }
                ),
            )  # fmt: skip
            if row.value == rules.NA:
                self.fields[f"accepts-{row.pk}"] = forms.BooleanField(
                    label=_("认可不适用"), required=False, initial=bool(mark) and mark.points is None
                )
        worded(self)
        for row in rows:
            wrong = supervision.said("marked_over", most=row.question.points)
            self.fields[f"points-{row.pk}"].error_messages["invalid"] = wrong

    def lines(self) -> list[dict]:
        return [
            {"row": row, "accepts": self[f"accepts-{row.pk}"] if row.value == rules.NA else None}
            | {name: self[f"{name}-{row.pk}"] for name in ("points", "reason", "comment")}
            for row in self.rows
        ]

    def marks(self) -> dict[int, dict]:
        data = self.cleaned_data
        return {
            row.pk: {
                "points": data[f"points-{row.pk}"], "reason": data[f"reason-{row.pk}"],
                "accepts": data.get(f"accepts-{row.pk}", False),
            }
            for row in self.rows
        }  # fmt: skip

    def comments(self) -> dict[int, str]:
        return {row.pk: self.cleaned_data[f"comment-{row.pk}"] for row in self.rows}


class ObjectionForm(forms.Form):
    text = forms.CharField(
        label=_("异议"), max_length=rules.TEXT[1], widget=wide(4), help_text=_("哪里评得不对，依据在哪里")
    )


class ReplyForm(forms.Form):
    what = forms.ChoiceField(
        label=_("答复"), widget=forms.RadioSelect,
        choices=[("uphold", _("采纳，改分")), ("refuse", _("不采纳"))],
        error_messages={
            "required": _("答复：选采纳或者不采纳"), "invalid_choice": _("答复：选采纳或者不采纳"),
        },
    )  # fmt: skip
    points = points_field(_("改成几分"))
    reply = forms.CharField(label=_("理由"), max_length=200, widget=wide(2))


class ReportForm(forms.Form):
    """A field for each part of the text."""

    version = version()

    def __init__(self, *args, sections: list[dict], **kwargs):
        super().__init__(*args, **kwargs)
        for place, section in enumerate(sections):
            self.fields[f"part-{place}"] = forms.CharField(
                label=section["title"], max_length=rules.PARAGRAPH[1], widget=wide(6),
                initial="\n".join(section["paragraphs"]),
            )  # fmt: skip
        self.parts = len(sections)
        worded(self)

    def texts(self) -> list[str]:
        return [self.cleaned_data[f"part-{place}"] for place in range(self.parts)]
