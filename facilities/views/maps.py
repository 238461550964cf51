"""The map: facilities and neighbourhoods as points of a drawing that the server makes. No map server is asked, unless
the installation names a tile address (settings MAP_TILES); then its tiles lie below."""

from __future__ import annotations

import math
from dataclasses import dataclass
from urllib.parse import urlsplit

from csp.decorators import csp_update
from django.conf import settings
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from facilities import circle as reading
from facilities import crowd
from facilities.forms.places import MapForm
from facilities.models import Facility
from facilities.models.credit import listing
from facilities.rules import geo
from facilities.views.circle import kinds, measure
from facilities.views.supply_tabs import tabs
from portal.models.places import Street

LISTED = 300
#: Of a label: the height of a line, and half a character, in pixels.
LINE, HALF = 15, 7


#: The shapes by their class: a kind of facility, what is near a neighbourhood. Around (0, 0), 5 pixels wide each way.
SHAPES = {
    "k-integrated_kindergarten": "M-5-5H5V5H-5Z",
    "k-nursery": "M-5.5 0a5.5 5.5 0 1 0 11 0a5.5 5.5 0 1 0 -11 0Z",
    "k-inclusive_site": "M0-6.5L6 4.5H-6Z",
    "k-baby_house": "M0-7L7 0L0 7L-7 0Z",
    "k-guidance_point": "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0Z",
    "n-in": "M-2.5 0a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0 -5 0Z",
    "n-across": "M-4.5-4.5H4.5V4.5H-4.5Z",
    "n-out": "M-4.5-4.5L4.5 4.5M4.5-4.5L-4.5 4.5",
}


@dataclass(frozen=True)
class Drawn:
    """A thing on the map: where, what it is called, its class and shape."""

    x: float
    y: float
    name: str
    css: str

    @property
    def path(self) -> str:
        return SHAPES[self.css]


def point_of(row) -> geo.Point:
    """A row's point in the datum of the tiles, so that points and tiles fit."""
    point = geo.Point(float(row.latitude), float(row.longitude))
    return geo.to_datum(point, settings.MAP_TILES_DATUM) if settings.MAP_TILES else point


def tile_url(column: int, row: int, zoom: float) -> str:
    words = {"{z}": int(zoom), "{x}": column, "{y}": row}
    url = settings.MAP_TILES
    for word, value in words.items():
        url = url.replace(word, str(value))
    return url


