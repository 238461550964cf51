"""Reading for the pages: conditions of the lists, and what stands beside a facility or a person in them.

Each function is one query whatever the number of rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import connection
from django.db.models import CharField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from facilities.models import Certificate, Employment, RecordCheck, TrainingRecord
from facilities.rules import staff as rules
from facilities.search import matching
from portal.services import parameters

#: What a row of the register shows or is sorted by, and one of the staff list.
FACILITY_COLUMNS = (
    "code", "name", "name_key", "kind", "state", "inclusive", "street", "places", "enrolled", "grade", "insured_until",
)  # fmt: skip
STAFF_COLUMNS = (
    "post", "full_time", "starts_on", "ends_on", "staff__code", "staff__name", "staff__name_key", "facility__code",
    "facility__name", "facility__street",
)  # fmt: skip
FACILITY_SORTS = {
    "code": (("code", str),),
    "name": (("name_key", str), ("pk", int)),
    "street": (("street_id", int), ("code", str)),
    "places": (("places", int), ("pk", int)),
    "grade": (("grade", str), ("pk", int)),
}
STAFF_SORTS = {
    "code": (("staff__code", str), ("pk", int)),
    "name": (("staff__name_key", str), ("staff_id", int), ("pk", int)),
    "facility": (("facility__code", str), ("staff__code", str), ("pk", int)),
}
PARAMETERS = ["training.skills_hours", "training.ethics_hours", "record_check.months"]
Kinds = dict[str, frozenset[str]]


@dataclass(frozen=True)
class Yardstick:
    """The district's parameters of a day; None where it has none."""

    skills: Decimal | None
    ethics: Decimal | None
    months: int | None
    #: post -> kinds of certificate of which one must be valid
    kinds: Kinds


def yardstick(on: date) -> Yardstick:
    found = parameters.values([*PARAMETERS, *rules.CERTIFICATE_PARAMETERS.values()], on)
    skills, ethics, months = (found.get(key) for key in PARAMETERS)
    return Yardstick(
        Decimal(str(skills)) if skills is not None else None,
        Decimal(str(ethics)) if ethics is not None else None,
        int(months) if months is not None else None,
        rules.asked_kinds(found),
    )


# ---- certificates


def fitting(on: date, asked_of: Kinds):
    """Exists: the person of an employment holds, on the day, a certificate that the post asks for."""
    kinds = Q(pk__in=[])
    for post, accepted in asked_of.items():
        kinds |= Q(asked=post, kind__in=sorted(accepted))
    held = Certificate.objects.filter(staff=OuterRef("staff")).annotate(
        asked=ExpressionWrapper(OuterRef("post"), output_field=CharField())
    )
    return Exists(held.filter(kinds).filter(valid(on)))


def healthy(on: date):
    """Exists: the person of an employment holds a valid health check on the day."""
    return Exists(
        Certificate.objects.filter(staff=OuterRef("staff"), kind=rules.HEALTH_CHECK).filter(valid(on))
    )


def valid(on: date) -> Q:
    return Q(valid_until__isnull=True) | Q(valid_until__gte=on)


def in_order(on: date, asked_of: Kinds) -> Q:
    """Employments whose person has every certificate that the post asks for on the day."""
    return (~Q(post__in=list(asked_of)) | Q(fitting(on, asked_of))) & Q(healthy(on))


def ending(on: date, days: int = rules.SOON_DAYS) -> QuerySet:
    """Certificates, whosever, that end within so many days and have no successor."""
    later = Certificate.objects.filter(staff=OuterRef("staff"), kind=OuterRef("kind")).filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=OuterRef("valid_until"))
    )
    soon = Certificate.objects.filter(valid_until__gte=on, valid_until__lte=on + timedelta(days))
    return soon.filter(~Exists(later))


# ---- facilities


def facilities(queryset: QuerySet, wanted: dict, on: date) -> tuple[QuerySet, bool]:
    """Facilities under the conditions of the filter bar, and whether a broad search is among them."""
    for key in ("street", "kind", "state", "grade", "ownership"):
        if wanted.get(key):
            queryset = queryset.filter(**{f"{key}__in": wanted[key]})
    if wanted.get("inclusive"):
        queryset = queryset.filter(inclusive=wanted["inclusive"] == "yes")
    if wanted.get("expiring"):
        work = Employment.objects.open_on(on).filter(staff__in=ending(on).values("staff"))
        queryset = queryset.filter(
            Q(insured_until__gte=on, insured_until__lte=on + timedelta(rules.SOON_DAYS))
            | Q(pk__in=work.values("facility"))
        )
    return matching(queryset, wanted.get("q") or "")


@dataclass(frozen=True)
class Crew:
    """A facility's people on a day: how many, how many with the certificate of their post, at how many posts nobody has
    said which, what ends first."""

    people: int
    certified: int
    unset: int
    ends_on: date | None
    ends_kind: str


