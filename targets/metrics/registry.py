"""All metrics by key."""

from targets.metrics import inspections, supply, tasks, workforce
from targets.metrics.base import Family, Metric

FAMILIES: tuple[Family, ...] = (
    *supply.FAMILIES,
    *workforce.FAMILIES,
    *inspections.FAMILIES,
    *tasks.FAMILIES,
)
METRICS: dict[str, Metric] = {metric.key: metric for family in FAMILIES for metric in family.metrics}
FAMILY_OF: dict[str, Family] = {metric.key: family for family in FAMILIES for metric in family.metrics}
#: The product's own figures: no plan asks for them as a target, every district wants to know them.
OWN = ("places_per_street", "sites_per_street", "orders_in_time", "task_reports_in_time")
