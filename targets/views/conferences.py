"""The joint conference: the list, a meeting with its agenda and what came of it, planning, items, papers."""

from __future__ import annotations

from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.errors import Refused
from portal.middleware import tell
from portal.models.places import Unit
from portal.rules.machine import marked
from portal.rules.rights import Reach
from portal.views.files import file_response
from portal.views.forms import accepted, refuse, status_of
from portal.views.rows import page_number, sliced
from targets.forms.attestations import NoteForm
from targets.forms.conferences import ConferenceForm, ItemForm
from targets.models.conferences import AgendaFile, AgendaItem, Conference, ConferenceDecision
from targets.models.tasks import ProgressReport
from targets.rules import conferences as rules
from targets.services import conference_decisions, conferences
from targets.services import conference_minutes as minutes

SHAPES = {
    "planned": "none", "called": "doing", "held": "warn", "submitted": "warn", "confirmed": "ok", "closed": "ok",
    "cancelled": "none",
}  # fmt: skip
DECISION_SHAPES = {"draft": "none", "open": "doing", "done": "ok", "dropped": "none"}
ATTENDANCE_SHAPES = {"present": "ok", "excused": "none", "absent": "warn", "": "none"}
#: tab -> (word, states)
TABS = {
    "": (marked("全部"), tuple(rules.CONFERENCE.states)),
    "coming": (marked("要开的"), ("planned", "called")),
    "writing": (marked("写纪要"), ("held", "submitted")),
    "running": (marked("有决定在办"), ("confirmed",)),
    "done": (marked("办完的"), ("closed", "cancelled")),
}
ROWS_A_PAGE = 50


def shown(actor, query):
    """The meetings that the person may see, the tab that the address asks for, and its rows."""
    known = Conference.objects.allowed(actor, "conference.view")
    tab = query.get("tab", "")
    tab = tab if tab in TABS else ""
    rows = conferences.counted().allowed(actor, "conference.view").filter(state__in=TABS[tab][1])
    return known, tab, rows.order_by("-on", "-pk")


@require_GET
def conference_list(request, district):
    """All meetings, the newest first."""
    actor = request.actor
    actor.demand("conference.view")
    known, tab, rows = shown(actor, request.GET)
    states = list(known.order_by().values_list("state", flat=True))
    total = sum(state in TABS[tab][1] for state in states)
    offset = (page_number(request.GET) - 1) * ROWS_A_PAGE
    page = sliced(list(rows[offset : offset + ROWS_A_PAGE]), request.GET, size=ROWS_A_PAGE, total=total)
    for row in page.rows:
        row.shape = SHAPES[row.state]
        row.tells = row.state in rules.FIXED or sees_drafts(actor)
    context = {
        "page": page,
        "tabs": [
            {
                "label": _(word), "url": f"?tab={name}", "current": name == tab,
                "count": sum(state in of for state in states),
            }
            for name, (word, of) in TABS.items()
        ],
        "may_keep": actor.may("conference.keep"),
    }  # fmt: skip
    return render(request, "targets/conferences.html", context)


def fetched(request, pk: int, right: str = "conference.view") -> Conference:
    request.actor.demand(right)
    return get_object_or_404(Conference.objects.allowed(request.actor, right), pk=pk)


def sees_drafts(actor) -> bool:
    """Who keeps or confirms the minutes, and the auditor, read them before they are confirmed."""
    return Reach.ALL in actor.reaches("conference.view") or actor.may("conference.confirm")


@require_http_methods(["GET", "POST"])
def conference_new(request, district):
    request.actor.demand("conference.keep")
    today = timezone.localdate()
    form = ConferenceForm(
        request.POST if request.method == "POST" else None,
        initial={
            "kind": "full", "number": conferences.next_number("full", today.year), "starts_at": "14:00",
            "members": [one.pk for one in conferences.members()],
        },
    )  # fmt: skip
    if request.method == "POST":
        made = accepted(form, lambda: conferences.plan(actor=request.actor, **form.values()))
        if made is not None:
            tell(request, _("%(name)s已登记，接着写议程") % {"name": made})
            return redirect("conference", district, made.pk)
    return _form(request, form, _("登记会议"), reverse("conferences", args=[district]))


