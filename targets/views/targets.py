"""Pages of targets: the list, one target down to its rows, the rows as a spreadsheet."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from portal.errors import NotFound
from portal.middleware import tell
from portal.models.people import StreetGrant
from portal.models.places import Street
from portal.rules.machine import marked
from portal.rules.rights import Reach
from portal.templatetags.ui import day_words, masked
from portal.views.rows import page_number, row_address, sliced
from targets.metrics.base import Period
from targets.metrics.registry import CITY, FAMILY_OF, OWN
from targets.models import Snapshot
from targets.rules import attestations as proofs
from targets.rules import verdicts
from targets.rules.tasks import quarter_of
from targets.services import first_records, promises, rollup, rows_file, snapshots, unannounced
from targets.views.attestations import proofs_context
from targets.views.board import board
from targets.views.shown import Shown
from targets.views.tables import grouped, matrix_of

ROWS_A_PAGE = 50
#: filter -> (word, which rows)
FILTERS = {
    "": (marked("全部"), lambda row: True),
    "missed": (marked("未达"), lambda row: row.counted and row.verdict == verdicts.MISSED),
    "gap": (
        marked("缺口"),
        lambda row: (
            row.verdict == verdicts.BEHIND
            if row.counted
            else row.attested and row.proof_state == proofs.SHORT
        ),
    ),
    "doing": (marked("进行中"), lambda row: row.counted and row.verdict == verdicts.ON_PACE),
    "met": (
        marked("达到"),
        lambda row: (
            row.verdict == verdicts.MET if row.counted else row.attested and row.proof_state == proofs.PROVED
        ),
    ),
    "attested": (marked("要材料证明"), lambda row: row.attested),
    "not_yet": (marked("还没算"), lambda row: row.target is not None and row.target.proof == "not_yet"),
}


def chosen_period(request) -> Period:
    """The month, quarter, year, plan or day that the query names, as far as today; today's month else."""
    today = timezone.localdate()
    return rollup.period_named(request.GET.get("period") or f"{today:%Y-%m}", on=today)


def chosen(request) -> tuple[str, date, Snapshot | None]:
    """(month | quarter | year | plan | day, its first day, the newest snapshot) of the chosen period."""
    period = chosen_period(request)
    rows = unannounced.with_veil(Snapshot.objects.all(), actor=request.actor)
    return period.kind, period.starts_on, snapshots.latest_of(period, rows)


def asked_for(request) -> Snapshot | None:
    """The snapshot of `?snapshot=7`, from which an issued report took its figures; the newest of the period else."""
    text = request.GET.get("snapshot", "")
    if not text:
        return chosen(request)[2]
    rows = snapshots.with_newest(unannounced.with_veil(Snapshot.objects.all(), actor=request.actor))
    known = text.isascii() and text.isdigit() and len(text) < 10
    found = rows.filter(pk=text).first() if known else None
    if found is None:
        raise NotFound(_("没有这份快照"))
    return found


def query(request, **changes) -> str:
    """The page's own query with changes; an empty value takes a name out."""
    values = {**request.GET.dict(), **changes}
    return "?" + urlencode({k: v for k, v in values.items() if v not in ("", None)})


def neighbours(kind: str, starts_on: date) -> tuple[str, str]:
    """The period before and the one after, as the address has them."""
    year = starts_on.year
    if kind == "year":
        return str(year - 1), str(year + 1)
    if kind == "quarter":
        quarter = quarter_of(starts_on)[1]
        before = f"{year}-Q{quarter - 1}" if quarter > 1 else f"{year - 1}-Q4"
        return before, f"{year}-Q{quarter + 1}" if quarter < 4 else f"{year + 1}-Q1"
    before = date(year - (starts_on.month == 1), (starts_on.month - 2) % 12 + 1, 1)
    after = date(year + (starts_on.month == 12), starts_on.month % 12 + 1, 1)
    return f"{before:%Y-%m}", f"{after:%Y-%m}"


