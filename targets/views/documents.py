"""Pages of a policy document that is written: drafts, their entries, files, comparison, the two people's steps; and
its versions."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.middleware import tell
from portal.models.policy import DocumentVersion, PolicyDocument
from portal.services.import_files import XLSX
from portal.templatetags.ui import day_words
from portal.views.forms import accepted, status_of
from targets.forms.document_entries import FORMS
from targets.forms.documents import FactsForm, FileForm, IntoForm, LinkForm, RemoveForm, StepForm, TakeForm
from targets.models.drafts import DocumentDraft
from targets.rules import plan_content
from targets.services import document_drafts as services
from targets.services import document_follows, plan_base, plan_imports, plan_sheets, plan_yaml
from targets.views import plan_shown


def titles(part: str) -> tuple[str, str]:
    return {
        "clauses": (_("加一条条款"), _("改这一条")),
        "units": (_("加一个新单位"), _("改这个单位")),
        "tasks": (_("加一项任务"), _("改这一项")),
        "targets": (_("加一个指标"), _("改这个指标")),
        "parameters": (_("加一个参数的取值"), _("改这个取值")),
    }[part]


def draft_of(request, pk: int, right: str = "document_draft.view") -> DocumentDraft:
    request.actor.demand(right)
    rows = DocumentDraft.objects.allowed(request.actor, right)
    return get_object_or_404(rows.select_related("document", "follows", "submitted_by", "published"), pk=pk)


@require_GET
def draft_list(request, district):
    """Documents that are being written, those in hand first."""
    request.actor.demand("document_draft.view")
    rows = DocumentDraft.objects.allowed(request.actor, "document_draft.view")
    rows = list(rows.select_related("document", "follows", "begun_by").defer("content")[:100])
    rows.sort(key=lambda row: row.state not in services.OPEN)
    context = {"drafts": rows, "may_manage": request.actor.may("document.manage")}
    return render(request, "targets/document_drafts.html", context)


@require_http_methods(["GET", "POST"])
def draft_new(request, district):
    """A document from nothing: its facts first."""
    request.actor.demand("document.manage")
    form = FactsForm(request.POST if request.method == "POST" else None, new=True)
    if request.method == "POST":
        made = accepted(
            form,
            lambda: services.begin_new(
                form.facts(), follows=form.cleaned_data["follows"], actor=request.actor
            ),
        )
        if made:
            tell(request, _("草稿建好了，接着加条款、任务和指标"))
            return redirect("document-draft", district, made.pk)
    return form_page(
        request, form, _("新的政策文件"), _("建草稿"), reverse("document-drafts", args=[district])
    )


def form_page(request, form, title: str, verb: str, back: str, over: str = "", **more):
    context = {
        "form": form,
        "over": over or _("起草中的文件"),
        "back": back,
        "title": title,
        "verb": verb,
        **more,
    }
    return render(request, "facilities/small_form.html", context, status=status_of(form))


@require_http_methods(["GET", "POST"])
def draft_file_new(request, district):
    """A draft from a file."""
    request.actor.demand("document.manage")
    form = FileForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
    )
    if request.method == "POST":
        given = form.cleaned_data if form.is_valid() else {}
        made = accepted(
            form,
            lambda: plan_imports.read_in(
                given["file"], document=given["document"], follows=given["follows"], actor=request.actor
            ),
        )
        if made:
            tell(request, _("已读进草稿，看过再送第二人公布"))
            return redirect("document-draft", district, made.pk)
    return file_page(request, form, reverse("document-drafts", args=[district]), _("起草中的文件"))


def file_page(request, form, back: str, over: str):
    refused = getattr(form, "refused", None)
    context = {"form": form, "back": back, "over": over, "faults": getattr(refused, "faults", [])}
    return render(request, "targets/document_file.html", context, status=status_of(form))


@require_http_methods(["GET", "POST"])
def draft_file_into(request, district, pk):
    """A file into a draft that is there."""
    draft = draft_of(request, pk, "document.manage")
    post = request.method == "POST"
    form = IntoForm(
        request.POST if post else None, request.FILES if post else None, initial={"version": draft.version}
    )
    back = reverse("document-draft", args=[district, pk])
    if post:

        def take():
            data, name = plan_imports.bytes_of(form.cleaned_data["file"])
            return plan_imports.into(
                draft, data, name, version=form.cleaned_data["version"], actor=request.actor
            )

        done = accepted(form, take)
        if done:
            same = done.version == draft.version
            tell(request, _("文件和草稿一样，没有改动") if same else _("已读进草稿"))
            return redirect(back)
    return file_page(request, form, back, draft.title)


def workbook(content, name: str) -> HttpResponse:
    answer = HttpResponse(plan_sheets.workbook(content), content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    return answer


@require_GET
def draft_template(request, district):
    """An empty workbook; `?form=yaml`: a plan file to be written over."""
    request.actor.demand("document.manage")
    if request.GET.get("form") != "yaml":
        return workbook(plan_content.empty(), "document-template")
    answer = HttpResponse(plan_yaml.TEMPLATE.read_bytes(), content_type="application/yaml")
    answer["Content-Disposition"] = 'attachment; filename="document-template.yaml"'
    return answer


@require_GET
def draft_book(request, district, pk):
    """The draft by sheets; it comes in again as it is."""
    draft = draft_of(request, pk)
    return workbook(draft.content, f"document-draft-{pk}")


@require_POST
def draft_begin(request, district, key):
    """The next version of a document; its draft where there is one."""
    request.actor.demand("document.manage")
    row = get_object_or_404(PolicyDocument.objects.allowed(request.actor, "document.view"), key=key)
    draft = services.open_of(row)
    if draft is None:
        draft = services.begin_version(row, actor=request.actor)
        tell(request, _("草稿已建好，改完送第二人公布"))
    return redirect("document-draft", district, draft.pk)


@require_GET
def draft(request, district, pk):
    """The draft: what is wrong with it, its parts, the next step."""
    return draft_page(request, draft_of(request, pk))


def draft_page(request, row: DocumentDraft, form: StepForm | None = None):
    actor = request.actor
    own = actor.same_person(row.submitted_by)
    settled = row.state not in services.OPEN
    problems = [] if settled else plan_content.problems(row.content, plan_base.known())
    initial = {"version": row.version, "starts_on": row.starts_on or first_day(row), "reason": row.reason}
    context = {
        "draft": row,
        "facts": row.content["document"],
        "parts": plan_shown.parts(row.content),
        "problems": [
            (services.place(one, row.content), services.sentence(one), problem_url(request, row, one))
            for one in problems[:100]
        ],
        "problem_count": len(problems),
        "compared": None
        if settled or not (row.document or row.follows)
        else plan_shown.change_parts(services.changes_of(row), bool(row.follows)),
        "may_edit": row.state == "draft" and actor.may("document.manage") and not actor.visiting,
        "may_drop": not settled and actor.may("document.manage") and not actor.visiting,
        "may_publish": row.state == "submitted" and actor.may("document.publish") and not own,
        "own": row.state == "submitted" and own,
        "settled": settled,
        "form": form or StepForm(initial=initial, version_of_document=row.document is not None),
        "errors": form,
    }
    return render(request, "targets/document_draft.html", context, status=status_of(form) if form else 200)


def first_day(row: DocumentDraft):
    """The day that is proposed: of a next version none, of a document the first of its period."""
    return None if row.document else plan_content.day(row.content["document"]["period"]["from"])


def problem_url(request, row: DocumentDraft, problem) -> str:
    slug = request.district.slug
    if row.state != "draft" or not request.actor.may("document.manage"):
        return ""
    if problem.part not in plan_content.PARTS or problem.index >= len(row.content[problem.part]):
        return reverse("document-facts", args=[slug, row.pk])
    return reverse("document-entry", args=[slug, row.pk, problem.part, problem.index + 1])


@require_http_methods(["GET", "POST"])
def draft_facts(request, district, pk):
    row = draft_of(request, pk, "document.manage")
    before = row.content["document"]
    initial = FactsForm.initial_of(before) | {"version": row.version}
    form = FactsForm(request.POST if request.method == "POST" else None, initial=initial)
    back = reverse("document-draft", args=[district, pk])
    if request.method == "POST":
        done = accepted(
            form,
            lambda: services.save_facts(
                row, form.facts(before), version=form.cleaned_data["version"], actor=request.actor
            ),
        )
        if done:
            tell(request, _("已存进草稿"))
            return redirect(back)
    return form_page(request, form, _("文件的标题、文号和期限"), _("存进草稿"), back, row.title)


@require_http_methods(["GET", "POST"])
def entry_new(request, district, pk, part):
    return entry_page(request, draft_of(request, pk, "document.manage"), part, None)


@require_http_methods(["GET", "POST"])
def entry(request, district, pk, part, number):
    return entry_page(request, draft_of(request, pk, "document.manage"), part, place_of(number))


def place_of(number: int) -> int:
    """An entry's place in its list; addresses count from 1."""
    if number < 1:
        raise Http404
    return number - 1