@require_http_methods(["GET", "POST"])
def conference_edit(request, district, pk):
    row = fetched(request, pk, "conference.keep")
    conferences.next_state(row, "change")  # says what has become of it, before anything is typed
    form = ConferenceForm(request.POST if request.method == "POST" else None, row=row)
    if request.method == "POST":
        changed = accepted(
            form,
            lambda: conferences.change(
                row, version=form.cleaned_data["version"] or 0, actor=request.actor, **form.values()
            ),
        )
        if changed is not None:
            tell(request, _("%(name)s已改，发通知以后才算数") % {"name": changed})
            return redirect("conference", district, pk)
    return _form(request, form, _("改会议"), reverse("conference", args=[district, pk]), row)


def _form(request, form, title: str, back: str, row: Conference | None = None):
    context = {"form": form, "title": title, "back": back, "row": row}
    return render(request, "targets/conference_form.html", context, status=status_of(form))


# --- One meeting ----------------------------------------------------------------------------------


@require_GET
def conference(request, district, pk):
    """Agenda, papers, who comes; afterwards what was said and decided, and how far it is."""
    return page(request, fetched(request, pk))


def page(request, row: Conference, form: NoteForm | None = None, what: str = ""):
    actor = request.actor
    own = actor.listed(Reach.UNIT) if Reach.ALL not in actor.reaches("conference.view") else []
    drafts = sees_drafts(actor)
    told = drafts or row.state in rules.FIXED
    items, offered = minutes.agenda(row)
    decided, before = conference_decisions.decisions_of(row)
    for item in items:
        item.said = item.text if told else ""
        item.decided = [decorated(one) for one in decided.get(item.pk, ())] if told else []
    if own:
        offered = [one for one in offered if one.unit_id in own]
    editions = list(row.minutes.select_related("file", "submitted_by", "confirmed_by"))
    wrote = actor.user is not None and actor.user.pk in row.writers
    before = [decorated(one) for one in before]
    with_progress([*before, *(one for item in items for one in item.decided)])
    keeps = actor.may("conference.keep") and not actor.visiting
    confirms = actor.may("conference.confirm") and not actor.visiting
    units = list(row.units.select_related("unit").order_by("-part", "position"))
    for one in units:
        one.shape = ATTENDANCE_SHAPES[one.attendance]
    open_agenda = row.state in ("planned", "called")
    context = {
        "row": row,
        "shape": SHAPES[row.state],
        "items": items,
        "offered": offered,
        "units": units,
        "told": told and row.state not in ("planned", "called", "cancelled"),
        "editions": editions if drafts else [one for one in editions if one.confirmed_at],
        "returned": editions[0] if editions and editions[0].returned_at and row.state == "held" else None,
        "before": before if open_agenda or drafts else [],
        "keeps": keeps,
        "open_agenda": open_agenda,
        "writes": keeps and row.state == "held",
        "may_propose": open_agenda and bool(own) and actor.may("conference.propose"),
        "may_confirm": row.state == "submitted" and confirms and not wrote,
        "own": row.state == "submitted" and confirms and wrote,
        "may_call": keeps
        and row.state == "planned"
        and not rules.begun(row.on, row.starts_at, timezone.localtime()),
        "may_close": keeps and row.state == "confirmed",
        "still": still_words(decided) if keeps and row.state == "confirmed" else "",
        "today": timezone.localdate(),
        "form": form or NoteForm(initial={"version": row.version}),
        "what": what,
        "version": row.version,
    }
    return render(request, "targets/conference.html", context, status=status_of(form) if form else 200)


