"""A visit's code: made by the team for today, read by anybody who scans it at the facility, without sign-in; and the
facility's rating of the visit. See docs/visit-code.md."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Avg, Count
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import Inspection, Inspector, LicencePhoto, TeamMember, VisitCode, VisitRating
from inspections.rules import visit_codes as rules
from inspections.services import joint
from inspections.services.answers import PHOTO_TYPES, demand_member, lock
from inspections.services.checklists import items_of
from portal.access import Actor
from portal.errors import Conflict, Gone, NotFound, Refused
from portal.models.places import District
from portal.services import audit, parameters
from portal.services.files import store_file

SALT = "inspections.visit_code"
RATING_DAYS = "inspection.rating_days"
#: Whom the facility calls when it doubts who is at its door.
PHONE = "inspection.bureau_phone"
#: A phone takes the codes of so many days along, today among them: as long as it stays unlocked without a network
#: (seal.js).
DAYS_ALONG = 3
#: The states in which a team is expected or at the facility.
SHOWN = ("due", "under_way", "signed")


def make(inspection: Inspection, *, actor: Actor, now: datetime | None = None) -> VisitCode:
    """The code of today, by one of the team; asked for again, the same. Conflict for a visit that is over."""
    inspection = lock(inspection)
    demand_member(inspection, actor)
    now = now or timezone.now()
    if inspection.state not in SHOWN:
        raise Conflict(_("检查 %(number)s 已经结束，不用再出示检查码") % {"number": inspection}, code="state")
    made, new = VisitCode.objects.get_or_create(
        inspection=inspection,
        day=timezone.localdate(now),
        defaults={"nonce": secrets.token_urlsafe(12), "made_at": now, "made_by": actor.user},
    )
    if new:
        audit.record(
            "inspections.visit_code.make", inspection, actor=actor, changes={"on": made.day.isoformat()}
        )
    return made


@transaction.atomic
def take_along(
    visits: Iterable[Inspection], *, actor: Actor, now: datetime | None = None
) -> dict[int, list[VisitCode]]:
    """The codes of today and the next days for the visits whose team the actor belongs to, for a phone that may have
    no network at the door; those there are stay. By visit; none for one that is over."""
    actor.demand("field.use")
    now = now or timezone.now()
    today = timezone.localdate(now)
    days = [today + timedelta(days=n) for n in range(DAYS_ALONG)]
    team = TeamMember.objects.filter(inspector__user=actor.user, dropped_at__isnull=True)
    mine = set(team.values_list("inspection", flat=True))
    shown = {one.pk: one for one in visits if one.pk in mine and one.state in SHOWN}
    there = set(VisitCode.objects.filter(inspection__in=shown, day__in=days).values_list("inspection", "day"))
    lacking = {pk: [day for day in days if (pk, day) not in there] for pk in shown}
    VisitCode.objects.bulk_create(
        [
            VisitCode(
                inspection=shown[pk],
                day=day,
                nonce=secrets.token_urlsafe(12),
                made_at=now,
                made_by=actor.user,
            )
            for pk, missing in lacking.items()
            for day in missing
        ],
        ignore_conflicts=True,
    )
    for pk, missing in lacking.items():
        if missing:
            on = [day.isoformat() for day in missing]
            audit.record("inspections.visit_code.make", shown[pk], actor=actor, changes={"on": on})
    found: dict[int, list[VisitCode]] = {}
    for code in VisitCode.objects.filter(inspection__in=shown, day__in=days).order_by("day"):
        found.setdefault(code.inspection_id, []).append(code)
    return found


def code_of(inspection: Inspection, on: date) -> VisitCode | None:
    return inspection.visit_codes.filter(day=on).first()


def token_of(code: VisitCode) -> str:
    """What the QR holds: the row and its nonce, signed with the installation's key."""
    return signing.dumps([code.pk, code.nonce], salt=SALT)


def url_of(code: VisitCode, district: District) -> str:
    return f"{settings.PORTAL_URL.rstrip('/')}/visit/{district.slug}/{token_of(code)}/"


def read(token: str) -> VisitCode:
    """The code that a token names. NotFound for one that is altered, of another district, or made by nobody."""
    wrong = NotFound(
        _("这个检查码不是本系统发出的，或者被改过。不要让来人检查，打电话问区教育局"), code="altered"
    )
    try:
        pk, nonce = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        raise wrong from None
    rows = VisitCode.objects.select_related("inspection__facility__street")
    found = rows.filter(pk=pk).first() if isinstance(pk, int) and 0 < pk < 2**63 else None
    if found is None or not secrets.compare_digest(str(nonce), found.nonce):
        raise wrong
    return found


@dataclass(frozen=True)
class Shown:
    """What the facility reads at the door."""

    inspection: Inspection
    on: date
    team: list[Inspector]
    sections: list[dict]
    phone: str

    @property
    def dialled(self) -> str:
        """The number as a phone dials it; '' where it is words."""
        number = self.phone.replace(" ", "").replace("-", "")
        return number if number.removeprefix("+").isdigit() and number.isascii() else ""


