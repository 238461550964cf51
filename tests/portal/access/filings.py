"""Rows of filings and applicants."""

from __future__ import annotations

from django.utils import timezone

from facilities.services import (
    applicants,
    filing_hearings,
    filing_review,
    filings,
    notices,
)
from portal.access import Actor
from portal.rules.rights import Role
from tests.facilities import filings as filings_made
from tests.portal.access.rows import Open, Row, fresh, numbers
from tests.portal.stage import Place, days, png


def filer(place: Place) -> Actor:
    """Whoever keeps the place's facility, or somebody new of the district with the same role."""
    user = place.users.get("operator") or place.person(Role.OPERATOR).user
    return Actor(place.district, user, process="test")


def filing_of(place: Place, state: str = "draft"):
    """A new filing in the place's street, led to a state; its health department is the cast's."""
    by, now = filer(place), timezone.now()
    made = filings_made.laid(
        filings.start_filing("new", actor=by, now=now),
        filings_made.new_answers(place.street, name=f"示例新园{fresh()}"),
        actor=by,
        file=place.stored(),
        now=now,
    )
    if state == "draft":
        return made
    made = filings.send_filing(made, actor=by, now=now)
    if state == "sent":
        return made
    made = filing_review.receive(made, actor=place.process, now=now)
    if state == "received":
        return elsewhere(place, made)
    made = filings_made.proposed(made, place.process, now)
    return elsewhere(
        place, made if state == "proposed" else notices.issue(made, actor=place.process, now=now).filing
    )


def elsewhere(place: Place, made):
    """Outside, other departments than the cast's have been asked."""
    if place.name == "outside":
        made.signatures.update(unit=place.unit)
    return made


def filing(state: str = "draft", **data):
    def make(place: Place):
        made = filing_of(place, state)
        return {"pk": made.pk}, {
            key: value(made) if callable(value) else value for key, value in data.items()
        }

    return make


def with_key(key: str, state: str = "draft", **data):
    def make(place: Place):
        return {"pk": filing_of(place, state).pk, "key": key}, dict(data)

    return make


def version_now(made) -> int:
    return made.version


def returning(place: Place) -> dict:
    made = filing_of(place, "sent")
    filing_review.remark(made, "fire_number", "文号和文件不一致", actor=place.process)
    return {"pk": made.pk}


def signing(place: Place):
    own = filing_of(place, "received").signatures.get(section="hygiene")
    own.file = place.stored()
    own.save(update_fields=["file"])
    return {"pk": own.pk}, {"answer": "agree"}


def opener(place: Place) -> Actor:
    """Somebody of the bureau who begins a revocation: every place has one."""
    return Actor(place.district, place.users["bureau"], process="test")


def revoking(place: Place, state: str = "draft"):
    made = filings.start_filing("revocation", actor=opener(place), facility=place.facility)
    made = filings_made.fill(
        made, filings_made.GROUNDS | {"ends_on": days(0)}, actor=place.process, now=timezone.now()
    )
    return made if state == "draft" else filing_hearings.notify(made, actor=place.process)


def stating(place: Place):
    return {"pk": revoking(place, "hearing").pk}, {"what": "statement", "text": "情况不是这样"}


def statement_file(place: Place) -> dict:
    made = revoking(place, "hearing")
    step = filing_hearings.state_case(made, "情况不是这样", upload=png(), actor=filer(place))
    return {"pk": made.pk, "step": step.pk}


def printed(place: Place) -> dict:
    made = filing_of(place, "issued")
    made.notices.update(file=place.stored())
    return {"pk": made.pk}


def later(place: Place) -> dict:
    """A decision whose day came and that the register has not followed."""
    made = filing_of(place, "issued")
    made.facility.state = "operating"
    made.facility.opened_on = timezone.localdate()
    made.facility.save(update_fields=["state", "opened_on"])
    by = filer(place)
    pause = filings.start_filing("suspension", actor=by, facility=made.facility)
    filings_made.fill(
        pause, filings_made.PAUSE | {"from_on": days(1), "until_on": days(9)}, actor=by, now=timezone.now()
    )
    pause = filings.send_filing(pause, actor=by)
    pause = filing_review.receive(pause, actor=place.process)
    pause = filings_made.proposed(pause, place.process, timezone.now())
    pause = notices.issue(pause, actor=place.process).filing
    pause.effect_on = timezone.localdate()
    pause.save(update_fields=["effect_on"])
    return {"pk": pause.pk}


