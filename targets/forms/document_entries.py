"""Shapes of the entries of a policy document: clauses, new units, tasks, targets, values of parameters."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from facilities.forms.facilities import DayField
from facilities.forms.people import Worded
from portal.choices import in_language
from portal.rules import cells
from portal.rules.parameters import group_of
from targets.forms.documents import Names, version_field, written
from targets.metrics.registry import METRICS
from targets.rules import plan_content as rules
from targets.rules.plan_content import LENGTHS, day
from targets.services import plan_base
from targets.services.plan_cells import SEPARATORS
from targets.services.plan_yaml import new_slug

BLANK = [("", "—")]


class Value(forms.CharField):
    """A target's value: a number, or empty for what is there or not."""

    def __init__(self, **kwargs):
        super().__init__(max_length=20, required=False, **kwargs)

    def prepare_value(self, value):
        return "" if value is True else value

    def to_python(self, value):
        text = cells.plain(super().to_python(value) or "").removesuffix("%")
        if not text:
            return None
        found = cells.Number(0, rules.LARGEST_VALUE, places=3).read(text)
        if isinstance(found, cells.Wrong):
            raise forms.ValidationError(_("填 0 到 1000000 之间的数"))
        return plan_base.number_of(found)

    def run_validators(self, value):
        return


class EntryForm(Worded):
    """One entry of a draft's part. `entry()` gives the fields that it says."""

    version = version_field()

    def __init__(self, *args, content: Mapping, district: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.content, self.district = content, district
        if "clause" in self.fields:
            labels = [one["label"] for one in content["clauses"]]
            self.fields["clause"].choices = BLANK + [(label, label) for label in labels]

    @classmethod
    def initial_of(cls, entry: Mapping) -> dict:
        return dict(entry)


class ClauseForm(EntryForm):
    label = forms.CharField(
        label=_("条款"), max_length=LENGTHS["label"], help_text=_("照文件的编号，例如：二（二）1")
    )
    words = forms.CharField(
        label=_("原文"), max_length=LENGTHS["words"], required=False, widget=forms.Textarea(attrs={"rows": 6})
    )

    @classmethod
    def initial_of(cls, entry):
        return {"label": entry["label"], "words": entry.get("text", "")}

    def entry(self) -> dict:
        return {
            "label": self.cleaned_data["label"].strip(),
            "text": "\n".join(self.cleaned_data["words"].strip().splitlines()),
        }


class UnitForm(EntryForm):
    name = forms.CharField(label=_("名称"), max_length=LENGTHS["name"])
    full_name = forms.CharField(label=_("全称"), max_length=LENGTHS["full_name"], required=False)
    kind_of_unit = forms.ChoiceField(
        label=_("类别"),
        choices=in_language(rules.UNIT_KINDS.items()),
        initial="other",
        help_text=_("不清楚就选“其他”"),
    )
    aliases = Names(label=_("别名"), required=False, help_text=_("文件里别的叫法，之间用顿号"))
    collective = forms.BooleanField(
        label=_("集体单位"), required=False, help_text=_("像“各街镇”这样代表几个单位的")
    )

    @classmethod
    def initial_of(cls, entry):
        return dict(entry) | {"kind_of_unit": entry.get("kind", "")}

    def entry(self) -> dict:
        given = self.cleaned_data
        name = given["name"].strip()
        return {
            "slug": self.initial.get("slug") or new_slug(self.district, name),
            "name": name,
            "full_name": given["full_name"].strip(),
            "kind": given["kind_of_unit"],
            "aliases": given["aliases"],
            "collective": given["collective"],
        }


KEY_PROJECT = [("", _("原文没有写明")), ("yes", _("是")), ("no", _("否"))]


class TaskForm(EntryForm):
    number = forms.IntegerField(label=_("序号"), min_value=1, max_value=rules.LARGEST_NUMBER)
    origin = forms.ChoiceField(label=_("来源"), choices=in_language(rules.ORIGINS.items()))
    category = forms.CharField(label=_("类别"), max_length=LENGTHS["category"], required=False)
    project = forms.CharField(label=_("项目"), max_length=LENGTHS["project"], required=False)
    task = forms.CharField(
        label=_("任务"),
        max_length=LENGTHS["text"],
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("照原文"),
    )
    clause = forms.ChoiceField(label=_("条款"), required=False)
    leads = Names(label=_("牵头单位"), required=False, help_text=_("照文件的叫法，之间用顿号"))
    supports = Names(label=_("配合单位"), required=False)
    key_project = forms.ChoiceField(label=_("重点项目"), choices=KEY_PROJECT, required=False)
    note = forms.CharField(label=_("备注"), max_length=LENGTHS["note"], required=False)

    @classmethod
    def initial_of(cls, entry):
        words = {None: "", True: "yes", False: "no"}
        return dict(entry) | {
            "task": entry["text"],
            "key_project": words[entry.get("key_project")],
            "leads": [one["name"] for one in entry["leads"]],
            "supports": [one["name"] for one in entry["supports"]],
        }

    def entry(self) -> dict:
        given = self.cleaned_data
        names = plan_base.unit_names(self.content["units"])
        return {
            "number": given["number"],
            "origin": given["origin"],
            "category": given["category"].strip(),
            "project": given["project"].strip(),
            "text": given["task"].strip(),
            "clause": given["clause"],
            "leads": plan_base.named_units(given["leads"], names),
            "supports": plan_base.named_units(given["supports"], names),
            "key_project": {"yes": True, "no": False}.get(given["key_project"]),
            "note": given["note"].strip(),
        }


def metric_choices() -> list[tuple[str, Any]]:
    return in_language((key, metric.label) for key, metric in METRICS.items())


#: Fields of a target that another choice makes needed; their hints say which.
NEEDED_BY_ANOTHER = ("value", "due", "metric", "proof_reason")


class TargetForm(EntryForm):
    target = forms.CharField(
        label=_("指标"),
        max_length=LENGTHS["text"],
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("照原文"),
    )
    clause = forms.ChoiceField(label=_("条款"))
    kind = forms.ChoiceField(label=_("种类"), choices=in_language(rules.KINDS.items()))
    comparator = forms.ChoiceField(label=_("比较"), choices=[*BLANK, *rules.COMPARATORS.items()])
    value = Value(label=_("数值"), help_text=_("“有或没有”的不用填"))
    unit = forms.CharField(
        label=_("单位"), max_length=LENGTHS["unit"], required=False, help_text=_("%、个、次、课时")
    )
    value_min = Value(label=_("不低于"), help_text=_("文件给了一个范围才填"))
    value_max = Value(label=_("不高于"))
    period = forms.ChoiceField(label=_("周期"), choices=in_language(rules.PERIODS.items()))
    due = DayField(label=_("到期日"), required=False, help_text=_("“到某一天”的要填"))
    scope = forms.ChoiceField(label=_("范围"), choices=in_language(rules.SCOPES.items()))
    streets = forms.ChoiceField(
        label=_("问哪些街镇"), choices=in_language(rules.STREETS.items()), initial="plan"
    )
    formula = forms.CharField(
        label=_("怎么算"),
        max_length=LENGTHS["formula"],
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    conditions = forms.CharField(label=_("条件"), max_length=LENGTHS["conditions"], required=False)
    tasks = forms.CharField(
        label=_("对应任务"), max_length=200, required=False, help_text=_("任务的序号，之间用顿号")
    )
    proof = forms.ChoiceField(
        label=_("怎样证明"), choices=in_language(rules.PROOFS.items()), widget=forms.RadioSelect
    )
    metric = forms.ChoiceField(label=_("算法"), required=False, help_text=_("“计算”的要选一个"))
    proof_reason = forms.CharField(
        label=_("原因"), max_length=LENGTHS["proof_reason"], required=False,
        help_text=_("不是“计算”的要写：由什么材料证明，或者为什么还不能算"),
    )  # fmt: skip
    key = forms.CharField(
        label=_("代号"),
        max_length=LENGTHS["key"],
        required=False,
        help_text=_("小写字母、数字、横线；空着就自动给"),
    )
    note = forms.CharField(label=_("备注"), max_length=LENGTHS["note"], required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["metric"].choices = [*BLANK, *metric_choices()]
        for name in NEEDED_BY_ANOTHER:
            self.fields[name].wanted_later = True

    @classmethod
    def initial_of(cls, entry):
        return dict(entry) | {
            "target": entry["text"],
            "due": day(entry.get("due")),
            "tasks": "、".join(str(one) for one in entry.get("tasks") or ()),
        }

    def clean_tasks(self) -> list[int]:
        words = [one.strip() for one in SEPARATORS.split(self.cleaned_data["tasks"]) if one.strip()]
        if any(not (one.isascii() and one.isdigit() and len(one) < 4) for one in words):
            raise forms.ValidationError(_("写任务的序号，之间用顿号，例如：1、3"))
        return [int(one) for one in words]

    def free_key(self, text: str) -> str:
        return rules.free_key(text, (one["key"] for one in self.content["targets"]))

    def entry(self) -> dict:
        given = self.cleaned_data
        text = given["target"].strip()
        value = True if given["kind"] == "boolean" and given["value"] is None else given["value"]
        return {
            "text": text,
            "key": given["key"].strip() or self.initial.get("key") or self.free_key(text),
            "clause": given["clause"],
            "value": value,
            "due": written(given["due"]),
            "tasks": given["tasks"],
            "metric": given["metric"] if given["proof"] == "counted" else "",
            "proof_reason": "" if given["proof"] == "counted" else given["proof_reason"].strip(),
            **{
                name: given[name]
                for name in (
                    "kind",
                    "comparator",
                    "value_min",
                    "value_max",
                    "period",
                    "scope",
                    "streets",
                    "proof",
                )
            },
            **{name: given[name].strip() for name in ("unit", "formula", "conditions", "note")},
        }


class ParameterForm(EntryForm):
    parameter = forms.ChoiceField(label=_("参数"))
    value = forms.CharField(label=_("数值"), max_length=200, help_text=_("照现在的取值的写法"))
    starts_on = DayField(label=_("从哪天起"))
    clause = forms.ChoiceField(label=_("条款"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        labels = plan_base.parameter_labels()
        groups = groupby(labels.items(), key=lambda one: group_of(one[0]))
        self.fields["parameter"].choices = BLANK + [(_(group), list(of)) for group, of in groups]

    @classmethod
    def initial_of(cls, entry):
        return dict(entry) | {"parameter": entry["key"], "starts_on": day(entry["starts_on"])}

    def entry(self) -> dict:
        given = self.cleaned_data
        return {
            "key": given["parameter"],
            "value": given["value"].strip(),
            "starts_on": written(given["starts_on"]),
            "clause": given["clause"],
        }


FORMS: dict[str, type[EntryForm]] = {
    "clauses": ClauseForm,
    "units": UnitForm,
    "tasks": TaskForm,
    "targets": TargetForm,
    "parameters": ParameterForm,
}
