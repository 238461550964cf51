"""A district's pages of the naming cycle: what the city offers, its application, self-assessment, reports, statement."""

from __future__ import annotations

from datetime import date

from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.errors import NotFound, Refused
from portal.middleware import tell
from portal.rules.machine import marked
from portal.templatetags.ui import day_words
from portal.views.files import file_response
from portal.views.forms import accepted, refuse, status_of
from targets.forms.naming import ApplicationForm, EntryForm, LongNoteForm, ReportForm, StatementForm, TextForm
from targets.models.naming import AssessmentEntry, CycleApplication, CycleLetter, EntryFile, YearlyFile
from targets.models.targets import SnapshotValue
from targets.rules import naming as rules
from targets.services import applications as services
from targets.views.naming import STAGES

SHAPES = {
    "draft": "none", "applied": "doing", "assessed": "doing", "named": "ok", "recommended": "ok", "passed_over": "none",
    "withdrawn": "none", "revoked": "bad",
}  # fmt: skip


def demanded(request, right: str) -> None:
    if request.district.is_city:
        raise NotFound(_("没有这个页面"))
    request.actor.demand(right)


def fetched(request, pk: int, right: str = "cycle_application.view") -> CycleApplication:
    demanded(request, right)
    rows = CycleApplication.objects.allowed(request.actor, right)
    return get_object_or_404(rows.select_related("plan", "sent_by", "handed_in_by"), pk=pk)


def posted(request) -> tuple:
    return (request.POST,) if request.method == "POST" else (None,)


def sent(request, files: bool = True) -> tuple:
    """The same, with files."""
    return (*posted(request), request.FILES) if files and request.method == "POST" else posted(request)


def dropped(request) -> list[int]:
    """Files that the boxes of the page leave out."""
    return [int(v) for v in request.POST.getlist("drop") if v.isascii() and v.isdigit() and len(v) < 15]


#: How many stages an application has behind it. The first two are the district's own, the others the city's.
BEHIND = {
    "draft": 0,
    "applied": 1,
    "assessed": 2,
    "named": 5,
    "recommended": 5,
    "passed_over": 5,
    "revoked": 5,
}
OWN = 2


def days_of(row: CycleApplication, plan: dict, on: date) -> list[dict]:
    """The ruler of the stages as this district stands in them: its own by what it has done, the city's by the day."""
    found, waiting = [], row.state == "withdrawn"
    for number, (name, label) in enumerate(STAGES.items()):
        due = services.day_of(plan, name)
        over = rules.is_late(due, on)
        if number < BEHIND.get(row.state, 0):
            state = "ok"
        elif waiting:
            state = "none"
        elif number >= OWN and over:
            state = "ok"
        else:
            state, waiting = "bad" if over else "doing", True
        current = state in ("bad", "doing")
        found.append({"label": _(label), "note": day_words(due), "current": current, "state": state})
    return found


@require_GET
def application_list(request, district):
    """The city's cycles, with the district's own part in each."""
    demanded(request, "cycle_application.view")
    actor, on = request.actor, timezone.localdate()
    mine = {row.cycle: row for row in CycleApplication.objects.allowed(actor, "cycle_application.view")}
    rows = []
    for offer in services.offers():
        plan, own = offer.content, mine.get(offer.cycle)
        due = services.day_of(plan, "apply_by")
        over = rules.is_late(due, on)
        begins = (own is None or own.state == "withdrawn") and not over
        rows.append(
            {
                "offer": offer, "plan": plan, "own": own, "due": due, "over": over,
                "assess_by": services.day_of(plan, "assess_by"),
                "shape": SHAPES[own.state] if own else "none",
                "may_begin": begins and actor.may("cycle_application.write") and not actor.visiting,
            }
        )  # fmt: skip
    return render(request, "targets/applications.html", {"rows": rows})


@require_POST
def application_new(request, district, pk):
    """Begins the application to a cycle: `pk` is the city's letter."""
    demanded(request, "cycle_application.write")
    offer = get_object_or_404(CycleLetter.objects.filter(direction="in", kind="cycle"), pk=pk)
    made = services.begin(offer, actor=request.actor)
    tell(request, _("申请已建，写好以后由单位负责人报出"))
    return redirect("cycle-application", district, made.pk)


