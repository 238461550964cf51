"""Forms of the joint conference: shape only, the rules are in the services."""

from __future__ import annotations

from django import forms
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from facilities.forms.facilities import DayField, TimeField, worded
from portal.models.places import Unit
from portal.models.policy import Clause
from targets.forms.tasks import SeveralFiles
from targets.models.conferences import AgendaItem, Conference, ConferenceDecision, ConferenceUnit
from targets.models.targets import Target
from targets.models.tasks import Task
from targets.rules import conferences as rules
from targets.services import conferences

UNKNOWN = _("单位：没有编号为 %(value)s 的单位，从列表里选")


def wide(rows: int = 3) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


def version() -> forms.IntegerField:
    return forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1, required=False)


def several(label, help_text="", required=False) -> forms.ModelMultipleChoiceField:
    return forms.ModelMultipleChoiceField(
        label=label, queryset=Unit.objects.none(), required=required, help_text=help_text,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "invalid_choice": UNKNOWN,
            "invalid_pk_value": _("单位：没有编号为“%(pk)s”的单位，从列表里选"),
        },
    )  # fmt: skip


def units():
    """Single units of the district, as a meeting asks them: departments first, then streets."""
    found = Unit.objects.filter(collective=False, level=Unit.Level.DISTRICT)
    return found.order_by(F("street__code").asc(nulls_first=True), "position", "pk")


class ConferenceForm(forms.Form):
    kind = forms.ChoiceField(label=_("种类"), choices=Conference.Kind.choices)
    number = forms.IntegerField(label=_("第几次"), min_value=1, max_value=99, help_text=_("在当年里数"))
    on = DayField(label=_("会议日期"))
    starts_at = TimeField(label=_("开始时间"))
    place = forms.CharField(label=_("地点"), max_length=100)
    chair = forms.CharField(label=_("主持人"), max_length=60, help_text=_("职务和姓名"))
    members = several(_("成员单位"), _("默认是文件列的成员单位；文件没有列的，是上一次会议的"), required=True)
    invited = several(_("列席单位"))
    version = version()

    def __init__(self, *args, row: Conference | None = None, **kwargs):
        if row is not None:
            names = ("kind", "number", "on", "starts_at", "place", "chair", "version")
            parts = {"member": [], "invited": []}
            for unit, part in row.units.values_list("unit_id", "part"):
                parts[part].append(unit)
            kwargs["initial"] = {name: getattr(row, name) for name in names} | {
                "members": parts["member"], "invited": parts["invited"],
            }  # fmt: skip
        super().__init__(*args, **kwargs)
        worded(self)
        for name in ("members", "invited"):
            self.fields[name].queryset = units()
            self.fields[name].error_messages["invalid_choice"] = UNKNOWN
        self.fields["members"].error_messages["required"] = conferences.said("units")

    def values(self) -> dict:
        data = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        return data | {"members": list(data["members"]), "invited": list(data["invited"])}


class ItemForm(forms.Form):
    """`own`: the units for which a member unit's person proposes; None for the bureau."""

    topic = forms.CharField(label=_("议题"), max_length=200, widget=wide(2))
    unit = forms.ModelChoiceField(
        label=_("提议单位"), queryset=Unit.objects.none(), required=False, empty_label=_("不写")
    )
    purpose = forms.ChoiceField(label=_("审议还是通报"), choices=AgendaItem.Purpose.choices)
    task = forms.ModelChoiceField(
        label=_("关于哪项任务"), queryset=Task.objects.none(), required=False, empty_label=_("不写")
    )
    target = forms.ModelChoiceField(
        label=_("关于哪项指标"), queryset=Target.objects.none(), required=False, empty_label=_("不写")
    )
    clause = forms.ModelChoiceField(
        label=_("依据哪条"), queryset=Clause.objects.none(), required=False, empty_label=_("不写")
    )
    files = SeveralFiles(
        label=_("材料"), required=False, help_text=_("PDF、图片、xlsx 或 docx，每个不超过 10 MB，最多 10 个")
    )
    version = version()

    def __init__(self, *args, on, own=None, row: AgendaItem | None = None, at: int | None = None, **kwargs):
        if row is not None:
            names = ("topic", "unit", "purpose", "task", "target", "clause")
            kwargs["initial"] = {name: getattr(row, name) for name in names} | {"version": at}
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units() if own is None else own
        if own is not None:
            self.fields["unit"].required, self.fields["unit"].empty_label = True, None
        self.fields["task"].queryset = Task.objects.current(on).order_by("document__key", "number")
        self.fields["target"].queryset = Target.objects.current(on).order_by("document__key", "position")
        self.fields["clause"].queryset = Clause.objects.select_related("document")
        self.fields["topic"].widget.attrs["maxlength"] = 200
        worded(self)
        self.fields["topic"].error_messages["required"] = conferences.said("topic")

    def values(self) -> dict:
        return {name: value for name, value in self.cleaned_data.items() if name not in ("files", "version")}