@require_GET
def target_list(request, district):
    """All targets of the district's plans with their figures, by clause; or as a matrix street by street."""
    request.actor.demand("target.view")
    if request.district.is_city:  # its figures are its districts'
        return redirect("city-targets", district)
    today = timezone.localdate()
    period = chosen_period(request)
    kind, starts_on, snapshot = chosen(request)
    shown = board(snapshot, district, on=today, veiled=unannounced.veiled_metrics(request.actor, snapshot))
    status = request.GET.get("status", "")
    if status not in FILTERS:
        status = ""
    tabs = [
        {
            "label": _(word),
            "count": sum(map(test, shown.rows)),
            "url": query(request, status=name),
            "current": name == status,
        }
        for name, (word, test) in FILTERS.items()
    ]
    rows = [row for row in shown.rows if FILTERS[status][1](row)]
    own = [row for row in rows if is_own(row)]
    matrix = request.GET.get("by") == "street"
    early = first_records.none_of(period)
    context = {
        "snapshot": snapshot,
        "early": _(first_records.NONE_YET) if early else "",
        "kind": kind,
        "starts_on": starts_on,
        "period": period.code,
        "tabs": tabs,
        "groups": grouped([row for row in rows if not is_own(row)]),
        "own": own,
        "plans_over": shown.plans_over,
        "documents": documents(shown.rows),
        "total": len(shown.rows),
        "counted": sum(row.counted for row in shown.rows),
        "matrix": matrix_of(rows, shown.streets) if matrix else None,
        "district_url": query(request, by=""),
        "street_url": query(request, by="street"),
        **links(request, period, today),
        "may_roll_up": request.actor.may("target.roll_up") and not early,
    }
    return render(request, "targets/targets.html", context)


def links(request, period: Period, today: date) -> dict:
    """To the other kinds of periods, the one before and the one after; a plan and a day have no neighbours here."""
    kind, at = period.kind, period.as_of if period.kind == "plan" else period.starts_on
    lone = kind in ("plan", "day")
    before, after = ("", "") if lone else neighbours(kind, at)
    return {
        "month_url": query(request, period=f"{today:%Y-%m}" if at.year == today.year else f"{at.year}-12"),
        "quarter_name": rollup.name_of(period) if kind == "quarter" else "",
        "quarter_url": query(request, period=quarter_shown(at, today)),
        "year_url": query(request, period=f"{at:%Y}"),
        "plan_url": query(request, period=rollup.PLAN),
        "day": period.as_of.isoformat() if kind == "day" else "",
        "today": today.isoformat(),
        "kept": [(k, v) for k, v in request.GET.items() if k in ("status", "by")],
        "before_url": query(request, period=before) if before else "",
        "after_url": query(request, period=after)
        if after and at <= today and not ends_after(kind, at, today)
        else "",
    }


def is_own(row: Shown) -> bool:
    """A figure of the product, or a target that the district set itself: listed apart from the plans."""
    return row.target is None or row.target.document.key == "own"


def ends_after(kind: str, starts_on: date, today: date) -> bool:
    """Whether the period holds today, so that none comes after it yet."""
    if kind == "quarter":
        return quarter_of(starts_on) == quarter_of(today)
    return starts_on.year == today.year and (kind == "year" or starts_on.month == today.month)


def quarter_shown(starts_on: date, today: date) -> str:
    """The quarter to go to from a period: that of its first day; from the present year the present one."""
    day = today if starts_on.year == today.year and starts_on.month == 1 else starts_on
    year, quarter = quarter_of(day)
    return f"{year}-Q{quarter}"


def documents(rows: list[Shown]) -> list:
    return list({row.target.document_id: row.target.document for row in rows if row.target}.values())