@require_GET
def application(request, district, pk):
    """The application, the indicators with what is said of each, and what came of it."""
    return page(request, fetched(request, pk))


def page(request, row: CycleApplication, form: LongNoteForm | None = None):
    actor, on, plan = request.actor, timezone.localdate(), row.plan.content
    entries = list(row.entries.prefetch_related("files__file"))
    writes = actor.may("cycle_application.write") and not actor.visiting
    sends = actor.may("cycle_application.send") and not actor.visiting
    wrote = actor.user is not None and actor.user.pk in row.writers
    complete = sum(one.complete for one in entries)
    charged = bool(row.charge) and not row.charge.get("answered")
    reports = list(row.reports.select_related("sent_by"))
    files = list(row.report_files.select_related("file")) if reports or row.drafts.get("report") else []
    for one in reports:
        one.papers = [file for file in files if file.year == one.year]
    drafted_files = [file for file in files if file.year not in {one.year for one in reports}]
    context = {
        "row": row, "plan": plan, "shape": SHAPES[row.state], "stages": days_of(row, plan, on), "entries": entries,
        "complete": complete, "total": rules.total([one.points for one in entries]),
        "may_edit": writes and row.state == "draft", "may_assess": writes and row.state == "applied",
        "may_send": sends and row.state == "draft" and not wrote,
        "may_hand_in": sends and row.state == "applied" and not wrote,
        "own": sends and wrote and row.state in ("draft", "applied"),
        "may_withdraw": sends and row.state in ("applied", "assessed"),
        "due": services.day_of(plan, "apply_by" if row.state == "draft" else "assess_by"),
        "owed": services.owed_years(row, on), "reports": reports, "drafted_files": drafted_files,
        "may_report": sends and row.state == "named", "charged": charged,
        "hearing_on": date.fromisoformat(row.charge["hearing_on"]) if row.charge else None,
        "may_state": sends and charged,
        "may_draft": writes and row.state == "named",
        "letters": list(CycleLetter.objects.filter(cycle=row.cycle).exclude(kind="cycle").order_by("-at", "-pk")),
        "form": form, "assessing": row.state != "draft",
    }  # fmt: skip
    return render(request, "targets/application.html", context, status=status_of(form) if form else 200)


@require_http_methods(["GET", "POST"])
def application_edit(request, district, pk):
    row = fetched(request, pk, "cycle_application.write")
    services.step(rules.APPLICATION, row, "write")
    names = ("approval", "approved_on", "intent", "version")
    form = ApplicationForm(
        *((request.POST, request.FILES) if request.method == "POST" else (None,)),
        paper=row.approval_file,
        initial={name: getattr(row, name) for name in names},
    )
    if request.method == "POST":
        done = accepted(form, lambda: services.write(row, actor=request.actor, **form.values()))
        if done is not None:
            tell(request, _("申请已保存"))
            return redirect("cycle-application", district, pk)
    return form_page(request, form, row, _("写申请"), _("保存"))


def form_page(request, form, row: CycleApplication, title: str, verb: str, lead: str = "", files=()):
    """`files`: what goes with it already, each with a box to leave it out."""
    context = {
        "files": files, "form": form, "row": row, "title": title, "verb": verb, "lead": lead,
        "back": reverse("cycle-application", args=[request.district.slug, row.pk]),
    }  # fmt: skip
    return render(request, "targets/application_form.html", context, status=status_of(form))


@require_http_methods(["GET", "POST"])
def summary_edit(request, district, pk):
    row = fetched(request, pk, "cycle_application.write")
    services.step(rules.APPLICATION, row, "assess")
    form = TextForm(
        *posted(request), label=_("自评报告"), initial={"text": row.summary, "version": row.version}
    )
    if request.method == "POST":
        done = accepted(
            form,
            lambda: services.summarise(
                row,
                summary=form.cleaned_data["text"],
                version=form.cleaned_data["version"] or 0,
                actor=request.actor,
            ),
        )
        if done is not None:
            tell(request, _("自评报告已保存"))
            return redirect("cycle-application", district, pk)
    return form_page(request, form, row, _("写自评报告"), _("保存"))


