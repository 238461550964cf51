"""The city's side of a naming cycle: opening it, what districts send, selection, notice, naming. docs/cycle.md."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.access import Actor
from portal.calendar import add_working_days, working_days_between
from portal.errors import Conflict, Denied, Refused
from portal.models.places import District
from portal.services import audit, parameters, publicity
from portal.services.steps import step
from portal.templatetags.ui import day_words
from targets.models.demonstration import AssessmentItem, CycleQuota, CycleStage
from targets.models.naming import Candidate, CycleIndicator, NamingCycle
from targets.rules import naming as rules
from targets.services.naming_letters import send


def said(key: str, **params) -> str:
    return _(rules.SENTENCES[key]) % params


def texted(text: str, field: str, label: str, limits: tuple[int, int], key: str) -> str:
    """The text without blanks around it; Refused at its field where it is too short or long."""
    text = text.strip()
    if not rules.fits(text, limits):
        sentence = f"{label}：{said(key)}"
        raise Refused(sentence, field=field, code="text", errors={field: sentence})
    return text


def locked(row, version: int | None):
    """The row, locked; Conflict when it is not as the person saw it (None: whatever it is)."""
    row = type(row).objects.select_for_update(of=("self",)).get(pk=row.pk)
    if version is not None and row.version != version:
        raise Conflict(
            _("%(name)s刚被改过，现在是“%(state)s”。刷新后看最新的")
            % {"name": row, "state": row.get_state_display()},
            code="stale",
        )
    return row


def kept(row, action: str, before: str, *, actor: Actor, **facts):
    row.version += 1
    row.save()
    changes = {"state": [before, row.state]} if before != row.state else {}
    audit.record(f"targets.{row._meta.model_name}.{action}", row, actor=actor, changes=changes | facts)
    return row


# --- Opening it -----------------------------------------------------------------------------------


def defaults(year: int) -> dict:
    """What a cycle that is named in `year` would be by the document: its stages' days, moved by whole years."""
    stages = list(CycleStage.objects.select_related("document").order_by("-document__issued_on", "number"))
    stages = [one for one in stages if one.document_id == stages[0].document_id]
    if not stages:
        raise Refused(_("没有登记创建工作的文件，先在政策文件里登记各阶段和名额"), code="document")
    shift = year - stages[-1].due.year
    days = {field: rules.in_year(stages[number - 1].due, shift) for field, number in rules.STAGES.items()}
    return {"document": stages[0].document, "year": year, **days, "districts": eligible(timezone.localdate())}


def eligible(on: date) -> int:
    """Districts that may apply: those the city has (city.districts)."""
    return int(parameters.value("city.districts", on))


def quotas_of(document) -> dict:
    return {
        one.key: {
            "share": one.share_percent, "most": one.max_count, "least": one.min_count, "title": one.title,
            "text": one.text, "in_principle": bool(one.strength), "years": one.cycle_years,
        }
        for one in CycleQuota.objects.filter(document=document)
    }  # fmt: skip


def checked(values: Mapping, on: date) -> dict:
    values = dict(values)
    values["title"] = texted(values["title"], "title", _("名称"), rules.TITLE, "title")
    publicity.demand(values["title"], field="title", label=_("名称"))
    if not on.year <= values["year"] <= on.year + 3:
        raise Refused(said("year"), field="year", code="year")
    days = {field: values[field] for field in rules.STAGES}
    if late := rules.out_of_order(days):
        names = list(rules.STAGES)
        before = days[names[names.index(late) - 1]]
        label = str(NamingCycle._meta.get_field(late).verbose_name)
        raise Refused(said("order", what=label, day=day_words(before)), field=late, code="order")
    return values


FIELDS = ("title", "year", *rules.STAGES)


@transaction.atomic
def make(*, actor: Actor, now: datetime | None = None, **values) -> NamingCycle:
    """A new cycle with the document's quotas and outline as indicators. Conflict for a year that has one."""
    actor.demand("cycle.manage")
    now = now or timezone.now()
    values = checked({name: values[name] for name in FIELDS}, timezone.localdate(now))
    known = defaults(values["year"])
    quotas = quotas_of(known["document"])
    twin = NamingCycle.objects.filter(year=values["year"]).first()
    try:
        if twin is not None:
            raise IntegrityError
        with transaction.atomic():
            row = NamingCycle.objects.create(
                **values, document=known["document"], districts=known["districts"], quotas=quotas,
                cycle_years=quotas[rules.MUNICIPAL]["years"], made_at=now, made_by=actor.user,
            )  # fmt: skip
    except IntegrityError:
        raise Conflict(
            _("年份：%(year)d 年已经有一个周期，改那一个") % {"year": values["year"]},
            field="year",
            code="year",
        ) from None
    CycleIndicator.objects.bulk_create(
        CycleIndicator(
            cycle=row,
            key=one.key,
            area=one.area_title,
            clause=one.clause.label,
            text=one.text,
            position=place,
        )
        for place, one in enumerate(
            AssessmentItem.objects.filter(document=row.document).select_related("clause"), 1
        )
    )
    audit.record("targets.namingcycle.make", row, actor=actor, changes={"year": row.year})
    return row


