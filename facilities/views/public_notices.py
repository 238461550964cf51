"""Whether a notice of lawful operation holds: what anybody reads who scans the code on the paper, in public_scope."""

from __future__ import annotations

from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from facilities import credit
from facilities.models import Notice
from facilities.rules.notices import tidy_code
from portal.models.places import District

SHAPES = {"valid": "ok", "suspended": "warn", "replaced": "none", "ended": "bad", "revoked": "bad"}
READ = (
    "id", "district", "facility", "kind", "carries", "number", "code", "state", "state_on", "title", "name", "address",
    "operator_name", "issuer", "issued_on", "sha256",
)  # fmt: skip


def by_code(code: str) -> tuple[Notice | None, District | None]:
    """The notice under a code, whose first letters name the district; (None, None) for a code that is none."""
    tidy = tidy_code(code)
    place = District.objects.filter(prefix=tidy.partition("-")[0], level=District.Level.DISTRICT).first()
    if place is None:
        return None, None
    return Notice.objects.only(*READ).filter(district=place, code=tidy).first(), place


@require_GET
def lookup(request):
    """The code typed by hand."""
    code = request.GET.get("code", "")
    if code:
        found, _place = by_code(code[:40])
        if found is not None:
            return redirect("public-notice", found.code)
    return render(
        request,
        "public/notices.html",
        {"code": code[:40], "unknown": bool(code)},
        status=404 if code else 200,
    )


@require_GET
def notice(request, code):
    found, place = by_code(code[:40])
    if found is None:
        return render(request, "public/notices.html", {"code": code[:40], "unknown": True}, status=404)
    verdicts = {
        "valid": _("这份告知书有效"),
        "suspended": _("这家机构暂停服务"),
        "replaced": _("这份告知书已换发，不再有效"),
        "ended": _("这家机构已停办，告知书失效"),
        "revoked": _("备案已被撤回，告知书失效"),
    }
    return render(
        request,
        "public/notice.html",
        {
            "public_district": place,
            "listing": credit.listings([found.facility_id]).get(found.facility_id),
            "notice": found,
            "shape": SHAPES[found.state] if found.carries else "ok",
            "verdict": verdicts[found.state] if found.carries else _("这份文书是真的"),
        },
    )