def one(request, district: str, pk: int | None, key: str) -> Shown:
    """A target, or a figure of the product, in the chosen snapshot; NotFound else."""
    snapshot, streets = asked_for(request), Street.objects.annotate(served=serves(request.actor))
    about = {"on": timezone.localdate(), "veiled": unannounced.veiled_metrics(request.actor, snapshot)}
    if pk is not None:
        found = board(snapshot, district, only=pk, streets=streets, **about).rows
    elif key in OWN or key in CITY:
        found = board(snapshot, district, metric=key, streets=streets, **about).rows
        if not found and snapshot and (asks := snapshots.target_that_asks(snapshot, key)):
            found = board(snapshot, district, only=asks, streets=streets, **about).rows
    else:
        found = []
    if not found:
        raise NotFound(_("这个时间没有这个指标的数"))
    return found[0]


def serves(actor) -> Exists:
    """Whether a street is one of those that the actor serves."""
    return Exists(
        StreetGrant.objects.filter(
            content_object=OuterRef("pk"), user=actor.user, permission__codename="serve_street"
        )
    )


def rows_of_streets(actor, right: str, streets: list[Street]) -> list[int] | None:
    """The streets whose rows the actor may see: None for all, an empty list for none."""
    reaches = actor.reaches(right)
    if Reach.ALL in reaches:
        return None
    return [street.pk for street in streets if street.served] if Reach.STREETS in reaches else []


def street_limits(row: Shown, actor, streets: list[Street], wanted: int | None = None) -> list[int] | None:
    """Which streets' rows belong to the figure and may be seen; None for all."""
    limits = rows_of_streets(actor, FAMILY_OF[row.metric.key].right, streets)
    if row.target is not None and (row.target.scope == "street" or row.kind == "streets"):
        asked = promises.counted_streets(row.target, streets)
        limits = asked if limits is None else [s for s in limits if s in asked]
    if wanted is not None:
        limits = [wanted] if limits is None or wanted in limits else []
    return limits


@require_GET
def target(request, district, pk=None, key=""):
    """One figure: number, clause, method, street by street, and the rows behind it."""
    request.actor.demand("target.view")
    if request.district.is_city and pk is not None:
        return redirect("city-target", district, pk)
    row = one(request, district, pk, key)
    context = {
        "row": row,
        "snapshot": row.snapshot,
        "differs": differs(request, row.snapshot),
        "newer_url": newer_url(request, row),
        "period": row.period.code,
        "may_roll_up": request.actor.may("target.roll_up"),
        "list_url": reverse("targets", args=[district]) + back(request),
    }
    if row.attested:
        context |= proofs_context(request, row.target)
    if row.counted and row.value is not None:
        context |= rows_context(request, row)
    template = (
        "targets/target_drawer.html"
        if request.headers.get("HX-Target") == "drawer"
        else "targets/target.html"
    )
    return render(request, template, context)


def differs(request, snapshot: Snapshot | None) -> list[dict]:
    if snapshot is None or not snapshot.differs:
        return []
    return unannounced.told_differences(snapshot, unannounced.veiled_metrics(request.actor, snapshot))


def newer_url(request, row: Shown) -> str:
    """Where the period's newest figure stands, when the address asked for an older one; else ''."""
    if "snapshot" not in request.GET or row.snapshot is None:
        return ""
    if getattr(row.snapshot, "newest", row.snapshot.pk) == row.snapshot.pk:
        return ""
    return row.url + query(request, snapshot="", rows="", page="", period=row.period.code)


def back(request) -> str:
    period = request.GET.get("period", "")
    return f"?{urlencode({'period': period})}" if period else ""