def only_later(row: NamingCycle, values: Mapping) -> None:
    """Refused where a day that the districts count on would come sooner."""
    errors = {
        name: said(
            "sooner", what=NamingCycle._meta.get_field(name).verbose_name, day=day_words(getattr(row, name))
        )
        for name in rules.STAGES
        if values[name] < getattr(row, name)
    }
    if errors:
        field, sentence = next(iter(errors.items()))
        raise Refused(sentence, field=field, code="sooner", errors=errors)


@transaction.atomic
def change(
    row: NamingCycle, *, version: int, actor: Actor, now: datetime | None = None, **values
) -> NamingCycle:
    """Another name or other days; of an open cycle the districts are told at once, and it stays open."""
    actor.demand("cycle.manage")
    row, now = locked(row, version), now or timezone.now()
    step(rules.CYCLE, row, "move" if row.state == "open" else "change")
    values = checked({name: values[name] for name in FIELDS}, timezone.localdate(now))
    if row.state == "open":
        only_later(row, values)
    for name, value in values.items():
        if row.state == "draft" or name != "year":
            setattr(row, name, value)
    kept(row, "change", row.state, actor=actor, days={name: str(getattr(row, name)) for name in rules.STAGES})
    if row.state == "open":
        tell_districts(row, actor=actor, now=now)
    return row


@transaction.atomic
def set_points(
    row: NamingCycle, most: Mapping[str, Decimal | None], *, version: int, actor: Actor
) -> NamingCycle:
    """How many points each indicator has; none where only the text counts. Only before it is opened."""
    actor.demand("cycle.manage")
    row = locked(row, version)
    if row.state != "draft":
        raise Conflict(_("已经发布，各区正在按这套指标自评，分值不再改"), code="state")
    rows = list(row.indicators.all())
    for one in rows:
        one.most = most.get(one.key)
    CycleIndicator.objects.bulk_update(rows, ["most"])
    return kept(row, "points", row.state, actor=actor, points={o.key: str(o.most) for o in rows if o.most})


def plan_of(row: NamingCycle) -> dict:
    """What the districts are told of a cycle."""
    return {
        "title": row.title, "year": row.year, "document": row.document.title, "number": row.document.number,
        **{name: getattr(row, name).isoformat() for name in rules.STAGES},
        "quotas": [{"title": one["title"], "text": one["text"]} for one in row.quotas.values()],
        "indicators": [
            {
                "key": one.key, "area": one.area, "clause": one.clause, "text": one.text,
                "most": None if one.most is None else str(one.most),
            }
            for one in row.indicators.all()
        ],
    }  # fmt: skip


def tell_districts(row: NamingCycle, *, actor: Actor, now: datetime) -> None:
    plan = plan_of(row)
    for one in District.objects.filter(level=District.Level.DISTRICT):
        send("cycle", row.token, plan, to=one, actor=actor, now=now)


@transaction.atomic
def open_cycle(row: NamingCycle, *, version: int, actor: Actor, now: datetime | None = None) -> NamingCycle:
    """The districts get stages, quotas and indicators, and may apply. Refused once the day of applications is over."""
    actor.demand("cycle.manage")
    row, now = locked(row, version), now or timezone.now()
    before, row.state = row.state, step(rules.CYCLE, row, "open")
    if rules.is_late(row.apply_by, timezone.localdate(now)):
        raise Refused(said("past", day=day_words(row.apply_by)), field="apply_by", code="past")
    row.opened_at = now
    kept(row, "open", before, actor=actor)
    tell_districts(row, actor=actor, now=now)
    return row


# --- Judging, selecting ---------------------------------------------------------------------------