def still_words(decided: dict[int, list[ConferenceDecision]]) -> str:
    """What keeps a meeting from being closed; '' when nothing does."""
    n = sum(one.state == "open" for of_item in decided.values() for one in of_item)
    return ngettext("还有 %(n)d 项决定没有办结", "还有 %(n)d 项决定没有办结", n) % {"n": n} if n else ""


def decorated(one: ConferenceDecision) -> ConferenceDecision:
    """With its shape and its units by role, as a line shows them."""
    one.late = rules.overdue(one.state, one.due_on, timezone.localdate())
    one.shape = "bad" if one.late else DECISION_SHAPES[one.state]
    one.leads = [unit["name"] for unit in one.named if unit["role"] == rules.LEAD]
    one.supports = [unit["name"] for unit in one.named if unit["role"] == rules.SUPPORT]
    one.progress, one.key = [], str(one.pk)
    return one


def with_progress(decided: list[ConferenceDecision]) -> None:
    """What each unit reported last on the task of a decision; one query."""
    by_task = {one.task_id: one for one in decided if one.task_id}
    if not by_task:
        return
    latest = (
        ProgressReport.objects.given()
        .filter(task__in=by_task)
        .select_related("unit", "round")
        .order_by("task_id", "unit_id", "-round__starts_on")
        .distinct("task_id", "unit_id")
    )
    for report in latest:
        by_task[report.task_id].progress.append(report)


#: what a button says -> (right, what the page says afterwards)
STEPS = {
    "call": ("conference.keep", marked("通知和议程已发给参加单位")),
    "hold": ("conference.keep", marked("记为已开会，接着记出席、写纪要")),
    "cancel": ("conference.keep", marked("会议不开了，参加单位收到消息")),
    "submit": ("conference.keep", marked("纪要已送第二人确认")),
    "return": ("conference.confirm", marked("纪要已退回修改")),
    "confirm": ("conference.confirm", marked("纪要已确认，决定已列入任务分工")),
    "close": ("conference.keep", marked("这次会议已办结")),
}
NOTED = {"cancel": conferences.cancel, "return": minutes.send_back}
PLAIN = {
    "call": conferences.call,
    "hold": conferences.hold,
    "submit": minutes.submit,
    "confirm": minutes.confirm,
    "close": conference_decisions.close,
}


@require_POST
def conference_step(request, district, pk):
    what = request.POST.get("what", "")
    if what not in STEPS:
        request.actor.demand("conference.view")
        raise Refused(_("要做什么：从会议页上的按钮里选"), field="what", code="what")
    right, words = STEPS[what]
    row, form = fetched(request, pk, right), NoteForm(request.POST)
    form.fields["note"].required = what in NOTED
    if form.is_valid():
        known = {"version": form.cleaned_data["version"] or 0, "actor": request.actor}
        try:
            if what in NOTED:
                NOTED[what](row, note=form.cleaned_data["note"], **known)
            else:
                PLAIN[what](row, **known)
        except Refused as refused:
            refuse(form, refused)
        else:
            tell(request, _(words))
            return redirect("conference", district, pk)
    return page(request, fetched(request, pk), form, what)


# --- Items ----------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def item_new(request, district, pk):
    """The bureau puts an item on the agenda."""
    row = fetched(request, pk, "conference.keep")
    conferences.next_state(row, "write" if row.state == "held" else "change")
    words = _("议题“%(topic)s”已列入议程")
    return _new_item(request, row, None, conferences.add_item, _("加议题"), words)


@require_http_methods(["GET", "POST"])
def item_propose(request, district, pk):
    """A unit that takes part proposes an item."""
    row = fetched(request, pk, "conference.propose")
    conferences.next_state(row, "change")
    own = Unit.objects.filter(Q(pk__in=request.actor.listed(Reach.UNIT)), pk__in=row.units.values("unit"))
    words = _("议题“%(topic)s”已送区教育局定")
    return _new_item(request, row, own, conferences.propose_item, _("提议议题"), words)


