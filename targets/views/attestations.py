"""Proofs of targets: the list of all that are asked for, one proof, handing in, the second person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.errors import Conflict, Refused
from portal.middleware import tell
from portal.rules.machine import marked
from portal.views.files import file_response
from portal.views.forms import accepted, refuse, status_of
from targets.forms.attestations import AttestationForm, NoteForm
from targets.models.attestations import Attestation, AttestationFile
from targets.models.targets import Target
from targets.rules import attestations as rules
from targets.services import attestations, promises

#: filter -> (word, states)
FILTERS = {
    "": (marked("全部"), tuple(rules.WORDS)),
    "missing": (marked("没有证明"), (rules.MISSING,)),
    "waiting": (marked("等第二人确认"), (rules.WAITING,)),
    "short": (marked("还没达到"), (rules.SHORT,)),
    "expired": (marked("过期"), (rules.EXPIRED,)),
    "proved": (marked("已证明"), (rules.PROVED,)),
}
SHAPES = {"given": "doing", "returned": "bad", "confirmed": "ok", "withdrawn": "none"}


@dataclass
class Line:
    """An attested target, and what stands for it today."""

    target: Target
    state: str
    proof: Attestation | None

    @property
    def word(self) -> str:
        return _(rules.WORDS[self.state])

    @property
    def shape(self) -> str:
        return rules.SHAPES[self.state]

    @property
    def number(self) -> str:
        return achieved_words(self.target, self.proof)


def lines(on: date) -> list[Line]:
    """Every target in force that a document proves; one query."""
    asked = [one for one in promises.targets_in_force(on) if one.proof == Target.Proof.ATTESTED]
    return [Line(one, *attestations.standing(one, on)) for one in asked]


def shown(request, on: date) -> tuple[list[Line], str, list[Line]]:
    """All lines, the filter, and what it leaves."""
    found = lines(on)
    status = request.GET.get("status", "")
    status = status if status in FILTERS else ""
    return found, status, [one for one in found if one.state in FILTERS[status][1]]


@require_GET
def attestation_list(request, district):
    """Which targets are proved by a document, which wait, which lack one."""
    request.actor.demand("target.view")
    found, status, rows = shown(request, timezone.localdate())
    address = reverse("attestations", args=[district])
    tabs = [
        {
            "label": _(word),
            "count": sum(one.state in states for one in found),
            "url": f"{address}?status={name}" if name else address,
            "current": name == status,
        }
        for name, (word, states) in FILTERS.items()
    ]
    context = {"rows": rows, "tabs": tabs, "may_give": request.actor.may("attestation.give")}
    return render(request, "targets/attestations.html", context)


def proofs_context(request, target: Target) -> dict:
    """For a target's page: what was handed in for it, newest first."""
    given = Attestation.objects.filter(target=target).order_by("-pk")
    return {
        "proofs": [{"row": one, "shape": SHAPES[one.state]} for one in given],
        "may_give": request.actor.may("attestation.give"),
    }


def asks(target: Target) -> str:
    """The number that the target asks for, as it states it; '' where it asks none."""
    promise = promises.promise_of(target)
    if promise.value is None:
        return ""
    words = {">=": _("至少"), "<=": _("不超过")}.get(target.comparator, "")
    return f"{words} {promise.value.normalize():f} {target.unit}".strip()


def achieved_words(target: Target, proof: Attestation | None) -> str:
    """What a proof says beside what the target asks; '' without a number."""
    if proof is None or proof.achieved is None or not (words := asks(target)):
        return ""
    return _("完成 %(n)s，要求%(asks)s") % {"n": f"{proof.achieved.normalize():f}", "asks": words}


def attested(request, pk: int) -> Target:
    request.actor.demand("attestation.give")
    found = get_object_or_404(Target.objects.select_related("document", "clause"), pk=pk)
    attestations.demand_attested(found)
    return found


@require_http_methods(["GET", "POST"])
def attestation_new(request, district, pk):
    target = attested(request, pk)
    today = timezone.localdate()
    form = AttestationForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        asks=asks(target),
        initial={"starts_on": today, "valid_until": date(today.year, 12, 31)},
    )
    if request.method == "POST":
        made = accepted(
            form,
            lambda: attestations.give(
                target, actor=request.actor, files=form.cleaned_data["files"], **form.values()
            ),
        )
        if made is not None:
            tell(request, _("“%(title)s”已交，等第二人确认") % {"title": made.title})
            return redirect("attestation", district, made.pk)
    return _form(request, form, target)


