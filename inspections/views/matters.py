"""The list of what may be inspected: its page, one matter with its versions, the draft, publication."""

from __future__ import annotations

from datetime import date

from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from facilities.models import Facility
from inspections.forms.matters import MatterForm, MatterStepForm
from inspections.models import Matter, MatterVersion
from inspections.services import matters as services
from portal.access import Actor
from portal.middleware import tell
from portal.views.forms import accepted, status_of


def kind_names(kinds: list[str]) -> list[str]:
    names = dict(Facility.Kind.choices)
    return [str(names.get(kind, kind)) for kind in kinds]


def lines(actor: Actor, on: date) -> list[dict]:
    """Each matter with its wording in force, or the latest one, and whether a draft waits (for who may see drafts)."""
    rows = list(Matter.objects.allowed(actor, "checklist.view").select_related("unit"))
    versions: dict[int, list[MatterVersion]] = {}
    for version in MatterVersion.objects.filter(matter__in=rows).order_by("matter_id", "-number"):
        versions.setdefault(version.matter_id, []).append(version)
    drafts = actor.may("matter.manage")
    found = []
    for row in rows:
        mine = versions.get(row.pk, [])
        current = next((v for v in mine if in_force(v, on)), None)
        draft = next((v for v in mine if v.published_on is None), None) if drafts else None
        shown = current or draft or next((v for v in mine if v.published_on is not None), None)
        if shown is not None:
            found.append(
                {
                    "matter": row,
                    "version": shown,
                    "current": current,
                    "draft": draft,
                    "kinds": kind_names(shown.kinds),
                    "state": "ok" if current else "none",
                    "word": _("已公布") if current else _("草稿") if shown is draft else _("已撤下"),
                }
            )
    return found


def in_force(version: MatterVersion, on: date) -> bool:
    return (
        version.published_on is not None
        and version.starts_on <= on
        and (version.ends_on is None or version.ends_on >= on)
    )


@require_GET
def matters(request, district):
    """The district's list, published wordings first."""
    request.actor.demand("checklist.view")
    context = {
        "lines": lines(request.actor, timezone.localdate()),
        "may_manage": request.actor.may("matter.manage"),
    }
    return render(request, "inspections/matters.html", context)


def matter_of(request, key: str, right: str = "checklist.view") -> Matter:
    request.actor.demand("checklist.view")
    return get_object_or_404(Matter.objects.allowed(request.actor, right).select_related("unit"), key=key)


@require_GET
def matter(request, district, key):
    """One matter: the wording in force, the draft, the versions before."""
    return matter_page(request, matter_of(request, key))


def matter_page(request, row: Matter, step: MatterStepForm | None = None):
    on = timezone.localdate()
    manages = request.actor.may("matter.manage")
    versions = list(row.versions.order_by("-number"))
    draft = next((v for v in versions if v.published_on is None), None) if manages else None
    context = {
        "matter": row,
        "draft": draft,
        "current": next((v for v in versions if in_force(v, on)), None),
        "versions": [
            (v, kind_names(v.kinds), in_force(v, on)) for v in versions if v.published_on is not None
        ],
        "draft_kinds": kind_names(draft.kinds) if draft else [],
        "using": services.lists_using(row, on),
        "title": (draft or versions[0]).name if versions else row.key,
        "may_manage": manages,
        "step": step or MatterStepForm(),
        "step_errors": step,
    }
    return render(request, "inspections/matter.html", context, status=status_of(step) if step else 200)


@require_http_methods(["GET", "POST"])
def matter_new(request, district):
    """A new matter, as a draft."""
    request.actor.demand("matter.manage")
    form = MatterForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        made = accepted(form, lambda: services.enter_matter(actor=request.actor, **form.facts()))
        if made:
            tell(request, _("草稿已存，公布以后才能检查"))
            return redirect("matter", district, made.key)
    return form_page(request, form, _("加一项抽查事项"), _("存为草稿"), reverse("matters", args=[district]))


def form_page(request, form, title: str, verb: str, back: str):
    context = {"form": form, "over": _("抽查事项清单"), "back": back, "title": title, "verb": verb}
    return render(request, "facilities/small_form.html", context, status=status_of(form))


@require_http_methods(["GET", "POST"])
def matter_edit(request, district, key):
    """The draft of the next wording."""
    row = matter_of(request, key, "matter.manage")
    draft = services.draft_of(row)
    shown = draft or row.versions.order_by("-number").first()
    initial = {name: getattr(shown, name) for name in services.FIELDS} if shown else {}
    initial |= {"unit": row.unit_id, "version": draft.version if draft else 0}
    form = MatterForm(request.POST if request.method == "POST" else None, initial=initial, known=True)
    if request.method == "POST":
        done = accepted(
            form,
            lambda: services.change_matter(
                row, actor=request.actor, version=form.cleaned_data["version"] or 0, **form.facts()
            ),
        )
        if done:
            tell(request, _("草稿已存，公布以后才起用"))
            return redirect("matter", district, key)
    return form_page(request, form, _("改写这一项"), _("存为草稿"), reverse("matter", args=[district, key]))


@require_POST
def matter_step(request, district, key):
    """Publishes the draft, or takes the matter off the list."""
    row = matter_of(request, key, "matter.manage")
    form = MatterStepForm(request.POST)

    def take():
        if form.cleaned_data["what"] == "publish":
            return services.publish_matter(
                row, actor=request.actor, version=form.cleaned_data["version"] or 0
            )
        return services.withdraw_matter(row, note=form.cleaned_data["note"], actor=request.actor)

    done = accepted(form, take)
    if done is None:
        return matter_page(request, row, form)
    published = form.cleaned_data["what"] == "publish"
    tell(request, _("已公布，今天起用") if published else _("已撤下，今天起不再检查这一项"))
    return redirect("matter", district, key)
