"""Issuer, addressee and number series of a district's reports: defaults that ship, never written over."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from portal.models.places import District
from portal.services.reference import BrokenReference, Loader, Tally, read_yaml
from targets.models.reports import ReportSetting

FILE = Path(__file__).resolve().parent.parent / "reference" / "report_settings.yaml"
FIELDS = {"issuer", "signer_unit", "addressee", "number_word", "copies_to", "printing_unit", "title"}


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
