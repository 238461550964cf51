"""Resources for staff: the list, one with its editions and counts, writing, the second person, kits in use."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from facilities.models.credit import listing
from facilities.paging import counts, paged
from facilities.views.records import posted
from guidance.forms.events import VersionForm
from guidance.forms.resources import NoteForm, ResourceForm, UseForm
from guidance.lists import resources as lists
from guidance.models import GuidanceResource
from guidance.rules import resources as rules
from guidance.rules.states import RESOURCE
from guidance.services import resources as services
from guidance.services import subscriptions
from guidance.views.tabs import tabs
from portal.choices import in_language
from portal.errors import Refused
from portal.middleware import tell
from portal.services import sms
from portal.views.files import file_response
from portal.views.forms import accepted, status_of

VIEW, MANAGE, PUBLISH = lists.VIEW, lists.MANAGE, lists.PUBLISH
SHAPES = {"draft": "none", "submitted": "doing", "published": "ok", "replaced": "none", "withdrawn": "warn"}


@require_GET
def resources(request, district):
    return resources_page(request)


def resources_page(request, refused: Refused | None = None):
    actor = request.actor
    actor.demand(VIEW)
    rows, asked = lists.shown(actor, request.GET)
    page = paged(rows, lists.SORTS, request.GET, default="code", total=counts([rows])[0])
    sums = subscriptions.sums([row.code for row in page.rows])
    manages = actor.may(MANAGE)
    return render(
        request,
        "guidance/resources.html",
        {
            "tabs": tabs(request, "guidance-resources"),
            "page": page,
            "rows": [(row, SHAPES[row.state], sums.get(row.code)) for row in page.rows],
            "asked": asked,
            "kinds": in_language(rules.KINDS.items()),
            "themes": in_language(rules.THEMES.items()),
            "languages": rules.LANGUAGES.items(),
            "states": in_language(RESOURCE.states.items()) if lists.inside(actor) else (),
            "families": subscriptions.families(),
            "unheard": not sms.possible(request.district),
            "not_sent": subscriptions.not_sent(timezone.localdate()).count() if manages else 0,
            "may_manage": manages,
            "may_see_kits": actor.may("kit_use.view"),
            "refused": refused,
        },
        status=refused.status if refused else 200,
    )


def fetched(request, pk: int, right: str = VIEW) -> GuidanceResource:
    rows = GuidanceResource.objects.allowed(request.actor, right).select_related("file")
    if not lists.inside(request.actor):
        rows = rows.filter(state="published")
    row = rows.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


@require_GET
def resource(request, district, pk):
    return resource_page(request, fetched(request, pk))


def resource_page(request, row: GuidanceResource, *, refused: Refused | None = None, opened="", form=None):
    actor = request.actor
    initial = {"version": row.version}
    editions = (
        GuidanceResource.objects.filter(code=row.code).exclude(pk=row.pk).order_by("-edition").defer("text")
    )
    if not lists.inside(actor):
        editions = editions.none()
    titles = {
        one.code: one
        for one in GuidanceResource.objects.filter(code__in=row.parts, state="published").defer("text")
    }
    page = paged(lists.days(row), lists.DAY_SORTS, request.GET, default="-day")
    uses = lists.uses(actor, {}).filter(kit__code=row.code) if actor.may("kit_use.view") else None
    kit = row.kind == rules.KIT
    manages, own = actor.may(MANAGE), row.submitted_by_id == getattr(actor.user, "pk", None)
    context = {
        "resource": row,
        "shape": SHAPES[row.state],
        "editions": [(one, SHAPES[one.state]) for one in editions],
        "parts": [(code, titles.get(code)) for code in row.parts],
        "sums": subscriptions.sums([row.code]).get(row.code),
        "page": page,
        "uses": list(uses.annotate(listing=listing("facility")).order_by("-used_from", "-pk")[:50])
        if kit and uses is not None
        else [],
        "version_form": VersionForm(initial=initial),
        "note_form": form if opened and form is not None else NoteForm(initial=initial),
        "opened": opened,
        "refused": refused,
        "refused_form": form,
        "may_edit": manages and row.state == "draft",
        "may_submit": manages and row.state == "draft",
        "may_publish": actor.may(PUBLISH) and row.state == "submitted" and not own,
        "own": row.state == "submitted" and own,
        "may_return": actor.may(PUBLISH) and row.state == "submitted",
        "may_withdraw": manages and row.state in ("draft", "published"),
        "may_next": manages and row.state == "published",
        "may_note_use": kit and row.state == "published" and actor.may("kit_use.keep"),
    }
    status = refused.status if refused else status_of(form) if form is not None else 200
    return render(request, "guidance/resource.html", context, status=status)


@require_http_methods(["GET", "POST"])
def resource_new(request, district):
    request.actor.demand(MANAGE)
    return kept(request, None)


@require_http_methods(["GET", "POST"])
def resource_edit(request, district, pk):
    return kept(request, fetched(request, pk, MANAGE))


def kept(request, row: GuidanceResource | None):
    slug = request.district.slug
    form = ResourceForm(*posted(request), row=row)
    if request.method == "POST":

        def keep():
            values = form.values()
            version = values.pop("version")
            version = None if row is None else version or 0
            return services.keep_resource(row, actor=request.actor, version=version, **values)

        done = accepted(form, keep)
        if done:
            tell(request, _("“%(title)s”已存") % {"title": done.title})
            return redirect("guidance-resource", slug, done.pk)
    here = "guidance-resource-new" if row is None else "guidance-resource-edit"
    return render(
        request,
        "facilities/small_form.html",
        {
            "form": form,
            "title": _("登记资源") if row is None else row.title,
            "verb": _("存为草稿") if row is None else _("存下变更"),
            "leave": _("先不登记") if row is None else "",
            "over": _("资源") if row is None else row.title,
            "back": reverse("guidance-resources", args=[slug])
            if row is None
            else reverse("guidance-resource", args=[slug, row.pk]),
            "action": reverse(here, args=[slug] if row is None else [slug, row.pk]),
        },
        status=status_of(form),
    )


def stepped(request, pk: int, service, right: str, sentence: str):
    """A step that asks for nothing but the version."""
    row, form = fetched(request, pk, right), VersionForm(request.POST)
    form.is_valid()
    try:
        service(row, actor=request.actor, version=form.cleaned_data.get("version") or 0)
    except Refused as refused:
        if refused.status == 403:
            raise
        return resource_page(request, fetched(request, pk, right), refused=refused)
    tell(request, sentence)
    return redirect("guidance-resource", request.district.slug, pk)


def reasoned(request, pk: int, service, right: str, sentence: str, which: str):
    """A step with a reason, from a dialog."""
    row, form = fetched(request, pk, right), NoteForm(request.POST)
    try:
        done = accepted(
            form,
            lambda: service(
                row,
                actor=request.actor,
                version=form.cleaned_data["version"] or 0,
                reason=form.cleaned_data["reason"],
            ),
        )
    except Refused as refused:
        if refused.status == 403:
            raise
        return resource_page(request, row, refused=refused)
    if done:
        tell(request, sentence)
        return redirect("guidance-resource", request.district.slug, pk)
    return resource_page(request, fetched(request, pk, right), opened=which, form=form)


@require_POST
def resource_submit(request, district, pk):
    return stepped(request, pk, services.submit, MANAGE, _("已送复核，由另一位同事公开"))


@require_POST
def resource_publish(request, district, pk):
    return stepped(request, pk, services.publish, PUBLISH, _("已公开，家长看得到"))


@require_POST
def resource_return(request, district, pk):
    return reasoned(request, pk, services.send_back, PUBLISH, _("已退回"), "return")


@require_POST
def resource_withdraw(request, district, pk):
    return reasoned(request, pk, services.withdraw, MANAGE, _("已下架"), "withdraw")


@require_POST
def resource_next(request, district, pk):
    row = fetched(request, pk, MANAGE)
    try:
        made = services.next_edition(row, actor=request.actor)
    except Refused as refused:
        return resource_page(request, row, refused=refused)
    tell(request, _("新版是草稿，公开以前大家看到的还是这一版"))
    return redirect("guidance-resource-edit", district, made.pk)


@require_POST
def resources_again(request, district):
    request.actor.demand(MANAGE)
    try:
        number = subscriptions.send_again(actor=request.actor)
    except Refused as refused:
        return resources_page(request, refused)
    tell(request, ngettext("%(n)d 条短信再发一次", "%(n)d 条短信再发一次", number) % {"n": number})
    return redirect("guidance-resources", district)


@require_GET
def resource_file(request, district, pk):
    row = fetched(request, pk)
    if row.file is None:
        raise Http404
    return file_response(row.file)


# --- Kits in use


@require_GET
def kit_uses(request, district):
    request.actor.demand("kit_use.view")
    rows = lists.uses(request.actor, request.GET).annotate(listing=listing("facility"))
    page = paged(rows, lists.USE_SORTS, request.GET, default="-from", total=counts([rows])[0])
    return render(
        request, "guidance/kit_uses.html", {"tabs": tabs(request, "guidance-resources"), "page": page}
    )


@require_http_methods(["GET", "POST"])
def kit_use_new(request, district, pk):
    request.actor.demand("kit_use.keep")
    row = fetched(request, pk)
    form = UseForm(request.POST if request.method == "POST" else None, actor=request.actor)
    if request.method == "POST":
        done = accepted(form, lambda: services.note_use(row, actor=request.actor, **form.cleaned_data))
        if done:
            tell(request, _("已登记"))
            return redirect("guidance-resource", district, row.pk)
    back = reverse("guidance-resource", args=[district, row.pk])
    return render(
        request,
        "facilities/small_form.html",
        {
            "form": form, "title": _("登记谁在用"), "verb": _("登记"), "leave": _("先不登记"), "over": row.title,
            "back": back, "action": reverse("kit-use-new", args=[district, row.pk]),
        },
        status=status_of(form),
    )  # fmt: skip
