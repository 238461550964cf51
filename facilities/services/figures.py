"""The register's own figures that follow from the rows of a facility's file.

The register keeps four figures that the lists, the metrics and the draw read without a join: usable area, children,
end of the liability insurance, day of the fee notice. They have one truth each: while a facility has no rows of the
kind (a register brought in from a spreadsheet), the column is what was entered; from the first row on it is computed
from the rows, in the transaction of each change (services/file.py), and can no longer be written by hand.
"""

from __future__ import annotations

from django.db.models import Sum
from django.utils.translation import gettext as _

from facilities.models import CareClass, Facility, FeeNotice, Insurance, PremisesArea
from facilities.rules import records as rules
from facilities.services.refusals import refuse_field
from portal.rules.machine import marked


def _area(row: Facility):
    areas = PremisesArea.objects.filter(premises__facility=row, premises__ends_on__isnull=True)
    return rules.usable_area(areas.values_list("area", flat=True))


def _enrolled(row: Facility):
    classes = CareClass.objects.filter(facility=row, ended_on__isnull=True)
    return classes.aggregate(n=Sum("children"))["n"] or 0


def _published(row: Facility):
    return rules.latest(FeeNotice.objects.filter(facility=row).values_list("published_on", flat=True))


def _insured(row: Facility):
    held = Insurance.objects.filter(facility=row, kind=Insurance.Kind.LIABILITY)
    return rules.latest(held.values_list("ends_on", flat=True))


#: Figure -> how it follows from the rows; rules/records.py has the sums.
FIGURES = {
    "usable_area": _area,
    "enrolled": _enrolled,
    "fees_published_on": _published,
    "insured_until": _insured,
}
ROWS = {
    "usable_area": lambda row: PremisesArea.objects.filter(premises__facility=row),
    "enrolled": lambda row: CareClass.objects.filter(facility=row),
    "fees_published_on": lambda row: FeeNotice.objects.filter(facility=row),
    "insured_until": lambda row: Insurance.objects.filter(facility=row, kind=Insurance.Kind.LIABILITY),
}


#: Said of fewer places than the open classes have.
FEWER = marked("各班托位合计 %(sum)d 个。先把班级的托位改少")


def followed(row: Facility) -> set[str]:
    """The figures of a facility that follow from rows and can't be written by hand."""
    return {field for field, rows in ROWS.items() if rows(row).exists()}


def refuse_followed(row: Facility, fields) -> None:
    """Refuses a figure that follows from rows, and says where the rows are."""
    for field in fields:
        if field in ROWS and ROWS[field](row).exists():
            refuse_field(field, _(rules.SUMS[field][1]), "followed")


def refuse_fewer(row: Facility, places: int) -> None:
    """Refuses fewer places than the open classes have."""
    taken = CareClass.objects.filter(facility=row, ended_on__isnull=True).aggregate(n=Sum("places"))["n"] or 0
    if places < taken:
        refuse_field(
            "places",
            _(FEWER) % {"sum": taken},
            "classes",
        )
