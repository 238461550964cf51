"""Forms of a facility's file: premises with their areas, classes, fees, notices, insurance, permits, menus, operators."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from facilities.forms.facilities import DayField, FacilityForm, worded
from facilities.models import (
    CareClass,
    Fee,
    FeeNotice,
    Insurance,
    Menu,
    Operator,
    Permit,
    Premises,
    PremisesArea,
    Proposal,
)
from facilities.rules import proposals
from facilities.widgets import One

#: Empty lines for areas beside those that are there.
SPARE = 4
FILES = {"accept": "image/jpeg,image/png,image/webp,application/pdf"}


class RecordForm(forms.Form):
    """`given(row)`: what the fields show of a row that is changed; `values()`: what the service takes."""

    def __init__(self, *args, row=None, **kwargs):
        self.row = row
        if row is not None:
            kwargs["initial"] = self.given(row) | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        worded(self)

    def given(self, row) -> dict:
        return {name: getattr(row, name) for name in self.base_fields if hasattr(row, name)}

    def values(self) -> dict:
        return dict(self.cleaned_data)


def label(model, name: str):
    return model._meta.get_field(name).verbose_name


class AreaLines(forms.Widget):
    """One line per use and floor; the browser sends three lists."""

    template = (
        '<table class="tb areas"><thead><tr><th scope="col">{0}</th><th scope="col">{1}</th>'
        '<th scope="col">{2}</th></tr></thead><tbody>{3}</tbody></table>'
    )

    def value_from_datadict(self, data, files, name):
        if not hasattr(data, "getlist"):
            return data.get(name, [])
        lists = [data.getlist(f"{name}_{part}") for part in ("use", "floor", "area")]
        return [list(line) for line in zip(*lists, strict=False)]

    def render(self, name, value, attrs=None, renderer=None):
        lines = [*(value or []), *[["", "1", ""]] * SPARE]
        options = [("", gettext("选用途")), *((v, str(w)) for v, w in PremisesArea.Use.choices)]
        invalid = (attrs or {}).get("aria-invalid")
        body = format_html_join(
            "",
            '<tr><td>{}</td><td><input class="in" name="{}_floor" value="{}" inputmode="numeric" aria-label="{}"></td>'
            '<td><input class="in" name="{}_area" value="{}" inputmode="decimal" aria-label="{}"{}></td></tr>',
            (
                (
                    One(choices=options).render(
                        f"{name}_use",
                        use,
                        {"class": "in", "aria-label": gettext("第 %(n)d 行用途") % {"n": n}},
                    ),
                    name,
                    floor,
                    gettext("第 %(n)d 行楼层") % {"n": n},
                    name,
                    area,
                    gettext("第 %(n)d 行面积") % {"n": n},
                    mark_safe(' aria-invalid="true"') if invalid and use else "",
                )
                for n, (use, floor, area) in enumerate(lines, 1)
            ),
        )
        heads = [label(PremisesArea, part) for part in ("use", "floor", "area")]
        return format_html(self.template, *heads, body)

    def id_for_label(self, id_):
        return ""


class AreasField(forms.Field):
    """[{use, floor, area}] from lines; lines without use and area are left out."""

    widget = AreaLines

    def clean(self, value):
        found = []
        for number, (use, floor, area) in enumerate(value or [], 1):
            use, floor, area = use.strip(), floor.strip(), area.strip()
            if not use and not area:
                continue
            if use not in PremisesArea.Use.values:
                raise forms.ValidationError(gettext("第 %(n)d 行：选用途") % {"n": number})
            try:
                found.append(
                    {"use": use, "floor": int(floor or 1), "area": Decimal(area).quantize(Decimal("0.1"))}
                )
            except (InvalidOperation, ValueError):
                raise forms.ValidationError(
                    gettext("第 %(n)d 行：楼层填整数，面积填数") % {"n": number}
                ) from None
        return found


class PremisesForm(RecordForm):
    name = forms.CharField(label=label(Premises, "name"), max_length=60, initial=_("本部"))
    address = forms.CharField(
        label=label(Premises, "address"),
        max_length=200,
        required=False,
        help_text=_("和机构地址相同的空着"),
    )
    starts_on = DayField(label=label(Premises, "starts_on"))
    tenure = forms.ChoiceField(label=label(Premises, "tenure"), choices=Premises.Tenure.choices)
    lease_until = DayField(label=label(Premises, "lease_until"), required=False, help_text=_("租赁的才填"))
    outdoor_area = forms.DecimalField(
        label=label(Premises, "outdoor_area"), required=False, max_digits=8, decimal_places=1
    )
    outdoor_shared = forms.BooleanField(label=label(Premises, "outdoor_shared"), required=False)
    areas = AreasField(
        label=_("室内面积"), required=False, help_text=_("按用途和楼层各写一行，用不到的行空着")
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def given(self, row) -> dict:
        lines = [[a.use, str(a.floor), str(a.area)] for a in row.areas.all()]
        return super().given(row) | {"areas": lines}


class LeaseForm(RecordForm):
    lease_until = DayField(label=_("续租到"))
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def given(self, row) -> dict:
        return {"version": row.version}


class ClassForm(RecordForm):
    name = forms.CharField(label=label(CareClass, "name"), max_length=40)
    kind = forms.ChoiceField(label=label(CareClass, "kind"), choices=CareClass.Kind.choices)
    year = forms.IntegerField(label=label(CareClass, "year"), help_text=_("九月开始的那一年"))
    started_on = DayField(label=label(CareClass, "started_on"))
    places = forms.IntegerField(label=label(CareClass, "places"))
    children = forms.IntegerField(label=label(CareClass, "children"), initial=0)
    staff = forms.IntegerField(label=label(CareClass, "staff"), initial=0)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


class FeeForm(RecordForm):
    item = forms.ChoiceField(label=label(Fee, "item"), choices=Fee.Item.choices)
    note = forms.CharField(
        label=label(Fee, "note"), max_length=80, required=False, help_text=_("同一项目分几种价的写明是哪一种")
    )
    amount = forms.DecimalField(label=label(Fee, "amount"), max_digits=9, decimal_places=2)
    unit = forms.ChoiceField(label=label(Fee, "unit"), choices=Fee.Unit.choices)
    starts_on = DayField(label=label(Fee, "starts_on"), help_text=_("同一项目原来的价，到这一天的前一天为止"))


class NoticeForm(RecordForm):
    published_on = DayField(label=label(FeeNotice, "published_on"))
    place = forms.ChoiceField(label=label(FeeNotice, "place"), choices=FeeNotice.Place.choices)
    detail = forms.CharField(label=label(FeeNotice, "detail"), max_length=200, required=False)
    upload = forms.FileField(
        label=label(FeeNotice, "file"), required=False, widget=forms.FileInput(attrs=FILES)
    )


class InsuranceForm(RecordForm):
    kind = forms.ChoiceField(label=label(Insurance, "kind"), choices=Insurance.Kind.choices)
    insurer = forms.CharField(label=label(Insurance, "insurer"), max_length=80)
    number = forms.CharField(label=label(Insurance, "number"), max_length=60)
    starts_on = DayField(label=label(Insurance, "starts_on"))
    ends_on = DayField(label=label(Insurance, "ends_on"))
    upload = forms.FileField(
        label=label(Insurance, "file"), required=False, widget=forms.FileInput(attrs=FILES)
    )


class PermitForm(RecordForm):
    kind = forms.ChoiceField(label=label(Permit, "kind"), choices=Permit.Kind.choices)
    name = forms.CharField(
        label=label(Permit, "name"), max_length=60, required=False, help_text=_("选“其他证照”时写")
    )
    number = forms.CharField(label=label(Permit, "number"), max_length=60)
    authority = forms.CharField(label=label(Permit, "authority"), max_length=80, required=False)
    issued_on = DayField(label=label(Permit, "issued_on"), required=False)
    valid_until = DayField(label=label(Permit, "valid_until"), required=False, help_text=_("长期有效的空着"))
    upload = forms.FileField(label=label(Permit, "file"), required=False, widget=forms.FileInput(attrs=FILES))


class MenuForm(RecordForm):
    week = DayField(label=label(Menu, "week"), help_text=_("同一周再存一次，就换掉原来的"))
    text = forms.CharField(
        label=label(Menu, "text"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 8})
    )
    upload = forms.FileField(label=label(Menu, "file"), required=False, widget=forms.FileInput(attrs=FILES))


class EndForm(RecordForm):
    on = DayField(label=_("最后一天"))


class SureForm(RecordForm):
    """Nothing to fill in: the page says what will be gone."""


class OperatorForm(RecordForm):
    name = forms.CharField(label=label(Operator, "name"), max_length=120)
    credit_code = forms.CharField(
        label=label(Operator, "credit_code"), max_length=24, required=False, help_text=_("18 位，执照上有")
    )
    chain = forms.CharField(
        label=label(Operator, "chain"),
        max_length=80,
        required=False,
        help_text=_("几个举办者用同一品牌的写同一个名"),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


class AnswerForm(RecordForm):
    answer = forms.CharField(
        label=_("答复"),
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("不同意时写明为什么，机构会看到"),
    )


class ProposalForm(FacilityForm):
    """What the district owns, as it stands; the operator changes what should change."""

    reason = forms.CharField(
        label=label(Proposal, "reason"), max_length=200, widget=forms.Textarea(attrs={"rows": 2})
    )
    upload = forms.FileField(
        label=label(Proposal, "file"), required=False, widget=forms.FileInput(attrs=FILES)
    )

    def __init__(self, *args, facility, followed=(), **kwargs):
        """followed: figures that follow from rows of the file, and cannot be proposed."""
        super().__init__(*args, instance=facility, **kwargs)
        for name in list(self.fields):
            if name not in (*proposals.FIELDS, "reason", "upload") or name in followed:
                del self.fields[name]

    def values(self) -> dict:
        return {name: self.cleaned_data[name] for name in self.fields}