def spoken(what: str, unit: str) -> forms.TextInput:
    return forms.TextInput(attrs={"class": "in", "placeholder": what, "aria-label": f"{unit} {what}"})


class AttendanceForm(forms.Form):
    """For each unit that was asked: whether it came, who, and whether as a substitute."""

    version = version()

    def __init__(self, *args, rows: list[ConferenceUnit], **kwargs):
        super().__init__(*args, **kwargs)
        self.rows = rows
        for row in rows:
            key, name = row.pk, row.unit.name
            self.fields[f"attendance-{key}"] = forms.ChoiceField(
                label=name, required=False, initial=row.attendance,
                choices=[("", _("选一个")), *ConferenceUnit.Attendance.choices],
                widget=forms.Select(attrs={"class": "in", "aria-label": _("%(unit)s：来了没有") % {"unit": name}}),
            )  # fmt: skip
            self.fields[f"post-{key}"] = forms.CharField(
                label=name, required=False, max_length=60, initial=row.post, widget=spoken(_("职务"), name)
            )
            self.fields[f"name-{key}"] = forms.CharField(
                label=name, required=False, max_length=60, initial=row.name, widget=spoken(_("姓名"), name)
            )
            self.fields[f"substitute-{key}"] = forms.BooleanField(
                label=_("代会"), required=False, initial=row.substitute
            )
        worded(self)

    def lines(self) -> list[dict]:
        names = ("attendance", "post", "name", "substitute")
        return [{"row": row} | {name: self[f"{name}-{row.pk}"] for name in names} for row in self.rows]

    def attending(self) -> dict[int, dict]:
        names = ("attendance", "post", "name", "substitute")
        return {row.pk: {name: self.cleaned_data[f"{name}-{row.pk}"] for name in names} for row in self.rows}


class ItemTextForm(forms.Form):
    text = forms.CharField(
        label=_("议定的内容"), max_length=rules.TEXT[1], widget=wide(8),
        help_text=_("会上怎么说的、怎么定的，一段一行，写进纪要；要谁办的事写成决定"),
    )  # fmt: skip
    version = version()


class DecisionForm(forms.Form):
    text = forms.CharField(label=_("决定事项"), max_length=rules.DECIDED[1], widget=wide(4))
    due_on = DayField(label=_("办理期限"), required=False)
    leads = several(_("牵头单位"), _("写了牵头单位的决定，纪要确认后列入任务分工，由这些单位报进展"))
    supports = several(_("配合单位"))
    version = version()

    def __init__(self, *args, row: ConferenceDecision | None = None, at: int | None = None, **kwargs):
        if row is not None:
            roles = {"lead": [], "support": []}
            for unit, role in row.units.values_list("unit_id", "role"):
                roles[role].append(unit)
            kwargs["initial"] = {
                "text": row.text, "due_on": row.due_on, "leads": roles["lead"], "supports": roles["support"],
                "version": at,
            }  # fmt: skip
        super().__init__(*args, **kwargs)
        for name in ("leads", "supports"):
            self.fields[name].queryset = units()

    def values(self) -> dict:
        data = self.cleaned_data
        return {
            "text": data["text"], "due_on": data["due_on"], "leads": list(data["leads"]),
            "supports": list(data["supports"]),
        }  # fmt: skip
