"""What the city sends to a district in a naming cycle, put to its records, with a word to who works at it. docs/cycle.md."""

from __future__ import annotations

from datetime import date

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.errors import Refused
from portal.models.people import Membership, User
from portal.rules.rights import Role
from portal.services import messages
from portal.services.steps import step
from portal.templatetags.ui import day_words
from targets.models.naming import CycleApplication, CycleLetter, NamingCycle
from targets.rules import naming as rules
from targets.services.applications import day_of
from targets.services.naming import kept
from targets.services.naming_letters import taker


def told(on: date) -> list[User]:
    roles = (Role.BUREAU, Role.UNIT_HEAD)
    found = Membership.objects.current(on).filter(role__in=roles, user__is_active=True).values("user")
    return list(User.objects.filter(pk__in=found).order_by("pk"))


@taker("cycle")
def take_cycle(letter: CycleLetter, actor: Actor) -> None:
    """Stands under 申报 from now on; an application that is under way follows the new days."""
    plan = letter.content
    row = CycleApplication.objects.select_for_update(of=("self",)).filter(cycle=letter.cycle).first()
    if row is not None:
        row.plan, row.title = letter, plan["title"]
        kept(row, "plan", row.state, actor=actor)
    earlier = CycleLetter.objects.filter(direction="in", kind="cycle", cycle=letter.cycle, pk__lt=letter.pk)
    last = earlier.order_by("-at", "-pk").first()
    moved = [name for name in rules.STAGES if last and last.content[name] != plan[name]]
    if last and not moved:
        return
    on = timezone.localdate(letter.at)
    url = reverse("cycle-applications", args=[actor.district.slug])

    def say() -> tuple[str, list[dict]]:
        if last is None:
            title = _("市里发布了%(title)s") % {"title": plan["title"]}
            lines = [
                _("申报期限 %(day)s") % {"day": day_words(day_of(plan, "apply_by"), on)},
                _("自评期限 %(day)s") % {"day": day_words(day_of(plan, "assess_by"), on)},
            ]
        else:
            title = _("%(title)s：期限改了") % {"title": plan["title"]}
            lines = [
                _("%(what)s改到 %(day)s，原来是 %(before)s")
                % {
                    "what": NamingCycle._meta.get_field(name).verbose_name,
                    "day": day_words(day_of(plan, name), on), "before": day_words(day_of(last.content, name), on),
                }
                for name in moved
            ]  # fmt: skip
        return title[:120], [{"words": line, "state": "doing", "url": url} for line in lines]

    messages.tell_at_once(told(on), say, actor=actor, now=letter.at)


#: What the city says that changes the state, by the name of the machine's action.
EVENTS = ("named", "recommended", "passed_over", "revoked")


@taker("outcome")
def take_outcome(letter: CycleLetter, actor: Actor) -> None:
    content = letter.content
    row = CycleApplication.objects.select_for_update(of=("self",)).filter(cycle=letter.cycle).first()
    if row is None:
        raise Refused(_("本区没有申报这个周期"), code="unknown")
    event, before = content["event"], row.state
    if event in EVENTS:
        row.state = step(rules.APPLICATION, row, event)
    if event == "named":
        row.named_on = date.fromisoformat(content["named_on"])
        row.valid_until = date.fromisoformat(content["valid_until"]) if content["valid_until"] else None
    elif event == "charged":
        row.charge = {name: content[name] for name in ("ground", "facts", "hearing_on")}
    elif event in ("revoked", "cleared"):
        row.charge, row.outcome = {}, content["note"][:300]
    if event in ("charged", "revoked", "cleared"):
        row.drafts = {kind: one for kind, one in row.drafts.items() if kind != "statement"}
    kept(row, event, before, actor=actor)
    on = timezone.localdate(letter.at)

    def say() -> tuple[str, list[dict]]:
        words = {
            "named": _("%(title)s：本区已命名"), "passed_over": _("%(title)s：本区没有入选"),
            "recommended": _("%(title)s：本区已推荐到国家"),
            "charged": _("%(title)s：市里拟撤销命名，等本区陈述"), "revoked": _("%(title)s：命名已撤销"),
            "cleared": _("%(title)s：不撤销命名"),
        }[event] % {"title": row.title}  # fmt: skip
        line = {
            "named": _("命名日期 %(day)s") % {"day": day_words(row.named_on, on)} if row.named_on else "",
            "passed_over": _("可以参加下一个周期"), "recommended": _("由市里推荐，国家审核命名"),
            "charged": _("情形：%(ground)s") % {"ground": content.get("ground", "")},
        }.get(event) or _("理由：%(note)s") % {"note": row.outcome}  # fmt: skip
        url = reverse("cycle-application", args=[actor.district.slug, row.pk])
        return words[:120], [
            {"words": line, "state": "bad" if event in ("charged", "revoked") else "doing", "url": url}
        ]

    messages.tell_at_once(told(on), say, actor=actor, now=letter.at)
