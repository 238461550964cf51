"""What the district pays: its subsidies with their versions, what the plan promises without an amount, the two persons."""

from __future__ import annotations

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from facilities.models import Facility
from portal.errors import Conflict, Refused
from portal.middleware import tell
from portal.rules.machine import marked
from portal.views.forms import accepted, refuse, status_of
from targets.forms.subsidies import StepForm, VersionForm
from targets.models.subsidies import SubsidyClaim, SubsidyRule, SubsidyVersion
from targets.rules import subsidies as rules
from targets.services import subsidy_rules

SHAPES = {"proposed": "doing", "returned": "warn", "confirmed": "ok", "dropped": "none"}
#: What a new subsidy begins with: nobody on the list of the punished, nobody late.
BEGIN = {"no_discipline": True, "no_overdue": True, "period": rules.YEAR}


def visible(actor):
    """Confirmed versions for everybody; proposals for those who make and confirm them, and the auditor."""
    rows = SubsidyVersion.objects.select_related("rule", "clause__document", "made_by", "confirmed_by")
    return rows if sees_proposals(actor) else rows.filter(state="confirmed")


def sees_proposals(actor) -> bool:
    return actor.may("subsidy_rule.confirm") or actor.may("audit.view")


def known(actor) -> list[SubsidyRule]:
    """Subsidies with their versions, the newest first; those without a version to show are left out."""
    versions = visible(actor).exclude(state="dropped").order_by("-number")
    found = SubsidyRule.objects.prefetch_related(Prefetch("versions", versions, to_attr="shown")).order_by(
        "kind", "name"
    )
    return [one for one in found if one.shown]


@require_GET
def subsidy_rules_page(request, district):
    """All subsidies of the district, each with what it pays today."""
    actor = request.actor
    actor.demand("subsidy_rule.view")
    today = timezone.localdate()
    found = known(actor)
    for rule in found:
        for one in rule.shown:
            decorate(one, today)
    context = {
        "rules": found,
        "promised": [
            one | {"word": word_of(one), "ask": ask(one)}
            for one in subsidy_rules.promised(actor.district.slug)
        ],
        "may_manage": actor.may("subsidy_rule.manage"),
        "may_see": actor.may("subsidy.view"),
    }
    return render(request, "targets/subsidy_rules.html", context)


def word_of(one: dict) -> str:
    kind = one["kind"]
    return _(rules.KINDS[kind])


def ask(one: dict) -> str:
    """A sentence of the plan, as the address of the form names it."""
    return f"{one['kind']}-{one['clause'].pk}"


def decorate(row: SubsidyVersion, today) -> None:
    row.shape = SHAPES[row.state]
    row.now = (
        row.state == "confirmed" and row.starts_on <= today and (row.ends_on is None or today <= row.ends_on)
    )
    row.rate_unit = _(rules.RATE_UNITS[row.measure])


def form_page(request, form: VersionForm, title: str, back: str, row: SubsidyVersion | None = None):
    context = {"form": form, "title": title, "back": back, "row": row}
    return render(request, "targets/subsidy_version_form.html", context, status=status_of(form))


@require_http_methods(["GET", "POST"])
def subsidy_rule_new(request, district):
    """A subsidy that the district did not have; from a sentence of the plan its clause and kind are filled in."""
    request.actor.demand("subsidy_rule.manage")
    initial = dict(BEGIN)
    for one in subsidy_rules.promised(request.actor.district.slug):
        if request.GET.get("promised") == ask(one):
            initial |= {
                "kind": one["kind"],
                "clause": one["clause"].pk,
                "measure": rules.OF_KIND[one["kind"]][0],
            }
    form = VersionForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST":
        made = accepted(form, lambda: subsidy_rules.propose(actor=request.actor, **form.values()))
        if made is not None:
            tell(request, _("“%(name)s”已写好，等第二人确认") % {"name": made.rule})
            return redirect("subsidy-version", district, made.pk)
    return form_page(request, form, _("定一项补贴"), reverse("subsidy-rules", args=[district]))


@require_http_methods(["GET", "POST"])
def subsidy_rule_renew(request, district, pk):
    """The next version of a subsidy, beginning with what the last one says."""
    request.actor.demand("subsidy_rule.manage")
    rule = get_object_or_404(SubsidyRule, pk=pk)
    last = rule.versions.exclude(state="dropped").order_by("-number").first()
    form = VersionForm(
        request.POST if request.method == "POST" else None, rule=rule, row=last,
        initial={"starts_on": None, "ends_on": None, "version": None},
    )  # fmt: skip
    if request.method == "POST":
        made = accepted(form, lambda: subsidy_rules.renew(rule, actor=request.actor, **form.values()))
        if made is not None:
            tell(request, _("“%(name)s”的新标准已写好，等第二人确认") % {"name": rule})
            return redirect("subsidy-version", district, made.pk)
    title = _("%(name)s：定新标准") % {"name": rule}
    return form_page(request, form, title, reverse("subsidy-rules", args=[district]))