def _new_item(request, row: Conference, own, service, title: str, words: str):
    form = ItemForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        on=timezone.localdate(),
        own=own,
        initial={"purpose": "decide"},
    )
    if request.method == "POST":
        made = accepted(
            form, lambda: service(row, actor=request.actor, files=form.cleaned_data["files"], **form.values())
        )
        if made is not None:
            tell(request, words % {"topic": made.topic})
            return redirect("conference", request.district.slug, row.pk)
    return item_page(request, form, row, title)


def item_page(request, form, row: Conference, title: str, item: AgendaItem | None = None):
    files = list(item.files.select_related("file")) if item else []
    context = {"form": form, "row": row, "title": title, "item": item, "files": files}
    return render(request, "targets/conference_item_form.html", context, status=status_of(form))


def kept_item(request, pk: int) -> AgendaItem:
    request.actor.demand("conference.keep")
    rows = AgendaItem.objects.allowed(request.actor, "conference.keep").select_related("conference", "unit")
    return get_object_or_404(rows, pk=pk)


def chosen(request, name: str = "drop") -> list[int]:
    return [int(v) for v in request.POST.getlist(name) if v.isascii() and v.isdigit() and len(v) < 15]


@require_http_methods(["GET", "POST"])
def item_edit(request, district, pk):
    item = kept_item(request, pk)
    row = item.conference
    conferences.next_state(row, "write" if row.state == "held" else "change")
    form = ItemForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        on=timezone.localdate(),
        row=item,
        at=row.version,
    )
    if request.method == "POST":
        changed = accepted(
            form,
            lambda: conferences.change_item(
                item,
                version=form.cleaned_data["version"] or 0,
                actor=request.actor,
                files=form.cleaned_data["files"],
                drop=chosen(request),
                **form.values(),
            ),
        )
        if changed is not None:
            tell(request, _("议题“%(topic)s”已改") % {"topic": changed.topic})
            return redirect("conference", district, row.pk)
    return item_page(request, form, row, _("改议题"), item)


ITEM_WORDS = {
    "accept": marked("议题“%(topic)s”已列入议程"),
    "decline": marked("议题“%(topic)s”不列入议程"),
    "up": marked("议题“%(topic)s”已往前移"),
    "drop": marked("议题“%(topic)s”已去掉"),
}


@require_POST
def item_step(request, district, pk):
    """Puts a proposal on the agenda or not, moves an item up, takes it off."""
    item, what = kept_item(request, pk), request.POST.get("what", "")
    if what not in ITEM_WORDS:
        raise Refused(_("要做什么：从会议页上的按钮里选"), field="what", code="what")
    form = NoteForm(request.POST)
    form.fields["note"].required = what == "decline"
    if form.is_valid():
        known = {"version": form.cleaned_data["version"] or 0, "actor": request.actor}
        try:
            if what == "up":
                conferences.move_item(item, **known)
            elif what == "drop":
                conferences.drop_item(item, **known)
            else:
                conferences.decide_item(item, what, note=form.cleaned_data["note"], **known)
        except Refused as refused:
            refuse(form, refused)
        else:
            tell(request, _(ITEM_WORDS[what]) % {"topic": item.topic})
            return redirect("conference", district, item.conference_id)
    return page(request, item.conference, form, f"item-{pk}")


@require_GET
def paper(request, district, pk):
    """A paper of the agenda: for whoever sees the meeting; of what is only proposed, for its unit and the bureau."""
    actor = request.actor
    actor.demand("conference.view")
    known = Conference.objects.allowed(actor, "conference.view")
    seen = Q(item__state="listed")
    if Reach.ALL in actor.reaches("conference.view"):
        seen = Q()
    else:
        seen |= Q(item__unit__in=actor.listed(Reach.UNIT))
    rows = AgendaFile.objects.filter(seen, item__conference__in=known).select_related("file")
    return file_response(get_object_or_404(rows, pk=pk).file)
