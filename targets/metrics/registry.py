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