def crews(ids: list[int], on: date, asked_of: Kinds) -> dict[int, Crew]:
    """Facility id -> Crew, for facilities that were fetched through `allowed`."""
    if not ids:
        return {}
    posts = " ".join(f"WHEN '{post}' THEN %(asked_{post})s::text[]" for post in rules.CERTIFICATE_PARAMETERS)
    chosen = {f"asked_{post}": sorted(asked_of.get(post, ())) for post in rules.CERTIFICATE_PARAMETERS}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT w.facility_id, count(*),
                   count(*) FILTER (WHERE w.asked IS NULL OR c.fits), count(*) FILTER (WHERE w.asked = '{{}}'),
                   min(c.ends_on), (array_agg(c.ends_kind ORDER BY c.ends_on))[1]
            FROM (SELECT facility_id, staff_id, CASE post WHEN '' THEN NULL {posts} ELSE NULL::text[] END AS asked
                  FROM facilities_employment
                  WHERE facility_id = ANY(%(ids)s) AND starts_on <= %(on)s
                        AND (ends_on IS NULL OR ends_on >= %(on)s)) w
            LEFT JOIN LATERAL (
                SELECT bool_or(k.kind = ANY(w.asked) AND k.until >= %(on)s) AS fits,
                       nullif(min(k.until), 'infinity') AS ends_on,
                       (array_agg(k.kind ORDER BY k.until))[1] AS ends_kind
                FROM (SELECT kind, max(coalesce(valid_until, 'infinity')) AS until
                      FROM facilities_certificate WHERE staff_id = w.staff_id GROUP BY kind) k
            ) c ON true
            GROUP BY w.facility_id
            """,
            {"ids": ids, "on": on, **chosen},
        )
        return {row[0]: Crew(*row[1:5], row[5] or "") for row in cursor.fetchall()}


# ---- staff


def hours(kind: str, year: int) -> Coalesce:
    """Passed hours of a year of an employment's person."""
    done = (
        TrainingRecord.objects.filter(
            staff=OuterRef("staff"),
            kind=kind,
            passed=True,
            done_on__gte=date(year, 1, 1),
            done_on__lte=date(year, 12, 31),
        )
        .order_by()
        .values("staff")
        .annotate(total=Sum("hours"))
        .values("total")
    )
    return Coalesce(Subquery(done), Decimal(0))


def last_check(field: str) -> Subquery:
    return Subquery(
        RecordCheck.objects.filter(staff=OuterRef("staff")).order_by("-checked_on").values(field)[:1]
    )


def with_records(work: QuerySet, on: date) -> QuerySet:
    """Employments with person and facility, hours of the day's year and the last inquiry; never the number."""
    return (
        work.select_related("staff", "facility")
        .only(*STAFF_COLUMNS)
        .annotate(
            skills=hours("skills", on.year),
            ethics=hours("ethics", on.year),
            checked_on=last_check("checked_on"),
            check_found=last_check("found"),
        )
    )


def staff(work: QuerySet, wanted: dict, on: date, measure: Yardstick) -> tuple[QuerySet, bool]:
    """Employments under the conditions of the staff list, and whether a broad search is among them."""
    work = work.filter(ends_on__lt=on) if wanted.get("left") else work.open_on(on)
    if wanted.get("street"):
        work = work.filter(facility__street__in=wanted["street"])
    if wanted.get("facility"):
        work = work.filter(facility__code=wanted["facility"])
    if wanted.get("post"):
        work = work.filter(post__in=wanted["post"])
    certificate = wanted.get("certificate")
    if certificate == "short":
        work = work.filter(~in_order(on, measure.kinds))
    elif certificate == "soon":
        later = on + timedelta(rules.SOON_DAYS + 1)
        work = work.filter(in_order(on, measure.kinds) & ~in_order(later, measure.kinds))
    if wanted.get("training"):
        short = Q(pk__in=[])
        for kind, needed in (("skills", measure.skills), ("ethics", measure.ethics)):
            if needed is not None:
                work = work.alias(**{f"{kind}_done": hours(kind, on.year)})
                short |= Q(**{f"{kind}_done__lt": needed})
        work = work.filter(short)
    if wanted.get("check") and measure.months is not None:
        since = rules.months_before(on, measure.months)
        recent = RecordCheck.objects.filter(staff=OuterRef("staff"), checked_on__gte=since)
        bad = RecordCheck.objects.filter(staff=OuterRef("staff"), found=True)
        work = work.filter(~Exists(recent) | Exists(bad))
    return matching(work, wanted.get("q") or "", path="staff")


@dataclass(frozen=True)
class Standing:
    """A person at a post on a day, in words for the lists."""

    employment: Employment
    certificates: str  # missing, expired, soon, unset, ok
    certificate_kind: str
    certificate_until: date | None
    check: str  # found, missing, overdue, ok
    short_skills: Decimal
    short_ethics: Decimal
    hours_set: bool

    @property
    def certificate_words(self) -> str:
        return str(dict(Certificate.Kind.choices).get(self.certificate_kind, ""))

    @property
    def state(self) -> str:
        """One of the five shapes."""
        if self.certificates in ("missing", "expired") or self.check in ("found", "missing", "overdue"):
            return "bad"
        if self.certificates == "soon":
            return "warn"
        if self.certificates == "unset" or not self.hours_set:
            return "none"  # nobody has said what is asked
        return "doing" if self.short_skills or self.short_ethics else "ok"


def standings(rows: list[Employment], on: date, measure: Yardstick) -> list[Standing]:
    """How each stands; rows come from with_records. One query, for the certificates of all."""
    held: dict[int, list] = {}
    found = Certificate.objects.filter(staff__in=[row.staff_id for row in rows])
    for member, kind, until in found.values_list("staff_id", "kind", "valid_until"):
        held.setdefault(member, []).append((kind, until))
    return [
        Standing(
            row,
            *rules.certificate_standing(row.post, held.get(row.staff_id, []), on, measure.kinds),
            check=rules.check_standing(row.checked_on, row.check_found, on, measure.months),
            short_skills=max(Decimal(0), (measure.skills or Decimal(0)) - row.skills),
            short_ethics=max(Decimal(0), (measure.ethics or Decimal(0)) - row.ethics),
            hours_set=measure.skills is not None and measure.ethics is not None,
        )
        for row in rows
    ]
