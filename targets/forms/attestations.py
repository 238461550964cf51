"""Forms of proofs: shape only, the rules are in the service."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from facilities.forms.facilities import DayField
from targets.forms.tasks import SeveralFiles
from targets.models.attestations import Attestation
from targets.rules import attestations as rules


class AttestationForm(forms.Form):
    """`asks`: what the target asks as a number, in words; empty where it asks none."""

    title = forms.CharField(
        label=_("材料名称"), max_length=200, help_text=_("比如“2026 年度普惠性托育点建设情况报告”")
    )
    number = forms.CharField(label=_("文号"), max_length=60, required=False)
    issuer = forms.CharField(label=_("出具单位"), max_length=80, required=False)
    issued_on = DayField(label=_("材料日期"))
    text = forms.CharField(
        label=_("证明了什么"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("写清材料的哪一处说明这项指标做到了，第二人照着核对"),
    )
    achieved = forms.DecimalField(label=_("完成数"), required=False)
    starts_on = DayField(label=_("起算日期"), help_text=_("从哪一天起算做到了"))
    valid_until = DayField(label=_("有效到"), help_text=_("到这一天要交新的，最长 5 年。每年的指标写到年底"))
    files = SeveralFiles(
        label=_("材料"),
        error_messages={"required": _("材料：附上扫描件或文件，至少一个")},
        help_text=_("PDF、图片、xlsx 或 docx，每个不超过 10 MB，最多 10 个"),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)

    def __init__(self, *args, row: Attestation | None = None, asks: str = "", **kwargs):
        if row is not None:
            kwargs["initial"] = {name: getattr(row, name) for name in self.base_fields if name != "files"}
        super().__init__(*args, **kwargs)
        self.fields["files"].required = row is None
        if asks:
            self.fields["achieved"].help_text = _("指标要求 %(asks)s") % {"asks": asks}
        else:
            del self.fields["achieved"]

    def values(self) -> dict:
        """What the service takes beside files and version."""
        given = {"achieved": None} | self.cleaned_data
        return {name: value for name, value in given.items() if name not in ("files", "version")}


class NoteForm(forms.Form):
    note = forms.CharField(
        label=_("原因"),
        max_length=rules.NOTE[1],
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("原因：写 2 到 200 个字")},
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)