def entry_page(request, row: DocumentDraft, part: str, index: int | None):
    """An entry's form; a new one where `index` is None."""
    if part not in FORMS or (index is not None and index >= len(row.content[part])):
        raise Http404
    initial = {"version": row.version}
    if index is not None:
        initial = FORMS[part].initial_of(row.content[part][index]) | initial
    elif part == "tasks":
        initial["number"] = max((one["number"] for one in row.content["tasks"]), default=0) + 1
    form = FORMS[part](
        request.POST if request.method == "POST" else None,
        initial=initial,
        content=row.content,
        district=request.district.slug,
    )
    back = reverse("document-draft", args=[request.district.slug, row.pk])
    if request.method == "POST":
        done = accepted(
            form,
            lambda: services.save_entry(
                row, part, index, form.entry(), version=form.cleaned_data["version"], actor=request.actor
            ),
        )
        if done:
            tell(request, _("已存进草稿"))
            return redirect(f"{back}#{part}")
    title = titles(part)[index is not None]
    return form_page(request, form, title, _("存进草稿"), f"{back}#{part}", row.title)


@require_POST
def entry_remove(request, district, pk, part, number):
    row = draft_of(request, pk, "document.manage")
    if part not in FORMS:
        raise Http404
    index = place_of(number)
    form = RemoveForm(request.POST)
    done = accepted(
        form,
        lambda: services.remove_entry(
            row, part, index, version=form.cleaned_data["version"], actor=request.actor
        ),
    )
    if done is None:
        return draft_page(request, draft_of(request, pk), carried(form))
    return redirect(f"{reverse('document-draft', args=[district, pk])}#{part}")


