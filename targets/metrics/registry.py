"""All metrics by key."""

from targets.metrics import (
    children,
    city,
    cycle,
    emergency,
    guidance,
    inspections,
    papers,
    quality,
    supply,
    support,
    tasks,
    workforce,
)
from targets.metrics.base import Family, Metric

FAMILIES: tuple[Family, ...] = (
    *supply.FAMILIES,
    *workforce.FAMILIES,
    *inspections.FAMILIES,
    *emergency.FAMILIES,
    *guidance.FAMILIES,
    *support.FAMILIES,
    *tasks.FAMILIES,
    *papers.FAMILIES,
    *children.FAMILIES,
    *quality.FAMILIES,
    *city.FAMILIES,
    *cycle.FAMILIES,
)
METRICS: dict[str, Metric] = {metric.key: metric for family in FAMILIES for metric in family.metrics}
FAMILY_OF: dict[str, Family] = {metric.key: family for family in FAMILIES for metric in family.metrics}
#: The product's own figures: no plan asks for them as a target, the month's report needs them.
OWN = (
    "places_per_street",
    "sites_per_street",
    "drawn_visits_made",
    "findings_found",
    "orders_closed",
    "orders_overdue",
    "orders_in_time",
    "task_reports_in_time",
)
#: What the city's targets add up over the districts: in every snapshot, without a promise of the district's.
CITY = (
    "places_per_street",
    "inclusive_sites_opened",
    "integrated_kindergarten_share",
    "nursing_rooms",
    "inclusive_model_facilities",
    "streets_with_support",
    "named_districts_reported",
    "inclusive_supply_rising",
    "lawful_open_evaluated",
    *(metric.key for metric in city.STREETS.metrics),
)