def _form(request, form, target: Target, row: Attestation | None = None):
    context = {"form": form, "target": target, "row": row, "asks": asks(target)}
    return render(request, "targets/attestation_form.html", context, status=status_of(form))


def fetched(request, pk: int) -> Attestation:
    request.actor.demand("target.view")
    rows = Attestation.objects.select_related(
        "target__document", "target__clause", "given_by", "confirmed_by"
    )
    return get_object_or_404(rows, pk=pk)


@require_http_methods(["GET", "POST"])
def attestation_edit(request, district, pk):
    request.actor.demand("attestation.give")
    row = fetched(request, pk)
    if row.state not in ("given", "returned"):
        raise Conflict(
            _("这份证明现在是“%(state)s”，不能改。要换就交一份新的") % {"state": row.get_state_display()},
            code="state",
        )
    form = AttestationForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        row=row,
        asks=asks(row.target),
    )
    if request.method == "POST":
        drop = [int(v) for v in request.POST.getlist("drop") if v.isascii() and v.isdigit() and len(v) < 15]
        changed = accepted(
            form,
            lambda: attestations.change(
                row,
                version=form.cleaned_data["version"] or 0,
                actor=request.actor,
                files=form.cleaned_data["files"],
                drop=drop,
                **form.values(),
            ),
        )
        if changed is not None:
            tell(request, _("“%(title)s”已交，等第二人确认") % {"title": changed.title})
            return redirect("attestation", district, pk)
    return _form(request, form, row.target, row)


@require_GET
def attestation(request, district, pk):
    """What was handed in, by whom, for how long; the second person decides here."""
    return _page(request, fetched(request, pk))


def _page(request, row: Attestation, form: NoteForm | None = None):
    actor = request.actor
    own = actor.same_person(row.given_by)
    context = {
        "row": row,
        "shape": SHAPES[row.state],
        "files": row.files.select_related("file").order_by("pk"),
        "asks": asks(row.target),
        "short": not rules.reached(promises.promise_of(row.target), row.achieved),
        "own": own and row.state == "given" and actor.may("attestation.confirm"),
        "may_confirm": row.state == "given" and not own and actor.may("attestation.confirm"),
        "may_change": row.state in ("given", "returned") and actor.may("attestation.give"),
        "may_withdraw": row.state != "withdrawn" and actor.may("attestation.give"),
        "over": row.state == "confirmed" and row.valid_until < timezone.localdate(),
        "form": form or NoteForm(initial={"version": row.version}),
    }
    status = status_of(form) if form is not None else 200
    return render(request, "targets/attestation.html", context, status=status)


#: what a button says -> (right, what the page says afterwards)
STEPS = {
    "confirm": ("attestation.confirm", marked("“%(title)s”已确认")),
    "return": ("attestation.confirm", marked("“%(title)s”已退回补充")),
    "withdraw": ("attestation.give", marked("“%(title)s”已撤下，从今天起不再算数")),
}


@require_POST
def attestation_step(request, district, pk):
    what = request.POST.get("what", "")
    if what not in STEPS:
        request.actor.demand("target.view")
        raise Refused(_("要做什么：确认、退回或撤下"), field="what", code="what")
    right, words = STEPS[what]
    request.actor.demand(right)
    row, form = fetched(request, pk), NoteForm(request.POST)
    form.fields["note"].required = what != "confirm"
    if form.is_valid():
        known = {"version": form.cleaned_data["version"] or 0, "actor": request.actor}
        try:
            if what == "confirm":
                attestations.confirm(row, **known)
            elif what == "return":
                attestations.send_back(row, note=form.cleaned_data["note"], **known)
            else:
                attestations.withdraw(row, note=form.cleaned_data["note"], **known)
        except Refused as refused:
            refuse(form, refused)
        else:
            tell(request, _(words) % {"title": row.title})
            return redirect("attestation", district, pk)
    return _page(request, row, form)


@require_GET
def attestation_file(request, district, pk):
    """A paper; for whoever sees targets."""
    request.actor.demand("target.view")
    return file_response(get_object_or_404(AttestationFile.objects.select_related("file"), pk=pk).file)
