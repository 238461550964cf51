"""Reading the history: a facility's file as it was known at the end of a day. What differs: facilities/differences.py.

What was known counts, not what was true: a row entered in July about May is not in the file of June. Each table is
one query by its index, whatever the number of rows; see docs/history.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import (
    CareClassHistory,
    CertificateHistory,
    EmergencyDrillHistory,
    EmergencyPlanHistory,
    EmploymentHistory,
    Facility,
    FacilityHistory,
    FacilityTransitionHistory,
    FeeHistory,
    FeeNoticeHistory,
    InsuranceHistory,
    MenuHistory,
    OpeningHoursHistory,
    OperatorHistory,
    PermitHistory,
    PremisesAreaHistory,
    PremisesHistory,
    RecordCheckHistory,
    RoomHistory,
    SiteHistory,
    StaffMember,
    TrainingRecordHistory,
)
from portal.rules.machine import marked
from portal.templatetags.ui import masked

DELETED = "delete"


#: Parts of the file that not everybody sees who sees the facility.
PEOPLE, PLANS = "staff.view", "emergency.view"


@dataclass(frozen=True)
class Noun:
    """One table of the file: its history, its words, how a row is called, and the right that it asks for beyond that
    to see the facility."""

    key: str
    model: type[Model]
    label: str
    name: Callable[[dict], str]
    right: str = ""
    silent: frozenset[str] = frozenset()


def chosen(model, field_name: str, value) -> str:
    return str(dict(model._meta.get_field(field_name).flatchoices).get(value, value))


NOUNS = (
    Noun("facility", FacilityHistory, marked("登记信息"), lambda row: row["name"]),
    Noun("operator", OperatorHistory, marked("举办者"), lambda row: row["name"]),
    Noun(
        "transitions",
        FacilityTransitionHistory,
        marked("状态变更"),
        lambda row: f"{row['on'].isoformat()} {chosen(FacilityTransitionHistory, 'target', row['target'])}",
    ),
    Noun("premises", PremisesHistory, marked("场所"), lambda row: row["name"]),
    Noun(
        "areas",
        PremisesAreaHistory,
        marked("面积"),
        lambda row: f"{chosen(PremisesAreaHistory, 'use', row['use'])} {row['floor']}",
    ),
    Noun("classes", CareClassHistory, marked("班级"), lambda row: row["name"]),
    Noun(
        "fees",
        FeeHistory,
        marked("收费"),
        lambda row: f"{chosen(FeeHistory, 'item', row['item'])} {row['note']}".strip(),
    ),
    Noun("notices", FeeNoticeHistory, marked("收费公示"), lambda row: row["published_on"].isoformat()),
    Noun(
        "insurance",
        InsuranceHistory,
        marked("保险"),
        lambda row: f"{chosen(InsuranceHistory, 'kind', row['kind'])} {row['number']}",
    ),
    Noun(
        "permits",
        PermitHistory,
        marked("证照"),
        lambda row: f"{chosen(PermitHistory, 'kind', row['kind'])} {row['name']} {row['number']}".replace(
            "  ", " "
        ),
    ),
    Noun("menus", MenuHistory, marked("食谱"), lambda row: row["week"].isoformat()),
    Noun("site", SiteHistory, marked("照护方式"), lambda row: chosen(SiteHistory, "siting", row["siting"])),
    Noun("rooms", RoomHistory, marked("照护室"), lambda row: row["name"]),
    Noun(
        "hours",
        OpeningHoursHistory,
        marked("开放时间"),
        lambda row: f"{chosen(OpeningHoursHistory, 'weekday', row['weekday'])} {row['opens']:%H:%M}",
    ),
    Noun(
        "plans",
        EmergencyPlanHistory,
        marked("应急预案"),
        lambda row: (
            _("%(kind)s 第 %(n)d 版")
            % {"kind": chosen(EmergencyPlanHistory, "kind", row["kind"]), "n": row["version"]}
        ),
        right=PLANS,
    ),
    Noun(
        "drills",
        EmergencyDrillHistory,
        marked("应急演练"),
        lambda row: f"{row['held_on'].isoformat()} {row['scenario']}",
        right=PLANS,
    ),
    Noun(
        "employments",
        EmploymentHistory,
        marked("从业人员"),
        lambda row: f"{chosen(EmploymentHistory, 'post', row['post'])} {row['staff_name']}",
        right=PEOPLE,
    ),
    Noun(
        "certificates",
        CertificateHistory,
        marked("证书"),
        lambda row: f"{chosen(CertificateHistory, 'kind', row['kind'])} {row['staff_name']}",
        right=PEOPLE,
        silent=frozenset({"number"}),
    ),
    Noun(
        "checks",
        RecordCheckHistory,
        marked("违法犯罪记录查询"),
        lambda row: f"{row['checked_on'].isoformat()} {row['staff_name']}",
        right=PEOPLE,
    ),
    Noun(
        "training",
        TrainingRecordHistory,
        marked("培训"),
        lambda row: f"{row['course']} {row['staff_name']}",
        right=PEOPLE,
    ),
)
BY_KEY = {noun.key: noun for noun in NOUNS}
#: What hangs on the facility itself, and what only a 宝宝屋 has.
OF_FACILITY = ("transitions", "premises", "classes", "fees", "notices", "insurance", "permits", "menus")
OF_SITE = ("site", "rooms", "hours")
#: What hangs on people at work; of each the day from which it could be known.
OF_STAFF = {"certificates": "issued_on", "checks": "checked_on", "training": "done_on"}


def end_of(day: date) -> datetime:
    """The first moment that no longer belongs to the day, here."""
    return timezone.make_aware(datetime.combine(day + timedelta(1), time.min))


def known(model: type[Model], before: datetime, **of) -> list[dict]:
    """The rows of a table that existed at a moment, as dictionaries, by what was written until then.

    of: by what they are asked for, as the index has it. The last state of each row wins; what was deleted is left out.
    """
    rows = (
        model.objects.filter(**of, pgh_created_at__lt=before)
        .order_by("pgh_obj_id", "-pgh_created_at", "-pgh_id")
        .distinct("pgh_obj_id")
    )
    return [row for row in rows.values() if row["pgh_label"] != DELETED]


@dataclass
class File:
    """A facility's file at the end of a day: {noun: [row]}; no rows at all where nothing was known yet."""

    day: date
    rows: dict[str, list[dict]] = field(default_factory=dict)

    @property
    def facility(self) -> dict | None:
        return next(iter(self.rows["facility"]), None)