def public_notice(place: Place) -> dict:
    return {"code": filing_of(place, "issued").notices.get().code}


def children_of(place: Place) -> dict:
    return {"pk": revoking(place, "hearing").pk}


def asked(place: Place):
    return applicants.apply(
        name="示例人", phone="10000000001", organisation="示例有限公司", credit_code=filings_made.credit(next(numbers)),
        actor=Actor.visitor(place.district),
    )  # fmt: skip


def applicant(place: Place) -> dict:
    return {"pk": asked(place)[0].pk}


def applied(place: Place) -> dict:
    return {"district": place.district.slug, "token": asked(place)[1]}


OF_OPERATOR = {"then": ("filing.keep", 403)}
#: Who signs for the health department in the place: the cast's department does.
SIGNS = {"but": {"department": 302, "head": 404}}
SEEN_SIGNED = {"but": {"department": 200}}
FILINGS = [
    Row("filings", "GET", "filing.view", denied=403),
    Row("applicants", "GET", "applicant.view", denied=403),
    Row("applicant-confirm", "POST", "applicant.confirm", make=applicant),
    Row("applicant-refuse", "POST", "applicant.confirm", make=lambda p: (applicant(p), {"answer": "联系不上"})),
    Open("apply-front", "GET", 200, 200),
    Open("apply", "GET", 200, 200, make=lambda p: {"district": p.district.slug}),
    Open("apply", "POST", 422, 422, make=lambda p: {"district": p.district.slug}),
    Open("apply-status", "GET", 200, 200, make=applied),
    Open("apply-status", "POST", 422, 422, make=applied),
    Row("filing-new", "GET", "filing.review", denied=403, but={"operator": 200}),
    Row(
        "filing-new", "POST", "filing.keep", denied=403, ok=422, but=dict.fromkeys(("bureau", "clerk", "reviewer"), 422)
    ),
    Row("filing", "GET", "filing.view", make=filing()),
    Row("filing", "GET", "filing.view", make=filing("issued"), note="issued", **SEEN_SIGNED),
    Row("filing-section", "GET", "filing.view", make=with_key("fire")),
    Row("filing-section", "POST", "filing.view", **OF_OPERATOR, make=with_key("fire")),
    Row(
        "filing-answer", "POST", "filing.view", **OF_OPERATOR, ok=200,
        make=with_key("exits", exits="4", **{"v-exits": "1"}),
    ),
    Row("filing-file", "GET", "filing.view", make=with_key("fire_file")),
    Row("filing-send", "POST", "filing.view", **OF_OPERATOR, make=filing()),
    Row("filing-withdraw", "POST", "filing.view", **OF_OPERATOR, make=filing()),
    Row("filing-receive", "POST", "filing.review", make=filing("sent")),
    Row("filing-remark", "POST", "filing.review", make=with_key("exits", "sent", text="两个出口在同一侧")),
    Row("filing-accept", "POST", "filing.review", make=with_key("fire", "sent")),
    Row("filing-return", "POST", "filing.review", make=returning),
    Row(
        "filing-propose", "POST", "filing.review",
        make=filing("received", proposal="refuse", opinion="不符合要求", version=version_now),
    ),
    Row(
        "filing-decide", "POST", "filing.issue",
        make=filing("proposed", what="decline", note="再核实面积", version=version_now),
    ),
    Row("filing-effect", "POST", "filing.issue", make=later),
    Row("filing-notice", "GET", "filing.view", make=printed, **SEEN_SIGNED),
    Row("filing-notify", "POST", "filing.review", make=lambda p: {"pk": revoking(p).pk}),
    Row("filing-drop", "POST", "filing.review", make=lambda p: ({"pk": revoking(p).pk}, {"note": "情况已改正"})),
    Row("filing-statement", "POST", "filing.view", then=("filing.keep", 403), make=stating),
    Row("filing-step-file", "GET", "filing.view", make=statement_file),
    Row("filing-children", "GET", "filing.view", make=children_of),
    Row("filing-sign", "POST", "filing.sign", make=signing, **SIGNS),
    Row("filing-signature-file", "GET", "filing.view", make=signing, **SEEN_SIGNED),
    Open("public-notices", "GET", 200, 200),
    Open("public-notice", "GET", 200, 200, make=public_notice),
]  # fmt: skip