def rows_context(request, row: Shown) -> dict:
    family, metric, period = FAMILY_OF[row.metric.key], row.metric, row.period
    values = rollup.parameter_values(period.as_of)
    if family.missing(metric, values):
        return {"hidden": _("缺参数，没有可列的行")}
    streets = row.streets
    limits = street_limits(row, request.actor, streets)
    if limits == []:
        return {"hidden": _("你的角色看不到这些行，只看得到数")}
    wanted = {"yes": True, "no": False}.get(request.GET.get("rows", ""))
    offset = (page_number(request.GET) - 1) * ROWS_A_PAGE
    counts, others, gone, found = family.page(
        metric, period, values, streets=limits, hit=wanted, limit=ROWS_A_PAGE, offset=offset
    )
    hit = wanted if wanted is not None else bool(counts or not others)
    names = {street.pk: street.name for street in streets}
    address = row_address(family.link, request.district.slug) if family.link else None
    for line in found:
        line["street"] = names.get(line["street_id"], "")
        line["url"] = address(line["row_id"]) if address and line["row_id"] is not None else ""
        if family.personal:
            line["name"] = masked(line["name"])
        elif family.own_words:
            words = line["name"]
            line["name"] = _(words)
    address = row.url + "rows.xlsx" + query(request, rows="", before="", after="")
    return {
        "family": family,
        "family_label": _(family.label),
        "detail_label": _(family.detail_label),
        "row_label": _(family.row_label),
        "lines": found,
        "counts": counts,
        "others": others,
        "hit": hit,
        "yes_url": row.url + query(request, rows="yes", before="", after=""),
        "no_url": row.url + query(request, rows="no", before="", after=""),
        "file_url": address,
        "limited": Reach.ALL not in request.actor.reaches(family.right),
        "moved": moved(row, limits, counts, others),
        "erased": rows_file.erased_words(gone) if gone else "",
        "page": sliced(found, request.GET, size=ROWS_A_PAGE, total=counts if hit else others),
    }


def moved(row: Shown, limits, counts: int, others: int) -> str:
    """Where the records have changed since the snapshot: what they give now; else ''."""
    counts_rows = (
        row.metric.amount == "1" and row.metric.measure != "per_population" and row.kind != "streets"
    )
    if not counts_rows or (limits is not None and not (row.target and row.target.scope == "street")):
        return ""
    if row.metric.measure == "count":
        return "" if row.value.numerator == counts else str(counts)
    then = (row.value.numerator, row.value.denominator)
    return "" if then == (counts, counts + others) else f"{counts} / {counts + others}"


@require_GET
def target_rows(request, district, pk=None, key=""):
    """The rows behind a figure as a spreadsheet: those that count and those that do not."""
    request.actor.demand("target.view")
    row = one(request, district, pk, key)
    if not row.counted or row.value is None:
        raise NotFound(_("这个指标没有可列的行"))
    family, streets = FAMILY_OF[row.metric.key], row.streets
    limits = street_limits(row, request.actor, streets)
    if limits == []:
        raise NotFound(_("你的角色看不到这些行，只看得到数"))
    values = rollup.parameter_values(row.period.as_of)
    lines = family.rows(row.metric, row.period, values, streets=limits)
    content = rows_file.workbook(
        title=row.label,
        family=family,
        lines=lines,
        streets={street.pk: street.name for street in streets},
        snapshot=row.snapshot,
        figure=f"{row.big} {row.small}".strip(),
        erased=family.erased_rows(row.period, values, limits),
    )
    response = HttpResponse(
        content, content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    )
    name = f"{row.metric.key}-{row.period.as_of:%Y%m%d}.xlsx"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_POST
def roll_up_now(request, district):
    """Computes the chosen period again and says whether the same came out."""
    period = rollup.period_named(request.POST.get("period", ""), on=timezone.localdate())
    before = snapshots.latest_of(period)
    snapshot = rollup.roll_up(period, actor=request.actor)
    if before is not None and before.pk == snapshot.pk:
        tell(request, _("重算了一次，数字和指纹都一样"))
    elif snapshot.differs:
        tell(request, _("重算了一次，有 %(n)s 个数变了，已存成新的快照") % {"n": len(snapshot.differs)})
    else:
        tell(request, _("算好了，数字到 %(day)s") % {"day": day_words(snapshot.as_of)})
    back_to = request.POST.get("next", "")
    home = reverse("targets", args=[district])
    return redirect(back_to if back_to.startswith(home) else f"{home}?period={request.POST['period']}")
