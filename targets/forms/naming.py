"""Forms of the naming cycle: shape only, the rules are in the services."""

from __future__ import annotations

from datetime import date

from django import forms
from django.utils.translation import gettext_lazy as _

from facilities.forms.facilities import DayField, worded
from portal.models.people import User
from portal.templatetags.ui import day_words
from targets.forms.conferences import version, wide
from targets.forms.tasks import SeveralFiles
from targets.models.demonstration import RevocationCondition
from targets.models.naming import Candidate, ReviewMark
from targets.rules import naming as rules


def long(label, help_text="", rows: int = 6, limits=rules.TEXT) -> forms.CharField:
    return forms.CharField(label=label, max_length=limits[1], widget=wide(rows), help_text=help_text)


def points(label, most=None, required: bool = False) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, required=required, min_value=0, max_value=most or 9999, max_digits=6, decimal_places=2
    )


class CycleForm(forms.Form):
    title = forms.CharField(label=_("名称"), max_length=80, help_text=_("各区和公众看到的名称"))
    year = forms.IntegerField(label=_("年份"), min_value=2000, max_value=2100, help_text=_("命名的那一年"))
    apply_by = DayField(label=_("申报期限"))
    assess_by = DayField(label=_("自评期限"))
    review_by = DayField(label=_("现场审核期限"))
    select_by = DayField(label=_("评审遴选期限"))
    name_by = DayField(label=_("命名期限"))
    version = version()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        worded(self)

    def values(self) -> dict:
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class PointsForm(forms.Form):
    """How many points each indicator has; empty where only the text counts."""

    version = version()

    def __init__(self, *args, indicators, **kwargs):
        super().__init__(*args, **kwargs)
        self.indicators = list(indicators)
        for one in self.indicators:
            field = points(_("分值"))
            field.initial = one.most
            field.widget.attrs |= {"class": "in short", "aria-label": f"{one.position}. {_('分值')}"}
            self.fields[f"most-{one.key}"] = field
        worded(self)

    def lines(self) -> list[dict]:
        return [{"row": one, "field": self[f"most-{one.key}"]} for one in self.indicators]

    def values(self) -> dict:
        return {one.key: self.cleaned_data[f"most-{one.key}"] or None for one in self.indicators}


class CandidateChoices(forms.ModelMultipleChoiceField):
    #: id of a district -> the last day of the name that it bears already
    bearing: dict[int, date] = {}

    def label_from_instance(self, row) -> str:
        score = "" if row.score is None else f"　{row.score.normalize():f}"
        until = self.bearing.get(row.applicant_id)
        bears = "　" + _("已经是示范区，有效到 %(day)s") % {"day": day_words(until)} if until else ""
        return f"{row.applicant.name}{score}{bears}"


def several(label, help_text="") -> CandidateChoices:
    unknown = _("从列表里选通过评审的区")
    return CandidateChoices(
        label=label, queryset=Candidate.objects.none(), required=False, help_text=help_text,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": unknown, "invalid_pk_value": unknown},
    )  # fmt: skip


class SelectionForm(forms.Form):
    municipal = several("")
    national = several("")
    reason = forms.CharField(
        label=_("多推荐的理由"), required=False, max_length=500, widget=wide(3),
        help_text=_("推荐到国家的多于按比例算出的个数时写"),
    )  # fmt: skip
    version = version()

    def __init__(self, *args, row, bearing, **kwargs):
        super().__init__(*args, **kwargs)
        chosen = row.candidates.filter(state="reviewed", passed=True).select_related("applicant")
        for name in (rules.MUNICIPAL, rules.NATIONAL):
            self.fields[name].bearing = bearing
            self.fields[name].queryset = chosen
            self.fields[name].label = row.quotas[name]["title"]
            self.fields[name].help_text = row.quotas[name]["text"]
        worded(self)


