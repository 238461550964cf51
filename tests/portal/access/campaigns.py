"""Rows of special campaigns and joint operations of a street."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from inspections.models import Campaign, CampaignInspector, CampaignUnit, Inspection, Matter
from inspections.services import campaign_documents
from portal.models import Parameter
from tests.portal.access.rows import Open, Rest, Row, fresh
from tests.portal.stage import Place, days


def a_campaign(place: Place, state: str = "draft", kind: str = "special", unit: bool = False) -> Campaign:
    """Of the place's street, led to a state as if by its services; `unit`: the place's unit is asked."""
    now, today = timezone.now(), timezone.localdate()
    given = state in ("approved", "published", "under_way", "closed")
    made = Campaign.objects.create(
        number=f"ZX-{fresh()}"[:20], kind=kind, theme="示例主题", occasion="示例起因：入夏以来的事", basis="示例依据",
        street=place.street, starts_on=today, ends_on=today + timedelta(days=20), kinds=["nursery"],
        codes=[place.facility.code], matters=["premises", "staff"], state=state, made_at=now,
        reply_by=today + timedelta(days=5), submitted_at=now if state != "draft" else None,
        approved_at=now if given else None, publish_by=today + timedelta(days=30) if given else None,
        published_on=today if state in ("published", "under_way", "closed") else None,
        closed_on=today if state == "closed" else None, sent_at=now if state in ("under_way", "closed") else None,
        conclusion="示例小结：都查完了，没有大事" if state == "closed" else "",
    )  # fmt: skip
    if unit:
        CampaignUnit.objects.create(campaign=made, unit=place.unit, position=1)
    CampaignInspector.objects.bulk_create(
        CampaignInspector(campaign=made, inspector=one) for one in place.inspectors
    )
    return made


def named(place: Place, *args, **more) -> dict:
    return {"pk": a_campaign(place, *args, **more).pk}


def parameter() -> None:
    if not Parameter.objects.filter(key="campaign.publish_days").exists():
        Parameter.objects.create(
            key="campaign.publish_days", value=30, label="x", basis="test", starts_on="2021-01-01"
        )


def values(place: Place, **more) -> dict:
    return {
        "theme": "示例专项", "occasion": "示例起因：入夏以来的事", "basis": "示例依据",
        "starts_on": days(1), "ends_on": days(9),
        "kinds": ["nursery"], "matters": list(Matter.objects.values_list("key", flat=True)[:2]), "codes": "",
        "inspectors": [one.pk for one in place.inspectors],
    } | more  # fmt: skip


def of_visits(place: Place) -> int:
    """A campaign under way with a visit."""
    made = a_campaign(place, "under_way")
    visit = place.visit("finished", bad=True)
    Inspection.objects.filter(pk=visit.pk).update(campaign=made, reason_kind="campaign", complaint=None)
    return made.pk


def step(what: str, state: str, kind: str = "special", unit: bool = False):
    def make(place: Place):
        parameter()
        made = a_campaign(place, state, kind, unit)
        if what == "send":
            CampaignUnit.objects.filter(campaign=made).delete()
        return {"pk": made.pk}, {
            "what": what, "version": made.version, "note": "写明依据", "conclusion": "示例小结：都查完了，没有大事",
        }  # fmt: skip

    return make


def replying(place: Place):
    made = a_campaign(place, "asked", "street", unit=True)
    return {"pk": made.pk}, {"accept": "no", "note": "示例：人手不够"}


def editing(place: Place):
    made = a_campaign(place)
    return {"pk": made.pk}, values(place, version=made.version)


def paper(place: Place, state: str = "approved") -> dict:
    made = a_campaign(place, state, "street", unit=True)
    campaign_documents.set_documents(made, actor=place.process)
    return {"pk": made.pk}


def a_step(what: str, state: str, right: str = "campaign.manage", **more) -> Row:
    """The view asks whether the campaign may be seen, the service for the step's own right."""
    return Row(
        "campaign-step", "POST", "campaign.view", denied=403, then=(right, 403), make=step(what, state, **more),
        note=what,
    )  # fmt: skip


CAMPAIGNS = [
    Row("campaigns", "GET", "campaign.view", denied=403),
    Row("campaign-new", "GET", "campaign.manage", denied=403),
    Row("campaign-new", "POST", "campaign.manage", denied=403, ok=422),
    Row("campaign", "GET", "campaign.view", denied=403, make=lambda p: named(p, "asked", "street", unit=True)),
    Row("campaign", "GET", "campaign.view", denied=403, note="closed",
        make=lambda p: named(p, "closed", "street", unit=True)),
    Row("campaign-edit", "GET", "campaign.view", denied=403, then=("campaign.manage", 404), make=named),
    Row("campaign-edit", "POST", "campaign.view", denied=403, then=("campaign.manage", 404), make=editing,
        but={"officer": 403}),
    a_step("ask", "draft", kind="street", unit=True),
    a_step("submit", "draft"),
    a_step("approve", "submitted", "campaign.approve"),
    a_step("return", "submitted", "campaign.approve"),
    a_step("publish", "approved", "campaign.publish"),
    a_step("send", "published"),
    a_step("close", "under_way"),
    a_step("drop", "asked"),
    Row("campaign-reply", "POST", "campaign.answer", denied=403, make=replying),
    Row("campaign-approval", "GET", "campaign.view", denied=403, make=paper),
    Row("campaign-closing", "GET", "campaign.view", denied=403, make=lambda p: paper(p, "closed")),
    Open("public-campaigns", "GET", 200, 200, make=lambda p: {"district": p.district.slug}),
    Rest("api-campaigns", "GET", "campaigns:read"),
]  # fmt: skip
