"""Pages of a checklist's next version: the draft with what differs, its items, the two people's steps."""

from __future__ import annotations

from itertools import groupby

from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from facilities.models import Facility
from inspections.forms.checklists import DraftStepForm, ItemForm, ItemStepForm, ListChangeForm, ListForm
from inspections.models import Checklist, ChecklistDraft, MatterVersion
from inspections.rules import checklists as rules
from inspections.rules.states import WEIGHTS
from inspections.services import checklist_drafts as services
from inspections.services import checklist_lists
from portal.middleware import tell
from portal.models import Clause
from portal.views.forms import accepted, status_of

SHAPES = {"added": "ok", "removed": "bad", "changed": "warn", "moved": "none"}


def what_words(what: str) -> str:
    return {"added": _("新加"), "removed": _("去掉"), "changed": _("改写"), "moved": _("挪动")}[what]


class Words:
    """What an item's values are called, read once for a page."""

    def __init__(self, *wordings: list[dict]):
        rows = [item for wording in wordings for item in wording]
        latest = MatterVersion.objects.filter(matter__key__in={item["matter"] for item in rows})
        self.matters = {}
        for one in latest.select_related("matter").order_by("number"):
            self.matters[one.matter.key] = one.name
        ids = {item["clause"] for item in rows if item["clause"] is not None}
        self.clauses = {
            one.pk: f"{one.document} {one.label}"
            for one in Clause.objects.filter(pk__in=ids).select_related("document")
        }
        self.kinds = dict(Facility.Kind.choices)

    def value(self, name: str, value) -> str:
        if name in ("weak", "short"):
            return _("是") if value else _("否")
        if name == "weight":
            return _(WEIGHTS.get(value, value))
        if name == "matter":
            return self.matters.get(value, value)
        if name == "clause":
            return self.clauses.get(value, "")
        if name == "kinds":
            return _("、").join(str(self.kinds.get(kind, kind)) for kind in value)
        return value

    def row(self, item: dict) -> dict:
        return item | {
            "weight_word": self.value("weight", item["weight"]),
            "kind_names": [str(self.kinds.get(kind, kind)) for kind in item["kinds"]],
            "source": self.value("clause", item["clause"]) or item["basis"],
            "matter_name": self.value("matter", item["matter"]),
        }

    def difference(self, one: rules.Difference) -> dict:
        return {
            "what": what_words(one.what),
            "shape": SHAPES[one.what],
            "text": (one.after or one.before)["text"],
            "section": (one.after or one.before)["section"],
            "fields": [
                {
                    "label": _(rules.LABELS[name]),
                    "before": self.value(name, one.before[name]) or "—",
                    "after": self.value(name, one.after[name]) or "—",
                }
                for name in one.fields
            ],
        }


def differences(before: list[dict], after: list[dict]) -> list[dict]:
    """What differs between two wordings, in words."""
    words = Words(before, after)
    return [words.difference(one) for one in rules.differences(before, after)]


def list_of(request, key: str, right: str = "checklist_draft.view") -> Checklist:
    request.actor.demand(right)
    return get_object_or_404(Checklist.objects.allowed(request.actor, right), key=key)


def draft_of(request, key: str, right: str = "checklist_draft.view") -> ChecklistDraft:
    found = services.open_of(list_of(request, key, right))
    if found is None:
        raise Http404
    return found


@require_GET
def checklist_draft(request, district, key):
    """The draft: what differs from the version before, its items, the next step."""
    return draft_page(request, draft_of(request, key))


def draft_page(request, draft: ChecklistDraft, form: DraftStepForm | None = None):
    actor = request.actor
    before = services.rows_of(draft.based_on)
    words = Words(before, draft.items)
    rows = [words.row(item) | {"number": n} for n, item in enumerate(draft.items, start=1)]
    own = actor.same_person(draft.submitted_by)
    initial = {"version": draft.version, "starts_on": draft.starts_on}
    context = {
        "draft": draft,
        "checklist": draft.checklist,
        "sections": [(name, list(group)) for name, group in groupby(rows, key=lambda row: row["section"])],
        "count": len(rows),
        "short": sum(item["short"] for item in draft.items),
        "kind_names": [words.kinds.get(kind, kind) for kind in draft.checklist.kinds],
        "differences": [words.difference(one) for one in rules.differences(before, draft.items)],
        "may_edit": draft.state == "draft" and actor.may("checklist.draft"),
        "may_rename": (
            draft.state == "draft"
            and actor.may("checklist.draft")
            and checklist_lists.may_change(draft.checklist)
        ),
        "may_drop": actor.may("checklist.draft"),
        "may_publish": draft.state == "submitted" and actor.may("checklist.publish") and not own,
        "own": own,
        "form": form or DraftStepForm(initial=initial),
        "errors": form,
        "on": timezone.localdate(),
    }
    return render(
        request, "inspections/checklist_draft.html", context, status=status_of(form) if form else 200
    )


@require_http_methods(["GET", "POST"])
def checklist_new(request, district):
    """A list from nothing: its name and kinds, then its draft."""
    request.actor.demand("checklist.draft")
    form = ListForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        made = accepted(form, lambda: checklist_lists.make_list(actor=request.actor, **form.cleaned_data))
        if made:
            tell(request, _("草稿建好了，接着加检查项，或者从表格导入"))
            return redirect("checklist-draft", district, made.checklist.key)
    context = {
        "form": form,
        "over": _("检查表"),
        "back": reverse("checklists", args=[district]),
        "title": _("新建检查表"),
        "verb": _("建草稿"),
    }
    return render(request, "facilities/small_form.html", context, status=status_of(form))