@transaction.atomic
def judge(
    row: Candidate, *, passed: bool, score: Decimal | None, opinion: str, version: int, actor: Actor
) -> Candidate:
    """The combined assessment (综合现场审核、上报资料和数据审核): needs an expert's finished review."""
    actor.demand("cycle.manage")
    row = locked(row, version)
    if row.cycle.state != "open":
        raise Conflict(
            _("这个周期现在是“%(state)s”，不再评审") % {"state": row.cycle.get_state_display()}, code="state"
        )
    before, row.state = row.state, step(rules.CANDIDATE, row, "judge")
    if not row.reviews.filter(state="submitted").exists():
        raise Refused(_("%(name)s还没有交来的现场审核意见。先安排专家审核") % {"name": row}, code="review")
    row.passed, row.score = passed, score
    row.opinion = texted(opinion, "opinion", _("综合评审意见"), rules.TEXT, "text")
    row.judged_by = actor.user
    return kept(row, "judge", before, actor=actor, passed=passed, score=str(score))


def bearing(on: date) -> dict[int, date]:
    """Id of each district that bears the name on that day, by an earlier cycle -> the last day."""
    rows = Candidate.objects.filter(state="named", valid_until__gte=on)
    return dict(rows.order_by("valid_until").values_list("applicant", "valid_until"))


def quota_of(row: NamingCycle, key: str) -> rules.Quota:
    one = row.quotas[key]
    return rules.quota(one["share"], row.districts, one["most"], one["least"], one["in_principle"])


def held(row: NamingCycle, key: str, count: int, reason: str) -> None:
    """Refused where more districts are chosen than the document allows; the sentence has the sum and the way out."""
    rule, facts = quota_of(row, key), row.quotas[key]
    told = rules.held_to(rule, count)
    words = {
        "title": facts["title"], "n": count, "limit": rule.limit, "share": rule.share,
        "districts": rule.districts, "ceiling": rule.ceiling, "text": facts["text"],
    }  # fmt: skip
    if told == rules.BEYOND:
        sentence = _(
            "“%(title)s”选了 %(n)d 个，最多 %(ceiling)d 个：%(districts)d 个可申报区的 %(share)d%%"
            "（文件写“%(text)s”）。去掉 %(over)d 个再报"
        ) % (words | {"over": count - rule.ceiling})
        raise Refused(sentence, field=key, code="quota", errors={key: sentence})
    if told == rules.WITH_REASON and not rules.fits(reason, rules.REASON):
        sentence = (
            _(
                "“%(title)s”选了 %(n)d 个，%(districts)d 个可申报区的 %(share)d%% 是 %(limit)d 个，文件写“原则上”。"
                "写明多推荐的理由，或者减到 %(limit)d 个"
            )
            % words
        )
        raise Refused(sentence, field="reason", code="quota_reason", errors={"reason": sentence})


@transaction.atomic
def propose(
    row: NamingCycle, *, municipal: list[Candidate], national: list[Candidate], reason: str, version: int,
    actor: Actor, now: datetime | None = None,
) -> NamingCycle:  # fmt: skip
    """The districts to be named and to be recommended, held to the quotas; a second person of the city publishes them."""
    actor.demand("cycle.manage")
    row, now = locked(row, version), now or timezone.now()
    before, row.state = row.state, step(rules.CYCLE, row, "propose")
    reason = reason.strip()
    chosen = {one.pk for one in [*municipal, *national]}
    if not chosen:
        raise Refused(_("至少选一个区"), field="municipal", code="none")
    held(row, rules.MUNICIPAL, len(set(municipal)), reason)
    held(row, rules.NATIONAL, len(set(national)), reason)
    rows = list(row.candidates.select_for_update(of=("self",)).filter(pk__in=chosen))
    for one in rows:
        if one.state != "reviewed" or not one.passed:
            field = "municipal" if one in municipal else "national"
            sentence = _("%(name)s没有通过现场审核和综合评审，不能入选") % {"name": one}
            raise Refused(sentence, field=field, code="not_passed", errors={field: sentence})
    for one in rows:
        one.state = step(rules.CANDIDATE, one, "select")
        one.municipal, one.national = one in municipal, one in national
        kept(one, "select", "reviewed", actor=actor, municipal=one.municipal, national=one.national)
    row.reason, row.note, row.proposed_by, row.proposed_at = reason[:500], "", actor.user, now
    return kept(row, "propose", before, actor=actor, districts=[str(one) for one in rows])


def somebody_else(row: NamingCycle, actor: Actor) -> None:
    if actor.same_person(row.proposed_by):
        raise Denied(_("遴选结果是你报的，请另一个人复核"), code="same_person")


def unselect(row: NamingCycle, actor: Actor) -> None:
    for one in row.candidates.select_for_update(of=("self",)).filter(state="selected"):
        one.state = step(rules.CANDIDATE, one, "unselect")
        one.municipal = one.national = False
        kept(one, "unselect", "selected", actor=actor)


