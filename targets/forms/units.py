"""Form of a collective unit's members: shape only, the rules are in the service."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.models.places import Unit
from targets.forms.conferences import several


class MembersForm(forms.Form):
    members = several(_("成员"), _("没有的单位，在政策文件的“新单位”里加上，公布以后就能选"), required=True)

    def __init__(self, *args, row: Unit, **kwargs):
        kwargs["initial"] = {"members": list(row.memberships_as_collective.values_list("member", flat=True))}
        super().__init__(*args, **kwargs)
        self.fields["members"].queryset = Unit.objects.filter(collective=False).exclude(pk=row.pk)
        self.fields["members"].error_messages["required"] = _("成员：至少选一个")
