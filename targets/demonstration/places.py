"""Where invented things stand: around each street's middle, roughly as on the ground (WGS-84), and no real address.

Neighbourhoods have invented names and counts that add up to the street's invented residents under three.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from random import Random

from facilities.models import Population
from facilities.services import neighbourhoods
from portal.access import Actor
from portal.models.places import District, Street
from targets.demonstration.names import SOURCE
from targets.demonstration.sizes import Size

#: Code of a street -> latitude, longitude of about its middle, to a kilometre or two.
MIDDLES = {
    "310112001": (31.003, 121.415), "310112006": (31.140, 121.392), "310112008": (31.196, 121.318),
    "310112009": (31.078, 121.495), "310112101": (31.110, 121.378), "310112102": (31.155, 121.350),
    "310112103": (31.068, 121.405), "310112106": (31.210, 121.280), "310112107": (31.175, 121.385),
    "310112108": (31.105, 121.425), "310112110": (31.045, 121.465), "310112112": (31.025, 121.365),
    "310112114": (31.075, 121.520), "310112501": (31.070, 121.365),
    "310116001": (30.715, 121.345), "310116101": (30.895, 121.165), "310116102": (30.885, 121.015),
    "310116103": (30.805, 121.285), "310116104": (30.885, 121.325), "310116105": (30.835, 121.195),
    "310116107": (30.795, 121.185), "310116109": (30.735, 121.310), "310116112": (30.805, 121.400),
    "310116113": (30.755, 121.365), "310116503": (30.815, 121.330),
    "310115004": (31.226, 121.525), "310115005": (31.235, 121.515), "310115007": (31.182, 121.495),
    "310115008": (31.208, 121.525), "310115009": (31.175, 121.480), "310115010": (31.195, 121.515),
    "310115011": (31.258, 121.575), "310115012": (31.252, 121.570), "310115013": (31.240, 121.545),
    "310115014": (31.265, 121.590), "310115015": (31.140, 121.510), "310115016": (31.205, 121.550),
    "310115103": (31.190, 121.700), "310115104": (31.350, 121.570), "310115105": (31.180, 121.555),
    "310115110": (31.240, 121.715), "310115114": (31.210, 121.655), "310115117": (31.275, 121.680),
    "310115120": (31.255, 121.620), "310115121": (31.300, 121.600), "310115123": (31.325, 121.625),
    "310115125": (31.205, 121.600), "310115130": (31.145, 121.500), "310115131": (31.050, 121.760),
    "310115132": (31.110, 121.580), "310115133": (31.025, 121.645), "310115134": (30.970, 121.730),
    "310115136": (31.130, 121.575), "310115137": (31.055, 121.590), "310115139": (31.100, 121.755),
    "310115140": (30.905, 121.820), "310115141": (31.040, 121.700), "310115142": (30.965, 121.860),
    "310115143": (30.975, 121.815), "310115144": (31.030, 121.835), "310115145": (30.905, 121.925),
    "310115401": (30.880, 121.850), "310115402": (31.000, 121.900), "310115403": (31.090, 121.830),
    "310115501": (31.330, 121.595), "310115502": (31.260, 121.605), "310115503": (31.200, 121.595),
}  # fmt: skip
#: How far things lie from the middle, in degrees (a hundredth is about a kilometre), by the kind of street.
SPREAD = {"subdistrict": 0.006, "town": 0.013, "park": 0.008, "farm": 0.012}
#: How many neighbourhoods a street has.
MANY = {"subdistrict": (8, 14), "town": (10, 18), "park": (2, 3), "farm": (1, 2)}
UNPLACED = 0.03
FIRST, SECOND = "春夏秋冬东南西北金银朝晨", "禾柳杉竹荷菊兰桂松枫棠萍"


def point(street: Street, random: Random, district: District) -> tuple[Decimal, Decimal]:
    """A place in the street; within the district's surroundings."""
    latitude, longitude = MIDDLES[street.code]
    spread = SPREAD[street.kind]
    south, west, north, east = district.surroundings
    latitude = min(north, max(south, random.gauss(latitude, spread)))
    longitude = min(east, max(west, random.gauss(longitude, spread * 1.15)))
    return tuple(Decimal(f"{value:.6f}") for value in (latitude, longitude))


def put(rows: list[dict], size: Size, seed: str, district: District) -> None:
    """Gives the register's rows their points, by a chance of their own; a few stay without."""
    random = Random(f"{seed}/{size.slug}/points")
    for row in rows:
        latitude, longitude = point(row["street"], random, district)
        if random.random() >= UNPLACED:
            row |= {"latitude": latitude, "longitude": longitude}


def make_neighbourhoods(size: Size, *, today: date, seed: str, actor: Actor) -> int:
    """Neighbourhoods of every street with the children of the last counted year shared out among them."""
    random = Random(f"{seed}/{size.slug}/neighbourhoods")
    last = today.year - 1
    children = dict(
        Population.objects.in_force().filter(year=last, kind="under_three").values_list("street_id", "count")
    )
    rows = []
    for street in Street.objects.order_by("code"):
        weights = [random.uniform(0.5, 1.5) for _n in range(random.randint(*MANY[street.kind]))]
        names = random.sample([f"示例{a}{b}" for a in FIRST for b in SECOND], len(weights))
        left = children.get(street.pk, 0)
        for place, (name, weight) in enumerate(zip(names, weights, strict=True)):
            share = left if place == len(weights) - 1 else round(left * weight / sum(weights[place:]))
            left -= share
            latitude, longitude = point(street, random, actor.district)
            rows.append(
                {
                    "street": street,
                    "name": f"{name}{'村' if street.kind == 'farm' else '居委'}",
                    "latitude": latitude,
                    "longitude": longitude,
                    "under_three": share,
                    "source": SOURCE,
                    "counted_on": date(last, 12, 31),
                }
            )
    return len(neighbourhoods.enter_many(rows, actor=actor, on=today))
