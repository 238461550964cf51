"""An indicator set of one indicator a dimension and sixteen veto items."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from guardian.shortcuts import assign_perm

from inspections.models import EvaluationCase, EvaluationRound, EvaluationSheet, Indicator, IndicatorSet
from inspections.rules import evaluation_sets as rules
from inspections.services import evaluation_decisions as decisions
from inspections.services import evaluation_rounds as rounds
from inspections.services import evaluation_sets as services
from inspections.services import evaluation_sheets as sheets
from portal.access import Actor
from portal.models import Membership, Parameter, User
from portal.rules.rights import Role
from tests.inspections import small_district

POINTS = {name: points for name, (_words, points) in rules.DIMENSIONS.items()}
SET = {"title": "示例评估标准", "basis": "WS/T 821-2023", "kinds": ["nursery"], "points": POINTS}


def filled(actor: Actor, key: str = "nursery", **values) -> IndicatorSet:
    """A draft that can be submitted."""
    made = services.make_set(key=key, actor=actor, **SET | values)
    for name, points in made.points.items():
        facts = {"dimension": name, "code": "1.1", "text": f"示例{name}", "steps": "", "evidence": "示例"}
        services.enter_indicator(made, points=points, actor=actor, **facts)
    for number in range(1, 17):
        facts = {"dimension": "veto", "code": str(number), "text": "示例否决项", "steps": "", "evidence": ""}
        services.enter_indicator(made, points=None, actor=actor, **facts)
    made.refresh_from_db()
    return made


def published(by: Actor, second: Actor, key: str = "nursery", **values) -> IndicatorSet:
    made = filled(by, key, **values)
    made = services.submit_set(made, actor=by, version=made.version)
    return services.publish_set(made, actor=second, version=made.version)


# --- A round ----------------------------------------------------------------------------------------

DAY = date(2026, 3, 10)
DAYS = {
    "self_from": date(2026, 3, 1), "self_until": date(2026, 3, 20),
    "peer_from": date(2026, 3, 5), "peer_until": date(2026, 3, 25),
    "third_from": date(2026, 3, 5), "third_until": date(2026, 3, 31),
}  # fmt: skip
PARAMETERS = {
    "evaluation.vetoes": 16,
    "evaluation.grades": {"A": 900, "B": 750, "C": 600},
    "evaluation.veto_grade": "D",
    "evaluation.far_percent": 20,
    "evaluation.objection_days": 5,
    "evaluation.model_grade": "A",
    "evaluation.notice_days": 5,
}


def parameters() -> None:
    for key, value in PARAMETERS.items():
        Parameter.objects.get_or_create(
            key=key, defaults={"value": value, "label": key, "basis": "x", "starts_on": date(2021, 1, 1)}
        )


def at(day: date = DAY, hour: int = 10) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day, hour))


def person(small, name: str, role: Role, *codes: str) -> Actor:
    """Somebody with a role, who keeps the facilities of these codes."""
    user = User.objects.create(username=name, name=f"示例{name}", password="!")
    Membership.objects.create(user=user, role=role, starts_on=date(2020, 1, 1))
    for code in codes:
        assign_perm("facilities.keep_facility", user, small.facility(code))
    return Actor.of(user, small.district)


@dataclass
class Case:
    """A round of two nurseries (SM0001, SM0006), with a keeper of each, one of SM0002, and an expert."""

    small: small_district.Small
    round: EvaluationRound
    keepers: dict[str, Actor]
    expert: Actor

    def case(self, code: str = "SM0001") -> EvaluationCase:
        return EvaluationCase.objects.select_related("round", "facility").get(
            facility__code=code, round=self.round
        )

    def sheet(self, kind: str, code: str = "SM0001") -> EvaluationSheet:
        return EvaluationSheet.objects.get(case=self.case(code), kind=kind, state__in=("open", "submitted"))

    def fill(
        self, sheet: EvaluationSheet, actor: Actor, share: float = 1.0, day: date = DAY, veto: bool = False
    ):
        """Every indicator with this share of its points."""
        given = {}
        sheet.scores.filter(files__isnull=True).delete()
        for one in Indicator.objects.filter(set=self.round.set):
            bad = veto and one.code == "1"
            given[one] = (
                (None, bad, "示例事实" if bad else "")
                if one.dimension == "veto"
                else (Decimal(int(one.points * share)), None, "")
            )
        for one in [one for one in given if sheet.scores.filter(indicator=one).exists()]:
            sheets.save_score(sheet, one, points=given.pop(one)[0], version=1, actor=actor, now=at(day))
        sheets.save_scores(sheet, given, actor=actor, now=at(day))
        return sheet

    def hand_in(self, sheet: EvaluationSheet, actor: Actor, share: float = 1.0, day: date = DAY, **more):
        self.fill(sheet, actor, share, day, **more)
        sheet.refresh_from_db()
        upload = SimpleUploadedFile("report.pdf", b"%PDF-1.4\n%%EOF\n") if sheet.kind == "third" else None
        return sheets.submit_sheet(
            sheet, note="示例", upload=upload, version=sheet.version, actor=actor, now=at(day)
        )

    def decided(
        self, share: float = 0.95, code: str = "SM0001", day: date = date(2026, 4, 2), **more
    ) -> EvaluationCase:
        bureau = self.small.actor("bureau")
        sheet = decisions.open_final(self.case(code), actor=bureau, at=at(day))
        self.fill(sheet, bureau, share, day, **more)
        case = self.case(code)
        return decisions.decide(case, reasons="示例理由", actor=bureau, version=case.version, at=at(day))

    def told(self, day: date = date(2026, 4, 3), **more) -> EvaluationCase:
        case = self.decided(**more)
        return decisions.confirm(case, actor=self.small.actor("head"), version=case.version, at=at(day))


def running(small) -> Case:
    """Inside of the open scope."""
    parameters()
    bureau, head = small.actor("bureau"), small.actor("head")
    indicators = published(bureau, head)
    made = rounds.make_round(indicators, actor=bureau, year=2026, title="示例评估", peers=1, **DAYS)
    rounds.choose(made, codes=["SM0001", "SM0006"], actor=bureau)
    made.refresh_from_db()
    made = rounds.open_round(made, actor=bureau, version=made.version)
    keepers = {
        code: person(small, f"keeper-{code.lower()}", Role.OPERATOR, code)
        for code in ("SM0001", "SM0002", "SM0006")
    }
    return Case(small, made, keepers, person(small, "expert", Role.EXPERT))