def carried(form) -> StepForm:
    """Another form's refusal on the page of the draft."""
    step = StepForm({"what": "drop", "version": "0"})
    step.is_valid()
    for errors in form.errors.values():
        for sentence in errors:
            step.add_error(None, sentence)
    if hasattr(form, "refused"):
        step.refused = form.refused
    return step


@require_http_methods(["GET", "POST"])
def draft_changes(request, district, pk):
    """Row by row against the version before or the predecessor; rows that the draft lacks can be taken over."""
    row = draft_of(request, pk)
    if request.method == "POST":
        request.actor.demand("document.manage")
        linking = "index" in request.POST
        form = (LinkForm if linking else TakeForm)(request.POST, base=services.base_of(row))

        def take():
            given = form.cleaned_data
            about = {"version": given["version"], "actor": request.actor}
            if linking:
                return document_follows.link(row, given["part"], given["index"], given["follows"], **about)
            return document_follows.take_over(row, given["part"], given["rows"], **about)

        done = accepted(form, take)
        if done:
            tell(request, _("已接上") if linking else _("已接进草稿"))
            return redirect("document-changes", district, pk)
    else:
        form = None
    if not (row.document or row.follows):
        raise Http404
    context = {
        "draft": row,
        "other": row.document or row.follows,
        "successor": bool(row.follows),
        "parts": plan_shown.change_parts(services.changes_of(row), bool(row.follows)),
        "may_edit": row.state == "draft" and request.actor.may("document.manage"),
        "errors": form,
    }
    return render(request, "targets/document_changes.html", context, status=status_of(form) if form else 200)


@require_POST
def draft_step(request, district, pk):
    """Handed over, sent back, published, dropped."""
    row = draft_of(request, pk)
    form = StepForm(request.POST, version_of_document=row.document is not None)

    def take():
        given = form.cleaned_data
        about = {"version": given["version"], "actor": request.actor}
        if given["what"] == "submit":
            return services.submit(row, starts_on=given["starts_on"], reason=given["reason"], **about)
        if given["what"] == "return":
            return services.give_back(row, note=given["note"], **about)
        if given["what"] == "publish":
            return services.publish(row, **about)
        return services.drop(row, **about)

    done = accepted(form, take)
    if done is None:
        return draft_page(request, row, form)
    what = form.cleaned_data["what"]
    if what == "publish":
        day = day_words(done.starts_on, timezone.localdate())
        tell(request, _("已公布，%(day)s 起按它衡量") % {"day": day})
        return redirect("document", district, done.document.key)
    tell(request, {"submit": _("已送第二人"), "return": _("已退回修改"), "drop": _("草稿不要了")}[what])
    return (
        redirect("document-drafts", district) if what == "drop" else redirect("document-draft", district, pk)
    )


# --- Versions -----------------------------------------------------------------------------------------


def version_of(request, pk: int) -> DocumentVersion:
    request.actor.demand("document.view")
    rows = DocumentVersion.objects.allowed(request.actor, "document.view").select_related("document")
    return get_object_or_404(rows.select_related("published_by"), pk=pk)


@require_GET
def version(request, district, pk):
    """A version as it was published."""
    row = version_of(request, pk)
    later = (
        DocumentVersion.objects.filter(document=row.document, number__gt=row.number)
        .order_by("number")
        .first()
    )
    context = {
        "version": row,
        "document": row.document,
        "facts": row.content["document"],
        "parts": plan_shown.parts(row.content),
        "until": later.starts_on if later else row.document.superseded_on,
    }
    return render(request, "targets/document_version.html", context)


@require_GET
def version_book(request, district, pk):
    row = version_of(request, pk)
    return workbook(row.content, f"{row.document.key}-{row.number}")