def origin_of(address: str) -> str:
    """Scheme and host of the tiles' address: all that the page may load from elsewhere."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") and parts.netloc else ""


@require_GET
def district_map(request, district):
    """The district, or one street of it, with a list beside the drawing."""
    origin = origin_of(settings.MAP_TILES)
    return csp_update({"img-src": [origin]})(shown)(request, district) if origin else shown(request, district)


def shown(request, district):
    request.actor.demand("residents.view")
    on = timezone.localdate()
    streets = list(Street.objects.order_by("code"))
    names = {street.pk: street.name for street in streets}
    form = MapForm(request.GET, streets=Street.objects.all())
    form.is_valid()
    street = form.cleaned_data.get("street")
    choices = dict(kinds())
    kind = form.cleaned_data.get("kind", "")
    kind = kind if kind in choices else ""
    layers = form.cleaned_data.get("layer") or ["facilities", "neighbourhoods"]

    rows = Facility.objects.operating().only(
        "code", "name", "kind", "inclusive", "street", "latitude", "longitude"
    )
    if street is not None:
        rows = rows.filter(street=street)
    if kind == "inclusive":
        rows = rows.filter(inclusive=True)
    elif kind:
        rows = rows.filter(kind=kind)
    within = crowd.by_street(rows)
    number = sum(one.placed for one in within.values())
    many = number > crowd.MOST
    with_points = rows.filter(latitude__isnull=False).annotate(listing=listing()).order_by("code")
    placed = [] if many else list(with_points)
    crowds = crowd.crowds(rows) if many else []
    listed = list(with_points[:LISTED]) if many else placed[:LISTED]
    listed = listed if street is not None else []
    metres = measure(on).get(reading.METRES)
    radius = float(metres.value) if metres else 0.0
    around = reading.reached(on, radius, street) if metres else []

    points = {id(row): point_of(row) for row in (*placed, *crowds, *(r.neighbourhood for r in around))}
    opened = set(
        Facility.objects.allowed(request.actor, "facility.view")
        .filter(pk__in=[row.pk for row in listed])
        .values_list("pk", flat=True)
        if listed
        else ()
    )
    base = reverse("facility", args=[district, 0])[:-2]
    drawing = None
    if points:
        frame = geo.frame(list(points.values()), whole=bool(settings.MAP_TILES))
        shown_names = names if street is None else {}
        drawing = draw(frame, placed, crowds, around, points, kind, layers, radius, shown_names)
        if many and street is None:
            middles = {pk: one for pk, one in within.items() if one.latitude is not None}
            drawing["labels"] = apart(
                names, {pk: (one.placed, *frame.place(point_of(one))) for pk, one in middles.items()}
            )
    words = dict(Facility.Kind.choices)
    return render(
        request,
        "facilities/map.html",
        {
            "tabs": tabs(request, "map"),
            "street": street,
            "streets": streets,
            "kind": kind,
            "kinds": list(choices.items()),
            "layers": layers,
            "drawing": drawing,
            "metres": metres,
            "tiles_by": settings.MAP_TILES_CREDIT if settings.MAP_TILES else "",
            "legend": [
                *(
                    (f"k-{key}", words[key], SHAPES[f"k-{key}"])
                    for key in (*reading.CARE_KINDS, "guidance_point")
                ),
                ("n-in", _("居委，圈内有机构"), SHAPES["n-in"]),
                ("n-across", _("居委，只有邻区的机构"), SHAPES["n-across"]),
                ("n-out", _("居委，圈内没有机构"), SHAPES["n-out"]),
            ],
            "facilities": [
                {
                    "row": row,
                    "kind": words[row.kind],
                    "street": names[row.street_id],
                    "url": f"{base}{row.pk}/" if row.pk in opened else "",
                }
                for row in listed
            ],
            "number": number,
            "many": many,
            "unplaced": sum(one.all for one in within.values()) - number,
            "neighbourhoods": [
                (row.neighbourhood, row.covered(kind), row.only_across(kind)) for row in around
            ]
            if street is not None
            else [],
            "counts": [
                {
                    "street": one,
                    "within": within.get(one.pk, crowd.InStreet()),
                    "around": reading.counted(
                        [r for r in around if r.neighbourhood.street_id == one.pk], kind
                    ),
                }
                for one in streets
            ]
            if street is None
            else [],
        },
    )


def apart(
    names: dict[int, str], middles: dict[int, tuple[int, float, float]]
) -> list[tuple[float, float, str]]:
    """Names of the streets in the middle of their points (street -> how many, x, y), those of many points first; one
    that would lie on another is left out (the list beside has it)."""
    labels: list[tuple[float, float, str]] = []
    for street, (_number, x, y) in sorted(middles.items(), key=lambda pair: (-pair[1][0], pair[0])):
        name = names[street]
        if all(abs(y - v) > LINE or abs(x - u) > HALF * (len(name) + len(other)) for u, v, other in labels):
            labels.append((round(x, 1), round(y, 1), name))
    return labels


def draw(frame, placed, crowds, around, points, kind, layers, radius, names) -> dict:
    """Everything that the SVG places, in pixels."""
    things, rings, labels, groups = [], [], [], []
    if "neighbourhoods" in layers:
        for row in around:
            x, y = frame.place(points[id(row.neighbourhood)])
            state = "n-in" if row.covered(kind) else "n-across" if row.only_across(kind) else "n-out"
            things.append(Drawn(x, y, row.neighbourhood.name, state))
    if "facilities" in layers:
        for row in placed:
            x, y = frame.place(points[id(row)])
            things.append(Drawn(x, y, row.name, f"k-{row.kind}"))
        for row in crowds:
            x, y = frame.place(points[id(row)])
            groups.append((x, y, round(7 + 3 * math.log10(row.count), 1), row.count))
    if "circles" in layers:
        for row in placed:
            if row.kind != "guidance_point":
                point = points[id(row)]
                x, y = frame.place(point)
                rings.append((x, y, round(frame.pixels(radius, point.latitude), 1)))
    if names:
        found: dict[int, list[tuple[float, float]]] = {}
        for row in (*(r.neighbourhood for r in around), *placed):
            found.setdefault(row.street_id, []).append(frame.place(points[id(row)]))
        labels = apart(
            names,
            {
                street: (len(at), sum(x for x, _y in at) / len(at), sum(y for _x, y in at) / len(at))
                for street, at in found.items()
            },
        )
    middle = next(iter(points.values())).latitude
    bar = next(
        m
        for m in (100, 200, 500, 1000, 2000, 5000, 10_000, 20_000)
        if frame.pixels(m, middle) >= 60 or m == 20_000
    )
    return {
        "width": frame.width,
        "height": frame.height,
        "things": things,
        "rings": rings,
        "groups": groups,
        "labels": labels,
        "bar": round(frame.pixels(bar, middle), 1),
        "bar_y": frame.height - 16,
        "bar_words": _("%(n)d 公里") % {"n": bar // 1000} if bar >= 1000 else _("%(n)d 米") % {"n": bar},
        "tiles": [(tile_url(column, row, frame.zoom), x, y) for column, row, x, y in frame.tiles()]
        if settings.MAP_TILES
        else [],
    }