def shown(code: VisitCode, today: date | None = None) -> Shown:
    """Team, basis, items. Gone for a code of another day, or of a visit that was struck off."""
    today = today or timezone.localdate()
    visit = code.inspection
    if not rules.holds(code.day, today):
        raise Gone(
            _("这个检查码只在 %(day)s 当天有效，今天不能凭它检查") % {"day": code.day.isoformat()}, code="old"
        )
    if visit.state == "cancelled":
        raise Gone(_("这次检查已经销去，不能凭它检查"), code="cancelled")
    members = TeamMember.objects.filter(inspection=visit, dropped_at__isnull=True).order_by("position")
    team = list(
        Inspector.objects.filter(pk__in=members.values("inspector"))
        .select_related("unit", "licence_photo")
        .order_by("code")
    )
    versions = [one.version for one in visit.checklists.select_related("version__checklist")]
    sections = []
    if visit.chooses_items:
        items = [item for item, _unit in joint.lines_of(visit, today)]
    elif versions:
        items = list(items_of(visit).select_related("clause__document", "version__checklist"))
    else:
        versions = joint.versions_of(visit, today)
        items = [
            item
            for version in versions
            for item in version.items.select_related("clause__document").order_by("number")
            if not item.kinds or visit.facility.kind in item.kinds
        ]
    for item in items:
        if not sections or sections[-1]["name"] != item.section:
            sections.append({"name": item.section, "items": []})
        sections[-1]["items"].append(item)
    return Shown(visit, code.day, team, sections, str(parameters.values([PHONE], today).get(PHONE, "")))


def licence_photo(code: VisitCode, inspector: int, today: date | None = None) -> LicencePhoto:
    """The photograph of a team member's licence, on the code's day only."""
    seen = shown(code, today)
    for one in seen.team:
        if one.pk == inspector and hasattr(one, "licence_photo"):
            return one.licence_photo
    raise NotFound(_("没有这张执法证的照片"), code="photo")


@transaction.atomic
def give_licence(inspector: Inspector, upload, *, actor: Actor) -> LicencePhoto:
    """An inspector's own licence as a photograph; a new one takes the old one's place."""
    if actor.user is None or not actor.same_person(inspector.user):
        raise NotFound(_("只能附自己的执法证"), code="own")
    if not upload:
        raise Refused(_("执法证照片：选一张照片"), field="photo")
    stored = store_file(upload, actor=actor)
    if stored.content_type not in PHOTO_TYPES:
        raise Refused(_("执法证照片：要 JPEG、PNG 或 WebP 格式的图片"), field="photo", code="file_type")
    made, _new = LicencePhoto.objects.update_or_create(inspector=inspector, defaults={"file": stored})
    audit.record("inspections.licence.photo", inspector, actor=actor, changes={"sha256": stored.sha256})
    return made


# --- Rating


def visited_on(inspection: Inspection) -> date | None:
    """The day on which the team ended its visit on site."""
    return timezone.localdate(inspection.signed_at) if inspection.signed_at else None


def may_rate(inspection: Inspection, today: date) -> bool:
    if VisitRating.objects.filter(inspection=inspection).exists():
        return False
    days = parameters.value(RATING_DAYS, today)
    return rules.may_rate(visited_on(inspection), today, days)


@transaction.atomic
def rate(
    inspection: Inspection,
    *,
    scores: Mapping[str, int],
    comment: str = "",
    way: str,
    actor: Actor,
    now: datetime | None = None,
) -> VisitRating:
    """The facility's rating, once per visit, within the set days after it. The caller has checked code or right."""
    inspection = lock(inspection)
    now = now or timezone.now()
    today = timezone.localdate(now)
    if VisitRating.objects.filter(inspection=inspection).exists():
        raise Conflict(_("这次检查已经评价过，一次检查只评一次"), code="rated")
    if not may_rate(inspection, today):
        raise Conflict(
            _("检查结束以后 %(n)d 天里可以评价") % {"n": parameters.value(RATING_DAYS, today)}, code="time"
        )
    if set(scores) != set(rules.QUESTIONS) or not all(score in rules.SCORES for score in scores.values()):
        raise Refused(_("每一项都选 1 到 5 分"), field="basis")
    comment = comment.strip()
    if len(comment) > rules.COMMENT:
        raise Refused(_("想说的：最多 %(n)d 个字") % {"n": rules.COMMENT}, field="comment")
    made = VisitRating.objects.create(
        inspection=inspection, way=way, comment=comment, at=now, by=actor.user, **scores
    )
    audit.record("inspections.visit.rate", inspection, actor=actor, changes={"way": way, **scores})
    return made


def counted(rows) -> dict:
    """How many visits were rated, and each question's mean; how many visits were made in the same time says the page."""
    means = {f"mean_{key}": Avg(key) for key in rules.QUESTIONS}
    return rows.order_by().aggregate(n=Count("pk"), **means)
