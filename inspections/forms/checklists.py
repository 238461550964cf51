"""Shapes of what people enter about a checklist's next version; what is right about it the services decide."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from facilities.forms.facilities import DayField
from facilities.forms.people import Worded
from facilities.models import Facility
from inspections.models import Matter, MatterVersion
from inspections.rules import checklists as rules
from inspections.rules.states import WEIGHTS
from portal.choices import in_language
from portal.models import Clause


def version_field() -> forms.IntegerField:
    return forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)


class ClauseField(forms.ModelChoiceField):
    def label_from_instance(self, clause):
        return f"{clause.document} {clause.label}"


class ItemForm(Worded):
    """One item. `matter` is its key, `clause` a place of one of the district's documents."""

    section = forms.CharField(
        label=_("部分"), max_length=rules.LENGTHS["section"], help_text=_("同一部分的项排在一起")
    )
    text = forms.CharField(
        label=_("检查什么"), max_length=rules.LENGTHS["text"], widget=forms.Textarea(attrs={"rows": 2})
    )
    weight = forms.ChoiceField(
        label=_("权重"), choices=in_language(WEIGHTS.items()), widget=forms.RadioSelect
    )
    short = forms.BooleanField(
        label=_("关键项"),
        required=False,
        help_text=_("标了关键项，这张表就先用简表：只查关键项，有一项不符合当场展开全表"),
    )
    matter = forms.ChoiceField(label=_("抽查事项"))
    clause = ClauseField(Clause.objects.none(), label=_("条款"), required=False)
    quote = forms.CharField(
        label=_("原文"),
        required=False,
        max_length=rules.LENGTHS["quote"],
        help_text=_("选了条款就照抄"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    basis = forms.CharField(
        label=_("依据"),
        required=False,
        max_length=rules.LENGTHS["basis"],
        help_text=_("本区文件没有写的，写明法规条款"),
    )
    weak = forms.BooleanField(label=_("待核对"), required=False, help_text=_("依据是转述的，用前还要核对"))
    kinds = forms.MultipleChoiceField(
        label=_("只用于"), required=False, widget=forms.CheckboxSelectMultiple, help_text=_("都不选就是全部")
    )
    hint = forms.CharField(label=_("怎样查"), required=False, max_length=rules.LENGTHS["hint"])
    version = version_field()

    def __init__(self, *args, kinds: list[str], **kwargs):
        super().__init__(*args, **kwargs)
        names = dict(Facility.Kind.choices)
        self.fields["kinds"].choices = [(kind, names.get(kind, kind)) for kind in kinds]
        self.fields["clause"].queryset = Clause.objects.select_related("document").order_by(
            "document", "position"
        )
        latest = MatterVersion.objects.filter(published_on__isnull=False).order_by("matter_id", "-number")
        called = {one.matter_id: one.name for one in reversed(latest)}
        self.fields["matter"].choices = [
            ("", "—"),
            *((one.key, called[one.pk]) for one in Matter.objects.all() if one.pk in called),
        ]

    def item(self) -> dict:
        """The service's keywords."""
        given = {name: self.cleaned_data[name] for name in rules.FIELDS}
        given["clause"] = given["clause"].pk if given["clause"] else None
        return given


class ListForm(Worded):
    """A list from nothing."""

    name = forms.CharField(label=_("名称"), max_length=80, help_text=_("例如：燃气专项检查表"))
    kinds = forms.MultipleChoiceField(
        label=_("用于"),
        choices=Facility.Kind.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("公布以后，这几类机构的检查都用这张表"),
    )


class ListChangeForm(ListForm):
    """The same of a list that was never published; with the draft's version."""

    version = version_field()


class ItemStepForm(Worded):
    what = forms.ChoiceField(
        choices=[(name, name) for name in ("remove", "up", "down")], widget=forms.HiddenInput
    )
    version = version_field()


class DraftStepForm(Worded):
    """`what`: submit with a day, return with a reason, publish, drop."""

    what = forms.ChoiceField(
        choices=[(name, name) for name in ("submit", "return", "publish", "drop")], widget=forms.HiddenInput
    )
    version = version_field()
    starts_on = DayField(label=_("起用日期"), required=False, help_text=_("从这一天开始的检查用新的一版"))
    note = forms.CharField(label=_("为什么退回"), required=False, max_length=200)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        step = self.data.get("what", "")  # '' where nothing was sent yet
        self.fields["starts_on"].required = step in ("", "submit")
        self.fields["note"].required = step in ("", "return")