class InviteForm(forms.Form):
    name = forms.CharField(label=_("姓名"), max_length=40)
    username = forms.CharField(
        label=_("账号"), max_length=40, help_text=_("3 到 40 个小写字母、数字、点、横线")
    )
    starts_on = DayField(label=_("从哪天"))
    ends_on = DayField(label=_("到哪天"), help_text=_("过了这天账号就进不来"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        worded(self)


class ExpertField(forms.ModelChoiceField):
    def label_from_instance(self, user) -> str:
        return user.name


class AssignForm(forms.Form):
    expert = ExpertField(
        label=_("专家"), queryset=User.objects.none(), empty_label=_("选一个"),
        error_messages=dict.fromkeys(("invalid_choice", "required"), _("专家：选一名账号在期限内的专家")),
    )  # fmt: skip

    def __init__(self, *args, experts, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["expert"].queryset = User.objects.filter(
            pk__in=[one.user_id for one in experts]
        ).order_by("name")


class JudgeForm(forms.Form):
    passed = forms.TypedChoiceField(
        label=_("现场审核"), choices=[("yes", _("通过")), ("no", _("没有通过"))], coerce=lambda v: v == "yes",
        widget=forms.RadioSelect, error_messages={"required": _("现场审核：选通过或者没有通过")},
    )  # fmt: skip
    score = points(_("综合得分"))
    opinion = long(_("综合评审意见"), _("综合现场审核、上报资料和数据审核的情况"))
    version = version()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        worded(self)


class GroundField(forms.ModelChoiceField):
    def label_from_instance(self, row) -> str:
        return f"（{row.number}）{row.text}"


class RevokeForm(forms.Form):
    ground = GroundField(
        label=_("情形"), queryset=RevocationCondition.objects.none(), empty_label=None, widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("情形：从文件列的情形里选"), "required": _("情形：从文件列的情形里选")},
    )  # fmt: skip
    facts = long(_("查实的情况"))
    hearing_on = DayField(label=_("听取陈述的日期"), help_text=_("这天以前区里可以陈述"))
    version = version()

    def __init__(self, *args, row, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["ground"].queryset = RevocationCondition.objects.filter(document=row.cycle.document_id)
        worded(self)


class LongNoteForm(forms.Form):
    """A step with a word on it."""

    note = forms.CharField(max_length=3000, required=False)
    version = version()


class AnswerForm(forms.Form):
    what = forms.ChoiceField(
        label=_("异议"), choices=[("reject", _("不成立")), ("uphold", _("成立，撤下公示重新遴选"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("异议：选成立或者不成立"), "invalid_choice": _("异议：选成立或者不成立")},
    )  # fmt: skip
    answer = long(_("核实意见"), _("成立的，公示马上撤下；核实意见的开头作为撤下的原因，市里看得到"))
    version = version()

    def __init__(self, *args, standing: bool = True, **kwargs):
        super().__init__(*args, **kwargs)
        if not standing:
            self.fields["what"].choices = [("reject", _("不成立")), ("uphold", _("成立"))]
            self.fields["answer"].help_text = ""


class ObjectionForm(forms.Form):
    candidate = forms.ModelChoiceField(
        label=_("对哪个区"), queryset=Candidate.objects.none(), required=False, empty_label=_("对整个名单"),
        error_messages={"invalid_choice": _("对哪个区：从名单里选")},
    )  # fmt: skip
    text = long(_("异议内容"), _("什么情况、有什么依据。内容不公开"))
    name = forms.CharField(label=_("姓名"), max_length=40)
    contact = forms.CharField(
        label=_("电话或邮箱"), max_length=80, help_text=_("加密保存，只用来告诉你核实结果")
    )

    def __init__(self, *args, chosen, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["candidate"].queryset = chosen


class ReviewForm(forms.Form):
    """An expert's findings, one indicator after the other."""

    conclusion = forms.CharField(
        label=_("审核意见"),
        required=False,
        max_length=3000,
        widget=wide(5),
        help_text=_("总的看法，交的时候要写"),
    )
    version = version()

    def __init__(self, *args, indicators, known, **kwargs):
        super().__init__(*args, **kwargs)
        self.indicators = list(indicators)
        for one in self.indicators:
            mark = known.get(one.pk)
            name = f"{one.position}. "
            self.fields[f"finding-{one.key}"] = forms.ChoiceField(
                label=_("审核结果"), required=False, initial=mark.finding if mark else "",
                choices=[("", _("选一个")), *ReviewMark.Finding.choices],
                widget=forms.Select(attrs={"class": "in", "aria-label": f"{name}{_('审核结果')}"}),
                error_messages={"invalid_choice": _("选属实、部分属实或者不属实")},
            )  # fmt: skip
            self.fields[f"methods-{one.key}"] = forms.MultipleChoiceField(
                label=_("审核方式"), required=False, initial=mark.methods if mark else (),
                choices=ReviewMark.Method.choices, widget=forms.CheckboxSelectMultiple,
                error_messages={"invalid_choice": _("至少选一种审核方式")},
            )  # fmt: skip
            if one.most is not None:
                field = points(_("得分"), one.most)
                field.initial = mark.points if mark else None
                field.widget.attrs |= {"class": "in short", "aria-label": f"{name}{_('得分')}"}
                self.fields[f"points-{one.key}"] = field
            self.fields[f"note-{one.key}"] = forms.CharField(
                label=_("说明"), required=False, max_length=500, initial=mark.note if mark else "",
                widget=forms.TextInput(attrs={"class": "in", "aria-label": f"{name}{_('说明')}", "placeholder": _("说明")}),
            )  # fmt: skip
        worded(self)

    def lines(self) -> list[dict]:
        names = ("finding", "methods", "points", "note")
        return [
            {"row": one, **{n: self[f"{n}-{one.key}"] for n in names if f"{n}-{one.key}" in self.fields}}
            for one in self.indicators
        ]

    def findings(self) -> dict:
        data = self.cleaned_data
        names = ("finding", "methods", "points", "note")
        return {one.key: {n: data.get(f"{n}-{one.key}") for n in names} for one in self.indicators}


# --- A district's ---------------------------------------------------------------------------------


class ApplicationForm(forms.Form):
    approval = forms.CharField(
        label=_("区委、区政府同意的文件"),
        max_length=120,
        required=False,
        help_text=_("文号或者会议，申请以区人民政府名义提出"),
    )
    approved_on = DayField(label=_("同意的日期"), required=False)
    paper = forms.FileField(
        label=_("文件的扫描件"), required=False, help_text=_("PDF、图片或 docx，不超过 10 MB，随申请报到市里"),
        widget=forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png,.webp,.docx"}),
    )  # fmt: skip
    intent = forms.CharField(
        label=_("创建意向"), max_length=3000, required=False, widget=wide(8), help_text=_("10 到 3000 个字")
    )
    version = version()

    def __init__(self, *args, paper=None, **kwargs):
        super().__init__(*args, **kwargs)
        worded(self)
        for name in ("approval", "approved_on", "intent"):
            # a draft is kept without them, but it is not sent without them
            self.fields[name].wanted_later = True
        if paper is not None:
            self.fields["paper"].help_text = _("已附“%(name)s”，再传一份就换掉") % {"name": paper.name}

    def values(self) -> dict:
        return self.cleaned_data | {"version": self.cleaned_data["version"] or 0}


class TextForm(forms.Form):
    """One long text and the version of its row."""

    text = long("", rows=12)
    version = version()

    def __init__(self, *args, label: str, help_text: str = "", **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["text"].label, self.fields["text"].help_text = label, help_text


class ReportForm(TextForm):
    """What a named district reports of a year, with its papers."""

    files = SeveralFiles(
        label=_("材料"), required=False, help_text=_("PDF、图片、xlsx 或 docx，每个不超过 10 MB，最多 5 个")
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.order_fields(["text", "files", "version"])
        worded(self)


class StatementForm(TextForm):
    waived = forms.BooleanField(
        label=_("以这份书面陈述为准，不再当面陈述"),
        required=False,
        help_text=_("不勾的，市里到了约定的日期当面听取"),
    )


class EntryForm(forms.Form):
    text = long(_("自评情况"), _("做了什么、做到什么程度，凭什么材料"))
    points = points(_("自评得分"))
    taken = forms.ChoiceField(
        label=_("用本区指标的数"), required=False, help_text=_("取最近一次汇总的数，连同快照一起报"),
        error_messages={"invalid_choice": _("用本区指标的数：从列表里选")},
    )  # fmt: skip
    files = SeveralFiles(
        label=_("材料"), required=False, help_text=_("PDF、图片、xlsx 或 docx，每个不超过 10 MB，最多 5 个")
    )
    version = version()

    def __init__(self, *args, entry, figures, **kwargs):
        super().__init__(*args, **kwargs)
        if entry.most is None:
            del self.fields["points"]
        else:
            self.fields["points"].help_text = _("满分 %(most)s") % {"most": f"{entry.most.normalize():f}"}
        self.fields["taken"].choices = [("", _("不用")), *figures]
        worded(self)