def fetched(request, pk: int) -> SubsidyVersion:
    request.actor.demand("subsidy_rule.view")
    return get_object_or_404(visible(request.actor), pk=pk)


@require_GET
def subsidy_version(request, district, pk):
    """What is paid, to whom, by which count; the second person decides here."""
    return _page(request, fetched(request, pk))


def _page(request, row: SubsidyVersion, what: str = "", form: StepForm | None = None):
    actor = request.actor
    decorate(row, timezone.localdate())
    own = actor.same_person(row.made_by)
    confirms = row.state == "proposed" and actor.may("subsidy_rule.confirm")
    kinds = dict(Facility.Kind.choices)
    obstacle, claim = hindered(actor, row) if row.state in ("proposed", "returned") else ("", None)
    context = {
        "row": row,
        "kinds": [kinds[one] for one in row.facility_kinds],
        "may_confirm": confirms and not own,
        "own": confirms and own,
        "obstacle": obstacle,
        "claim": claim,
        "may_change": row.state in ("proposed", "returned") and actor.may("subsidy_rule.manage"),
        "may_renew": row.state == "confirmed" and actor.may("subsidy_rule.manage"),
        "form": form,
        "note_form": form if form is not None and what in ("return", "drop") else StepForm(what="return"),
    }
    status = status_of(form) if form is not None else 200
    return render(request, "targets/subsidy_version.html", context, status=status)


def hindered(actor, row: SubsidyVersion) -> tuple[str, SubsidyClaim | None]:
    """Why a version could not be confirmed today, and the claim in its way, if the person may open it."""
    try:
        subsidy_rules.ended_by(row)
    except Refused as refused:
        seen = SubsidyClaim.objects.allowed(actor, "subsidy.view") if actor.may("subsidy.view") else None
        claim = seen.filter(pk=refused.params.get("claim")).first() if seen is not None else None
        return str(refused.message), claim
    return "", None


@require_http_methods(["GET", "POST"])
def subsidy_version_edit(request, district, pk):
    request.actor.demand("subsidy_rule.manage")
    row = fetched(request, pk)
    if row.state not in ("proposed", "returned"):
        raise Conflict(
            _("这份标准现在是“%(state)s”，不能改。要改的，定一份新标准") % {"state": row.get_state_display()},
            code="state",
        )
    form = VersionForm(request.POST if request.method == "POST" else None, rule=row.rule, row=row)
    if request.method == "POST":
        changed = accepted(
            form,
            lambda: subsidy_rules.change(
                row, version=form.cleaned_data["version"] or 0, actor=request.actor, **form.values()
            ),
        )
        if changed is not None:
            tell(request, _("“%(name)s”已写好，等第二人确认") % {"name": row.rule})
            return redirect("subsidy-version", district, pk)
    return form_page(request, form, str(row.rule), reverse("subsidy-version", args=[district, pk]), row)


#: step -> (right, what the page says afterwards)
STEPS = {
    "confirm": ("subsidy_rule.confirm", marked("“%(name)s”已确认")),
    "return": ("subsidy_rule.confirm", marked("“%(name)s”已退回修改")),
    "drop": ("subsidy_rule.manage", marked("“%(name)s”的这份标准不用了")),
}


@require_POST
def subsidy_version_step(request, district, pk):
    what = request.POST.get("what", "")
    if what not in STEPS:
        request.actor.demand("subsidy_rule.view")
        raise Refused(_("要做什么：确认、退回或不用"), field="what", code="what")
    right, words = STEPS[what]
    request.actor.demand(right)
    row, form = fetched(request, pk), StepForm(request.POST, what=what)
    if form.is_valid():
        known = {"version": form.cleaned_data["version"] or 0, "actor": request.actor}
        try:
            if what == "confirm":
                subsidy_rules.confirm(row, **known)
            elif what == "return":
                subsidy_rules.send_back(row, note=form.cleaned_data["note"], **known)
            else:
                subsidy_rules.drop(row, note=form.cleaned_data["note"], **known)
        except Refused as refused:
            refuse(form, refused)
            row = fetched(request, pk)
        else:
            tell(request, _(words) % {"name": row.rule})
            return redirect("subsidy-version", district, pk)
    return _page(request, row, what, form)
