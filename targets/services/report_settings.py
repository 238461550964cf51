"""Issuer, addressee and number series of a district's reports: defaults that ship and are never written over, and how a
district changes them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.errors import NotFound, Refused
from portal.models.places import District
from portal.rules.machine import marked
from portal.services import audit
from portal.services.reference import BrokenReference, Loader, Tally, read_yaml
from targets.models.reports import ReportSetting

FILE = Path(__file__).resolve().parent.parent / "reference" / "report_settings.yaml"
LABELS = {
    "issuer": marked("发文机关"),
    "addressee": marked("主送"),
    "number_word": marked("文号的机关代字"),
    "copies_to": marked("抄送"),
    "printing_unit": marked("印发机关"),
    "title": marked("标题"),
}
ORDER = tuple(LABELS)
FIELDS = set(ORDER)
WORD = r"[\u4e00-\u9fff]{2,10}"
#: what a title may name
PLACES = re.compile(r"\{(?:year|month|quarter)\}")
#: kind -> what its documents do not have
UNUSED = {
    ReportSetting.Kind.MINUTES: {"addressee", "title"},
    ReportSetting.Kind.SELF: {"addressee"},  # everybody reads it
}


def read() -> dict[str, dict[str, dict]]:
    """kind -> district's code -> fields; BrokenReference for what is missing or unknown."""
    rows = read_yaml(FILE) or {}
    faults = [
        (f"{kind} {code}", "、".join(sorted(FIELDS ^ fields.keys())))
        for kind, districts in rows.items()
        for code, fields in districts.items()
        if fields.keys() != FIELDS
    ]
    if faults:
        raise BrokenReference(FILE.name, faults)
    return rows


def load(district: District, content: dict, tally: Tally) -> None:
    for kind, districts in content.items():
        if fields := districts.get(district.code):
            _setting, created = ReportSetting.objects.get_or_create(kind=kind, defaults=fields)
            tally.created[ReportSetting._meta.label] += created


@cache
def loader() -> Loader:
    return Loader("report settings", 50, lambda: [FILE], read, load)


def problems(kind: str, values: dict) -> dict[str, str]:
    """Field -> sentence. Minutes have neither addressee nor title, a self-report is addressed to nobody."""
    found = {}
    for name in FIELDS - {"copies_to"} - UNUSED.get(kind, set()):
        if not values[name].strip():
            found[name] = _("%(label)s：这一栏要填") % {"label": _(LABELS[name])}
    if "number_word" not in found and not re.fullmatch(WORD, values["number_word"]):
        found["number_word"] = _("文号的机关代字：写 2 到 10 个汉字")
    if set("{}") & set(PLACES.sub("", values["title"])):
        found["title"] = _("标题：大括号里只能写 year、month、quarter")
    return found


@transaction.atomic
def change(kind: str, values: dict, *, actor: Actor) -> ReportSetting:
    """How the open district issues a kind from now on; issued reports stay as they are. Refused with the field."""
    actor.demand("report.set")
    if kind not in ReportSetting.Kind.values:
        raise NotFound(_("没有这种报告"))
    values = {name: (values.get(name) or "").strip() for name in ORDER}
    if found := problems(kind, values):
        name = next(name for name in ORDER if name in found)
        raise Refused(found[name], field=name, code=name, errors=found)
    row = ReportSetting.objects.select_for_update(of=("self",)).filter(kind=kind).first()
    before = {name: getattr(row, name) for name in FIELDS} if row else {}
    if before == values:
        return row
    if row is None:
        row = ReportSetting(kind=kind)
    for name, value in values.items():
        setattr(row, name, value)
    row.save()
    changes = {
        name: [before.get(name, ""), value] for name, value in values.items() if before.get(name) != value
    }
    audit.record(
        "targets.report_setting.change", row, actor=actor, changes=changes, name=str(row.get_kind_display())
    )
    return row
