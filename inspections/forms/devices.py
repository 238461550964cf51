"""Forms of devices, of the district's player, of what was seen in ten minutes."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from facilities.forms.facilities import DayField
from facilities.forms.records import RecordForm, label
from inspections.models import Inspector, VideoDevice
from inspections.rules.watch import OUTCOMES
from portal.choices import in_language


class DeviceForm(RecordForm):
    code = forms.CharField(
        label=label(VideoDevice, "code"), max_length=32, help_text=_("区视频平台里的设备编号")
    )
    facility = forms.ModelChoiceField(
        None,
        label=_("机构编号"),
        to_field_name="code",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"invalid_choice": _("名册里没有这个编号")},
    )
    kind = forms.ChoiceField(label=label(VideoDevice, "kind"), choices=VideoDevice.Kind.choices)
    place = forms.CharField(
        label=label(VideoDevice, "place"), max_length=60, help_text=_("比如：小一班活动室、正门接待处")
    )
    installed_on = DayField(label=label(VideoDevice, "installed_on"))
    retired_on = DayField(label=label(VideoDevice, "retired_on"), required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, facilities, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["facility"].queryset = facilities

    def given(self, row) -> dict:
        return super().given(row) | {"facility": row.facility.code}


class PlayerForm(forms.Form):
    url = forms.CharField(
        label=_("播放地址"),
        required=False,
        max_length=300,
        help_text=_(
            "区视频平台打开一路画面的地址：{device} 换成设备编号，{time} 换成开始时间；空着就不给链接"
        ),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "placeholder": "https://video.example.cn/play?id={device}&t={time}"}
        ),
    )


class SlotForm(forms.Form):
    outcome = forms.ChoiceField(
        label=_("结果"), choices=in_language(OUTCOMES.items()), widget=forms.RadioSelect
    )
    note = forms.CharField(
        label=_("说明"),
        required=False,
        max_length=1000,
        help_text=_("看到了什么；没有录像写明原因。不写人名"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)


class FollowForm(forms.Form):
    due_on = DayField(label=_("最迟检查日"))
    inspectors = forms.ModelMultipleChoiceField(
        label=_("检查人员"),
        help_text=_("至少两名，按住 Ctrl 多选"),
        queryset=Inspector.objects.none(),
        widget=forms.SelectMultiple(attrs={"size": 8}),
    )

    def __init__(self, *args, on, **kwargs):
        """on: the day whose licences count."""
        super().__init__(*args, **kwargs)
        self.fields["inspectors"].queryset = Inspector.objects.filter(
            active=True, licence_from__lte=on, licence_until__gte=on
        ).select_related("unit")
        self.fields["inspectors"].label_from_instance = lambda i: f"{i.code} {i.name}（{i.unit}）"