@transaction.atomic
def send_back(row: NamingCycle, *, note: str, version: int, actor: Actor) -> NamingCycle:
    """The second person does not agree: selection begins anew."""
    actor.demand("cycle.confirm")
    row = locked(row, version)
    before, row.state = row.state, step(rules.CYCLE, row, "return")
    somebody_else(row, actor)
    row.note = texted(note, "note", _("退回的原因"), rules.NOTE, "note")
    unselect(row, actor)
    return kept(row, "return", before, actor=actor, note=row.note)


# --- Notice, naming -------------------------------------------------------------------------------


@transaction.atomic
def publish(row: NamingCycle, *, version: int, actor: Actor, now: datetime | None = None) -> NamingCycle:
    """The notice stands for five working days after its own day (city.notice_days), on a page without sign-in."""
    actor.demand("cycle.confirm")
    row, now = locked(row, version), now or timezone.now()
    before, row.state = row.state, step(rules.CYCLE, row, "publish")
    somebody_else(row, actor)
    publicity.demand_none([row.title], _("先改名称"))
    row.notice_from, row.withdrawn_on = timezone.localdate(now), None
    row.notice_to = add_working_days(
        row.notice_from, int(parameters.value("city.notice_days", row.notice_from))
    )
    row.notice_days = working_days_between(row.notice_from, row.notice_to)
    return kept(row, "publish", before, actor=actor, until=str(row.notice_to))


@transaction.atomic
def withdraw(
    row: NamingCycle, *, note: str, version: int | None, actor: Actor, now: datetime | None = None
) -> NamingCycle:
    """An objection was right: the notice is taken down and the selection begins anew. Its page goes on to say so."""
    actor.demand("cycle.manage")
    row = locked(row, version)
    before, row.state = row.state, step(rules.CYCLE, row, "withdraw")
    row.note = texted(note, "note", _("撤下的原因"), rules.NOTE, "note")
    row.notice_from = row.notice_to = row.notice_days = None
    row.withdrawn_on = timezone.localdate(now or timezone.now())
    unselect(row, actor)
    return kept(row, "withdraw", before, actor=actor, note=row.note)


def not_yet(row: NamingCycle, on: date) -> str:
    """Why the naming cannot go yet; empty when it can."""
    if row.notice_to is not None and on <= row.notice_to:
        return _("公示到 %(day)s 为止，第二天起才能命名") % {"day": day_words(row.notice_to)}
    # whoever objected to an earlier notice was promised an answer, too
    if n := row.objections.filter(state="open").count():
        return ngettext(
            "还有 %(n)d 条异议没有答复，答复完再命名", "还有 %(n)d 条异议没有答复，答复完再命名", n
        ) % {"n": n}
    # an earlier notice, on which one was right, was taken down for it
    if row.objections.filter(state="upheld", at__gte=row.proposed_at or row.made_at).exists():
        return _("有异议成立。撤下公示，重新遴选")
    return ""


@transaction.atomic
def name(row: NamingCycle, *, version: int, actor: Actor, now: datetime | None = None) -> NamingCycle:
    """Names the selected ones, for the document's cycle of years; the others are told that they are not among them.

    Conflict while the notice stands or an objection is not answered or was right.
    """
    actor.demand("cycle.confirm")
    row, now = locked(row, version), now or timezone.now()
    before, row.state = row.state, step(rules.CYCLE, row, "name")
    somebody_else(row, actor)
    on = timezone.localdate(now)
    if why := not_yet(row, on):
        raise Conflict(why, code="not_yet")
    row.named_on, row.named_by = on, actor.user
    kept(row, "name", before, actor=actor)
    for one in row.candidates.select_for_update(of=("self",)).select_related("applicant"):
        if one.state == "selected":
            # whom the city recommends only, the state names: the city's books end there
            event = "name" if one.municipal else "recommend"
        elif one.state in ("applied", "assessed", "reviewed"):
            event = "pass_over"
        else:
            continue
        was, one.state = one.state, step(rules.CANDIDATE, one, event)
        if event == "name":
            one.named_on, one.valid_until = on, rules.in_year(on, row.cycle_years)
        kept(one, event, was, actor=actor)
        content = {"event": one.state, "title": row.title}
        content |= {
            "municipal": one.municipal, "national": one.national,
            "named_on": str(on), "valid_until": str(one.valid_until or ""),
        }  # fmt: skip
        send("outcome", row.token, content, to=one.applicant, actor=actor, now=now)
    return row
