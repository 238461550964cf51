"""What the city's own targets ask of every district, street by street; nobody's promise below the city."""

from dataclasses import dataclass

from guidance.rules import places as places_rules
from guidance.rules import services as services_rules
from portal.rules.machine import marked
from targets.metrics.base import Family, Metric
from targets.metrics.supply import OPERATING

TOWN = "f.is_street"

#: One row per street, with what is there on the day. Parks and farms have rows, but are no 街镇.
STREETS = Family(
    key="city_streets",
    label=marked("街镇"),
    row_label=marked("个街镇"),
    right="target.view",
    detail_label=marked("常住人口"),
    sql=f"""
        SELECT s.id AS row_id, s.id AS street_id, s.code, s.name, s.is_street, p.count AS residents,
               coalesce(p.count::text, '') AS detail, o.inclusive, g.stations, g.friendly, g.centres,
               EXISTS (
                   SELECT 1 FROM guidance_guidancesession v
                   WHERE v.street_id = s.id AND v.given_by = '{services_rules.STATION}' AND v.struck_on IS NULL
                     AND v.served_on BETWEEN %(year_start)s AND %(as_of)s
               ) AS served
        FROM portal_street s
        LEFT JOIN (
            SELECT street_id, count(*) FILTER (WHERE inclusive OR kind = 'inclusive_site') AS inclusive
            FROM ({OPERATING}) x WHERE kind <> 'guidance_point' GROUP BY street_id
        ) o ON o.street_id = s.id
        LEFT JOIN (
            SELECT street_id, count(*) FILTER (WHERE kind = '{places_rules.STATION}') AS stations,
                   count(*) FILTER (WHERE kind = '{places_rules.FRIENDLY}') AS friendly,
                   count(*) FILTER (WHERE kind = '{places_rules.CENTRE}') AS centres
            FROM guidance_guidanceplace
            WHERE opened_on <= %(as_of)s AND (closed_on IS NULL OR closed_on > %(as_of)s) GROUP BY street_id
        ) g ON g.street_id = s.id
        LEFT JOIN (
            SELECT DISTINCT ON (street_id) street_id, count FROM facilities_population
            WHERE kind = 'total' AND state = 'in_force' AND year <= extract(year FROM %(as_of)s::date)
            ORDER BY street_id, year DESC
        ) p ON p.street_id = s.id
    """,
    metrics=(
        Metric(
            "streets_with_inclusive_site",
            marked("有普惠性托育点的街镇"),
            marked("至少有 1 家在办普惠机构的街镇 ÷ 全部街镇，不计园区、农场"),
            among=TOWN,
            hit="f.inclusive >= 1",
        ),
        Metric(
            "streets_with_guidance",
            marked("指导站提供服务的街镇"),
            marked("有在用的家庭科学育儿指导站、今年指导站登记过服务的街镇 ÷ 全部街镇，不计园区、农场"),
            among=TOWN,
            hit="f.stations >= 1 AND f.served",
        ),
        Metric(
            "streets_with_circle",
            marked("示范点和儿童服务中心都有的街镇"),
            marked("儿童友好社区示范点、儿童服务中心都有的街镇 ÷ 全部街镇，不计园区、农场"),
            among=TOWN,
            hit="f.friendly >= 1 AND f.centres >= 1",
        ),
        Metric(
            "residents_total",
            marked("常住人口"),
            marked("各街镇最近一年的常住人口之和"),
            "count",
            hit="f.residents IS NOT NULL",
            amount="f.residents",
            unit=marked("人"),
        ),
        Metric(
            "residents_known",
            marked("有常住人口数的街镇"),
            marked("登记了常住人口的街镇 ÷ 全部街镇，不计园区、农场"),
            among=TOWN,
            hit="f.residents IS NOT NULL",
        ),
    ),
)


@dataclass(frozen=True)
class Over:
    """Of a city's target whose figure is one metric's sum over another's: per so many; `known`: a share of streets that
    has to be whole, for the other to be whole."""

    label: str
    metric: str
    known: str
    per: int


OVER = {
    "places_per_street": Over(marked("每千人口托位数"), "residents_total", "residents_known", 1000),
}

FAMILIES = (STREETS,)