@require_http_methods(["GET", "POST"])
def checklist_list(request, district, key):
    """Another name or other kinds of a list that was never published."""
    draft = draft_of(request, key, "checklist.draft")
    row = draft.checklist
    initial = {"name": row.name, "kinds": row.kinds, "version": draft.version}
    form = ListChangeForm(request.POST if request.method == "POST" else None, initial=initial)
    back = reverse("checklist-draft", args=[district, key])
    if request.method == "POST":
        done = accepted(
            form, lambda: checklist_lists.change_list(draft, actor=request.actor, **form.cleaned_data)
        )
        if done:
            tell(request, _("名称和用途已存"))
            return redirect(back)
    context = {
        "form": form,
        "over": _("%(name)s的草稿") % {"name": row.name},
        "back": back,
        "title": _("改名称和用途"),
        "verb": _("存下变更"),
    }
    return render(request, "facilities/small_form.html", context, status=status_of(form))


@require_POST
def checklist_draft_begin(request, district, key):
    """A draft with the items of the last version."""
    row = list_of(request, key, "checklist.draft")
    services.begin(row, actor=request.actor)
    tell(request, _("草稿已建好，改完送第二人公布"))
    return redirect("checklist-draft", district, key)


@require_POST
def checklist_draft_step(request, district, key):
    """Handed over, sent back, published, dropped."""
    draft = draft_of(request, key)
    form = DraftStepForm(request.POST)

    def take():
        given = form.cleaned_data
        about = {"version": given["version"], "actor": request.actor}
        if given["what"] == "submit":
            return services.submit(draft, starts_on=given["starts_on"], **about)
        if given["what"] == "return":
            return services.give_back(draft, note=given["note"], **about)
        if given["what"] == "publish":
            return services.publish(draft, **about)
        return checklist_lists.drop(draft, **about)

    done = accepted(form, take)
    if done is None:
        return draft_page(request, draft, form)
    what = form.cleaned_data["what"]
    if what == "publish":
        tell(request, _("已公布，%(day)s 起用") % {"day": done.starts_on.isoformat()})
    elif what == "drop":
        tell(request, _("草稿不要了，这张表也没有了") if done is True else _("草稿不要了，检查表没有变"))
    else:
        tell(request, _("已送第二人") if what == "submit" else _("已退回修改"))
    if done is True:
        return redirect("checklists", district)
    if what in ("publish", "drop"):
        return redirect("checklist", district, key)
    return redirect("checklist-draft", district, key)


@require_http_methods(["GET", "POST"])
def checklist_item_new(request, district, key):
    return item_page(request, draft_of(request, key, "checklist.draft"), "")


@require_http_methods(["GET", "POST"])
def checklist_item(request, district, key, item):
    draft = draft_of(request, key, "checklist.draft")
    if item not in {one["key"] for one in draft.items}:
        raise Http404
    return item_page(request, draft, item)


def item_page(request, draft: ChecklistDraft, key: str):
    """An item's form; a new one where `key` is ''."""
    row = next((one for one in draft.items if one["key"] == key), None)
    initial = (dict(row) if row else {"section": request.GET.get("section", "")[:40]}) | {
        "version": draft.version
    }
    form = ItemForm(
        request.POST if request.method == "POST" else None, initial=initial, kinds=draft.checklist.kinds
    )
    back = reverse("checklist-draft", args=[request.district.slug, draft.checklist.key])
    if request.method == "POST":
        done = accepted(
            form,
            lambda: services.save_item(
                draft, key=key, version=form.cleaned_data["version"], actor=request.actor, **form.item()
            ),
        )
        if done:
            tell(request, _("这一项已存进草稿"))
            return redirect(back)
    context = {
        "form": form,
        "over": _("%(name)s的草稿") % {"name": draft.checklist.name},
        "back": back,
        "title": _("改这一项") if key else _("加一项"),
        "verb": _("存进草稿"),
    }
    return render(request, "facilities/small_form.html", context, status=status_of(form))


@require_POST
def checklist_item_step(request, district, key, item):
    """Removed, or moved a place."""
    draft = draft_of(request, key, "checklist.draft")
    form = ItemStepForm(request.POST)

    def take():
        about = {"key": item, "version": form.cleaned_data["version"], "actor": request.actor}
        what = form.cleaned_data["what"]
        if what == "remove":
            return services.remove_item(draft, **about)
        return services.move_item(draft, by=-1 if what == "up" else 1, **about)

    done = accepted(form, take)
    if done is None:
        return draft_page(request, services.open_of(draft.checklist) or draft, carried(form))
    return redirect(f"{reverse('checklist-draft', args=[district, key])}#{item}")


def carried(form: ItemStepForm) -> DraftStepForm:
    """A step's refusal on the page of the draft, which has another form."""
    step = DraftStepForm({"what": "drop", "version": "0"})
    step.is_valid()
    for errors in form.errors.values():
        for sentence in errors:
            step.add_error(None, sentence)
    if hasattr(form, "refused"):
        step.refused = form.refused
    return step
