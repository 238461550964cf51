"""What anybody may read without sign-in, in public_scope: the log of the draws and its files."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

from django.conf import settings
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET

from facilities.models import Facility
from inspections.models import InspectionPlan, MatterVersion, PublicRecord
from inspections.services import draw_entropy, plans, public_log
from inspections.views.plan_words import changes_of
from portal.models.places import District


def _district(slug: str) -> District:
    return get_object_or_404(District, slug=slug, level=District.Level.DISTRICT)


@require_GET
def front(request):
    """The districts whose draws can be looked at."""
    places = list(District.objects.filter(opening__isnull=True).order_by("pk"))
    districts = [one for one in places if not one.is_city]
    city = next((one for one in places if one.is_city), None)
    return render(request, "public/front.html", {"districts": districts, "city": city})


@require_GET
def district_front(request, district):
    """All that a district has public, one line each."""
    return render(request, "public/district.html", {"public_district": _district(district)})


@require_GET
def draw_log(request, district):
    """Anchors, fingerprints and files of a district's draws, latest first."""
    place = _district(district)
    return render(request, "public/draws.html", {"public_district": place, "years": public_log.years(place)})


#: A larger evidence file is not put into the page; the Python program reads it.
EMBEDDED = 8 * 1024 * 1024
PROGRAM = Path(settings.BASE_DIR) / "static" / "verify" / "verify_draw.js"


def embedded(last: public_log.PublicDraw) -> str:
    """The evidence of a published draw for the page's own verifier, in base64; '' where there is none yet."""
    if last.state != "published" or len(bytes(last.published.body)) > EMBEDDED:
        return ""
    return b64encode(bytes(last.published.body)).decode()


def month_context(place: District, scheme: str, year: int, month: int) -> dict:
    """What is public of a month; 404 where nothing is."""
    found = public_log.month_log(place, scheme, year, month)
    if found is None:
        raise Http404
    evidence = found.last.evidence
    value = evidence["entropy"]["value"] if evidence else ""
    return {
        "public_district": place,
        "month": found,
        "anchor": public_log.anchor(place, scheme, year),
        "last": found.last,
        "evidence": evidence,
        "evidence_base64": embedded(found.last),
        "size": len(bytes(found.last.published.body)) if evidence else 0,
        "persons": sum(len(result["inspectors"]) for result in evidence["results"]) if evidence else 0,
        "dice": value if draw_entropy.is_dice(value) else "",
        "chained": bool(evidence) and evidence["entropy"]["source"] == "chained",
    }


@require_GET
def draw_verifier(request, district, scheme, year, month):
    """The month's evidence and the verifier in one HTML file, to be saved and opened from disk."""
    place = _district(district)
    context = month_context(place, scheme, year, month)
    if not context["evidence_base64"]:
        raise Http404
    context["program"] = mark_safe(PROGRAM.read_text(encoding="utf-8"))  # our own file, below static/
    response = render(request, "public/verify_file.html", context)
    name = f"verify-{place.slug}-{scheme}-{year}-{month:02d}.html"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_GET
def draw_page(request, district, scheme, year, month):
    """A month: where it stands, its fingerprints, its files, how to check them."""
    context = month_context(_district(district), scheme, year, month)
    return render(request, "public/draw.html", context)


@require_GET
def record_file(request, district, pk):
    """The bytes of an evidence file or an addendum exactly as they were hashed."""
    record = get_object_or_404(PublicRecord, pk=pk, district=_district(district), body__isnull=False)
    response = HttpResponse(bytes(record.body), content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{record.file_name}"'
    response["X-Content-SHA256"] = record.sha256
    return response


def public_plans(place: District):
    """The district's published plans, latest first; what was published is read, not what stands beside it today."""
    rows = InspectionPlan.objects.filter(district=place, content__isnull=False).order_by("-year", "-revision")
    return rows.only(
        "district_id", "year", "revision", "reason", "title", "published_on", "content", "content_sha256"
    )


@require_GET
def plan_log(request, district):
    """The yearly plans of a district."""
    place = _district(district)
    return render(
        request, "public/plans.html", {"public_district": place, "plans": list(public_plans(place))}
    )


@require_GET
def plan_page(request, district, year):
    """A published plan: subjects, objects, scope, method, items and ratio."""
    place = _district(district)
    plan = plans.by_slug(public_plans(place), year)
    if plan is None:
        raise Http404
    of_year = {one.revision: one for one in public_plans(place).filter(year=plan.year)}
    before, last = of_year.get(plan.revision - 1), of_year[max(of_year)]
    kinds = dict(Facility.Kind.choices)
    schemes = [
        one | {"kind_names": [kinds.get(kind, kind) for kind in one["kinds"]],
               "rates": [(grade, one["rates_permille"].get(grade)) for grade in "ABCD"]}
        for one in plan.content["schemes"]
    ]  # fmt: skip
    context = {
        "public_district": place,
        "plan": plan,
        "schemes": schemes,
        "before": before,
        "changes": changes_of(before.content, plan.content) if before else [],
        "later": last if last.revision > plan.revision else None,
    }
    return render(request, "public/plan.html", context)


@require_GET
def matter_list(request, district):
    """What may be inspected today; what is not here is not."""
    place, on = _district(district), timezone.localdate()
    kinds = dict(Facility.Kind.choices)
    rows = (
        MatterVersion.objects.filter(district=place, published_on__lte=on, starts_on__lte=on)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on))
        .only("district_id", *MatterVersion.public_columns)
        .order_by("matter__position", "matter__key")
    )
    found = [(row, [kinds.get(kind, kind) for kind in row.kinds]) for row in rows]
    return render(request, "public/matters.html", {"public_district": place, "matters": found})
