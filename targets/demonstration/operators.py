"""Operators with their codes and chains, and what they ask to have changed in the register: answered and waiting."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random

from django.utils import timezone

from facilities.models import Facility, FacilityGrant, Operator, Proposal
from facilities.services import operators, proposals
from portal.models.people import User
from portal.tenancy import recorded_at
from targets.demonstration import names
from targets.demonstration.crew import Crew

FIRST_CODE = 800_000
CHAINS = ("示例芽芽托育", "示例云朵之家", "示例小步")
#: (days ago, what is asked, why, what came of it, the answer)
ASKED = (
    (62, "address", "搬到同一小区的另一幢，已办租约", "confirm", "租约和消防材料已核对"),
    (34, "places", "想多招一个班", "refuse", "室内面积不够多招一个班，先补场所的资料"),
    (15, "name", "和新招牌一致", "withdraw", ""),
    (3, "inclusive", "已和街镇签普惠服务协议", "", ""),
    (1, "places", "二楼装修完，多开一个小班", "", ""),
)


def make(crew: Crew, *, today: date, seed: str) -> str:
    random = Random(f"{seed}/{crew.size.slug}/operators")
    companies = list(Operator.objects.filter(name__endswith="公司").order_by("pk"))
    in_chain = chained(random)
    for number, one in enumerate(companies, 1):
        chain = in_chain.get(one.pk, "")
        operators.change_operator(
            one,
            actor=crew.bureau,
            version=one.version,
            credit_code=names.credit_code(FIRST_CODE + number),
            chain=chain,
        )
    made = ask(crew, today=today, random=random)
    return f"{len(companies)} 家有代码，{len(set(in_chain.values()))} 个连锁，变更申请 {made} 份"


def chained(random: Random) -> dict[int, str]:
    """Operators of nurseries by the chain that they belong to, three or four each as far as there are any."""
    able = (
        Operator.objects.filter(name__endswith="公司", facilities__kind="nursery").order_by("pk").distinct()
    )
    left = list(able.values_list("pk", flat=True))
    random.shuffle(left)
    found: dict[int, str] = {}
    for chain in CHAINS:
        members, left = left[: random.choice((3, 4))], left[4:]
        if len(members) > 1:
            found |= dict.fromkeys(members, chain)
    return found


def ask(crew: Crew, *, today: date, random: Random) -> int:
    """Each by the operator of another facility, through the services that people use."""
    able = Facility.objects.filter(
        kind="nursery", state="operating", inclusive=False, opened_on__lt=today - timedelta(90)
    )
    # the register as of the oldest answer knows no day that was still to come
    able = able.exclude(fees_published_on__gt=today - timedelta(max(ago for ago, *_rest in ASKED)))
    chosen = list(able.filter(filings__isnull=True).order_by("code"))
    random.shuffle(chosen)
    asked = ASKED[-len(chosen) :] if chosen else ()  # in a small district at least those that wait
    for facility, (ago, field, reason, then, answer) in zip(chosen, asked, strict=False):
        now = timezone.make_aware(datetime.combine(today - timedelta(ago), time(10)))
        with recorded_at(now):
            proposal = proposals.propose_change(
                facility, actor=operator_of(facility, crew), reason=reason, now=now, **wanted(facility, field)
            )
        later = now + timedelta(days=min(ago - 1, 2), hours=5)
        with recorded_at(later):
            if then == "confirm":
                proposals.confirm_proposal(proposal, actor=crew.bureau, answer=answer, now=later)
            elif then == "refuse":
                proposals.refuse_proposal(proposal, actor=crew.bureau, answer=answer, now=later)
            elif then == "withdraw":
                proposals.withdraw_proposal(proposal, actor=operator_of(facility, crew), now=later)
    return Proposal.objects.count()


def operator_of(facility: Facility, crew: Crew):
    grant = FacilityGrant.objects.filter(content_object=facility).order_by("pk").first()
    return crew.of(User.objects.get(pk=grant.user_id))


def wanted(facility: Facility, field: str) -> dict:
    values = {
        "address": f"{facility.address} 2 幢",
        "places": facility.places + 15,
        "name": facility.name.replace("托育园", "托育中心"),
        "inclusive": True,
    }
    return {field: values[field]}