def rights_of(actor, facility: Facility) -> frozenset[str]:
    """Which of the parts that ask for a right of their own the actor may see of a facility."""
    return frozenset(
        right
        for right in (PEOPLE, PLANS)
        if Facility.objects.allowed(actor, right).filter(pk=facility.pk).exists()
    )


def file_on(facility_id: int, day: date, *, rights: frozenset[str] = frozenset()) -> File:
    """What was known of a facility at the end of the day; of people and plans with their rights only."""
    before = end_of(day)
    found = File(day, {noun.key: [] for noun in NOUNS if not noun.right or noun.right in rights})
    found.rows["facility"] = known(FacilityHistory, before, pgh_obj=facility_id)
    if found.facility is None:
        return found
    if found.facility["operator_id"]:
        found.rows["operator"] = known(OperatorHistory, before, pgh_obj=found.facility["operator_id"])
    of_site = OF_SITE if found.facility["kind"] == "baby_house" else ()
    for key in (*OF_FACILITY, *of_site):
        found.rows[key] = known(BY_KEY[key].model, before, facility=facility_id)
    places = [row["id"] for row in found.rows["premises"]]
    if places:
        found.rows["areas"] = known(PremisesAreaHistory, before, premises__in=places)
    if PLANS in rights:
        found.rows["plans"] = known(EmergencyPlanHistory, before, facility=facility_id)
        plans = [row["id"] for row in found.rows["plans"]]
        if plans:
            found.rows["drills"] = known(EmergencyDrillHistory, before, plan__in=plans)
    if PEOPLE in rights:
        work = known(EmploymentHistory, before, facility=facility_id)
        found.rows["employments"] = [
            row
            for row in work
            if row["starts_on"] <= day and (row["ends_on"] is None or row["ends_on"] >= day)
        ]
        people = {row["staff_id"] for row in found.rows["employments"]}
        for key, from_day in OF_STAFF.items() if people else ():
            found.rows[key] = known(BY_KEY[key].model, before, staff__in=people, **{f"{from_day}__lte": day})
        names = dict(StaffMember.objects.filter(pk__in=people).values_list("pk", "name"))
        for row in (row for key in ("employments", *OF_STAFF) for row in found.rows[key]):
            row["staff_name"] = masked(names.get(row["staff_id"], ""))
    return found


def later_entered(facility_id: int, day: date) -> list[dict]:
    """Changes of state that held on the day but were entered only after it: the file of the day does not have them."""
    return list(
        FacilityTransitionHistory.objects.filter(
            facility=facility_id, on__lte=day, pgh_created_at__gte=end_of(day), pgh_label="insert"
        )
        .order_by("on", "pgh_id")
        .values("on", "source", "target", "pgh_created_at")
    )


def first_known(facility_id: int) -> datetime | None:
    """When the facility's history begins."""
    rows = FacilityHistory.objects.filter(pgh_obj=facility_id).order_by("pgh_created_at")
    return rows.values_list("pgh_created_at", flat=True).first()