STEPS = {
    "send": (services.apply, marked("申请已报到市里")),
    "hand_in": (services.hand_in, marked("自评已报到市里")),
    "withdraw": (services.withdraw, marked("申报已撤回")),
}


@require_POST
def application_step(request, district, pk):
    what = request.POST.get("what", "")
    if what not in STEPS:
        demanded(request, "cycle_application.send")
        raise Refused(_("要做什么：从页面上的按钮里选"), field="what", code="what")
    service, words = STEPS[what]
    row, form = fetched(request, pk, "cycle_application.send"), LongNoteForm(request.POST)
    if form.is_valid():
        more = {"note": form.cleaned_data["note"]} if what == "withdraw" else {}
        try:
            service(row, version=form.cleaned_data["version"] or 0, actor=request.actor, **more)
        except Refused as refused:
            refuse(form, refused)
        else:
            tell(request, _(words))
            return redirect("cycle-application", district, pk)
    return page(request, fetched(request, pk, "cycle_application.send"), form)


def figure_words(value: SnapshotValue) -> str:
    """A figure to choose: as it is written everywhere, before the target's long text, which a narrow list cuts."""
    figure = services.figure_of(value)
    parts = _("（%(parts)s）") % {"parts": figure["parts"]} if figure["parts"] else ""
    return f"{figure['written']}{parts}　{figure['clause']}　{figure['target']}"


@require_http_methods(["GET", "POST"])
def entry(request, district, pk):
    """The self-assessment on one indicator."""
    demanded(request, "cycle_application.write")
    rows = AssessmentEntry.objects.allowed(request.actor, "cycle_application.write")
    one = get_object_or_404(rows.select_related("application", "target", "snapshot"), pk=pk)
    row = one.application
    services.step(rules.APPLICATION, row, "assess")
    values = services.figures(timezone.localdate())
    by_id = {str(value.pk): value for value in values}
    taken = next(
        (
            key
            for key, v in by_id.items()
            if v.target_id == one.target_id and v.snapshot_id == one.snapshot_id
        ),
        "",
    )
    choices = [(key, figure_words(v)) for key, v in by_id.items()]
    form = EntryForm(
        *((request.POST, request.FILES) if request.method == "POST" else (None,)), entry=one, figures=choices,
        initial={"text": one.text, "points": one.points, "taken": taken, "version": row.version},
    )  # fmt: skip
    if request.method == "POST":
        done = accepted(
            form,
            lambda: services.assess(
                one, text=form.cleaned_data["text"], points=form.cleaned_data.get("points"),
                taken=by_id.get(form.cleaned_data["taken"]), files=form.cleaned_data["files"], drop=dropped(request),
                version=form.cleaned_data["version"] or 0, actor=request.actor,
            ),
        )  # fmt: skip
        if done is not None:
            tell(request, _("第 %(n)d 条自评已保存") % {"n": one.position})
            following = row.entries.filter(position__gt=one.position, text="").first()
            if request.POST.get("what") == "next" and following:
                return redirect("cycle-entry", district, following.pk)
            return redirect("cycle-application", district, row.pk)
    context = {"form": form, "row": row, "entry": one, "files": list(one.files.select_related("file"))}
    return render(request, "targets/application_entry.html", context, status=status_of(form))


@require_GET
def paper(request, district, pk):
    """The copy of the document by which the district's committee and government agreed."""
    row = fetched(request, pk)
    if row.approval_file is None:
        raise NotFound(_("没有附文件"))
    return file_response(row.approval_file)


@require_GET
def entry_file(request, district, pk):
    demanded(request, "cycle_application.view")
    rows = EntryFile.objects.allowed(request.actor, "cycle_application.view").select_related("file")
    return file_response(get_object_or_404(rows, pk=pk).file)


@require_GET
def report_file(request, district, pk):
    """A file of a year's report."""
    demanded(request, "cycle_application.view")
    rows = YearlyFile.objects.allowed(request.actor, "cycle_application.view").select_related("file")
    return file_response(get_object_or_404(rows, pk=pk).file)


