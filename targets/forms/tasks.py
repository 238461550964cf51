"""Forms of progress reports and rounds: shape only, the rules are in the services."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class SeveralFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class SeveralFiles(forms.FileField):
    """A list of files, empty when none was chosen."""

    widget = SeveralFilesInput(
        attrs={
            "accept": ".pdf,.jpg,.jpeg,.png,.webp,.xlsx,.docx",
        }
    )

    def clean(self, data, initial=None):
        if not data:
            data = []
        elif not isinstance(data, (list, tuple)):
            data = [data]
        if not data and self.required:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        clean = super().clean
        return [clean(one, initial) for one in data]


class ProgressForm(forms.Form):
    """`complete=False` reads a draft, in which nothing need be there yet."""

    percent = forms.IntegerField(
        label=_("进度"),
        min_value=0,
        max_value=100,
        help_text=_("完成到百分之几，0 到 100"),
        error_messages={
            "required": _("进度：报送前要填"),
            "invalid": _("进度：填 0 到 100 之间的数"),
            "min_value": _("进度：填 0 到 100 之间的数"),
            "max_value": _("进度：填 0 到 100 之间的数"),
        },
    )
    text = forms.CharField(
        label=_("进展情况"),
        strip=True,
        widget=forms.Textarea(attrs={"rows": 6, "maxlength": 2000}),
        help_text=_("做了什么，卡在哪里，下一步。最多 2000 个字"),
        error_messages={"required": _("进展情况：写一两句做了什么，再报送")},
    )
    files = SeveralFiles(
        label=_("证明材料"),
        required=False,
        help_text=_("PDF、图片、xlsx 或 docx，每个不超过 10 MB，最多 10 个"),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args, complete: bool = True, **kwargs):
        super().__init__(*args, **kwargs)
        if not complete:
            self.fields["percent"].required = self.fields["text"].required = False


class RoundForm(forms.Form):
    year = forms.IntegerField(label=_("年份"), error_messages={"invalid": _("年份：填四位数，比如 2026")})
    quarter = forms.TypedChoiceField(
        label=_("季度"),
        coerce=int,
        choices=[(1, _("一季度")), (2, _("二季度")), (3, _("三季度")), (4, _("四季度"))],
        error_messages={"invalid_choice": _("季度：选一到四季度中的一个")},
    )