@require_http_methods(["GET", "POST"])
def draft(request, district, pk, kind):
    """The bureau's draft of the year's report or of the statement to a charge."""
    row = fetched(request, pk, "cycle_application.write")
    on, label = timezone.localdate(), _(services.DRAFTS[kind])
    services.wanted(row, kind, on)
    known = {"version": row.version, "text": row.drafts.get(kind, {}).get("text", "")}
    yearly = kind == "report"
    made = ReportForm if yearly else TextForm
    form = made(*sent(request, yearly), label=label, help_text=_("单位负责人看过再报出"), initial=known)
    if request.method == "POST":
        more = (
            {"files": form.cleaned_data["files"], "drop": dropped(request)}
            if yearly and form.is_valid()
            else {}
        )
        done = accepted(
            form,
            lambda: services.prepare(
                row, kind, text=form.cleaned_data["text"], version=form.cleaned_data["version"] or 0,
                actor=request.actor, **more,
            ),
        )  # fmt: skip
        if done is not None:
            tell(request, _("%(what)s的草稿已保存，等单位负责人报出") % {"what": label})
            return redirect("cycle-application", district, pk)
    if kind == "report":
        year = services.owed_years(row, on)[0]
        title, lead, files = _("起草 %(year)d 年的情况") % {"year": year}, "", files_of(row, year)
    else:
        title, lead, files = _("起草陈述"), charge_words(row), ()
    return form_page(request, form, row, title, _("保存草稿"), lead, files)


def files_of(row: CycleApplication, year: int) -> list[YearlyFile]:
    return list(row.report_files.filter(year=year).select_related("file"))


def charge_words(row: CycleApplication) -> str:
    return f"{row.charge['ground']}\n{row.charge['facts']}"


def drafted(row: CycleApplication, kind: str) -> dict:
    """What a head's form begins with: the bureau's draft, if there is one."""
    return {"version": row.version, "text": row.drafts.get(kind, {}).get("text", "")}


def draft_hint(row: CycleApplication, kind: str) -> str:
    found = row.drafts.get(kind)
    last = _("报出以后不再改")
    return _("%(who)s起草的，可以改。%(last)s") % {"who": found["by"], "last": last} if found else last


@require_http_methods(["GET", "POST"])
def report(request, district, pk):
    """What a named district reports of a year: the first that is owed."""
    row = fetched(request, pk, "cycle_application.send")
    owed = services.owed_years(row, timezone.localdate())
    if not owed:
        raise Refused(_("没有要报的年度"), code="none")
    form = ReportForm(
        *sent(request),
        label=_("年度情况"),
        help_text=draft_hint(row, "report"),
        initial=drafted(row, "report"),
    )
    if request.method == "POST":
        done = accepted(
            form,
            lambda: services.report(
                row,
                owed[0],
                text=form.cleaned_data["text"],
                files=form.cleaned_data["files"],
                drop=dropped(request),
                version=form.cleaned_data["version"] or 0,
                actor=request.actor,
            ),
        )
        if done is not None:
            tell(request, _("%(year)d 年的情况已报到市里") % {"year": done.year})
            return redirect("cycle-application", district, pk)
    title = _("报 %(year)d 年的情况") % {"year": owed[0]}
    return form_page(request, form, row, title, _("报到市里"), files=files_of(row, owed[0]))


@require_http_methods(["GET", "POST"])
def statement(request, district, pk):
    """What the district says to a charge."""
    row = fetched(request, pk, "cycle_application.send")
    if not row.charge:
        raise Refused(_("没有等陈述的事项"), code="state")
    form = StatementForm(
        *posted(request),
        label=_("陈述"),
        help_text=draft_hint(row, "statement"),
        initial=drafted(row, "statement"),
    )
    if request.method == "POST":
        done = accepted(
            form,
            lambda: services.state(
                row,
                text=form.cleaned_data["text"],
                waived=form.cleaned_data["waived"],
                version=form.cleaned_data["version"] or 0,
                actor=request.actor,
            ),
        )
        if done is not None:
            tell(request, _("陈述已报到市里"))
            return redirect("cycle-application", district, pk)
    return form_page(request, form, row, _("向市里陈述"), _("报到市里"), charge_words(row))
