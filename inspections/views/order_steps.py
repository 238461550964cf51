"""More time for an order: asked by the facility, decided by the bureau."""

from __future__ import annotations

from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from inspections.forms.orders import ExtensionAnswerForm, ExtensionForm
from inspections.models import Order
from inspections.services import extensions
from inspections.views.orders import order_page, visible
from portal.middleware import tell
from portal.templatetags.ui import day_words
from portal.views.files import file_response
from portal.views.forms import accepted, status_of


@require_POST
def order_extension(request, district, pk):
    row = get_object_or_404(Order.objects.allowed(request.actor, "order.extend_ask"), pk=pk)
    form = ExtensionForm(request.POST, request.FILES)
    if accepted(form, lambda: extensions.ask(row, actor=request.actor, **form.cleaned_data)):
        tell(request, _("延期申请已送出，等区教育局决定；在那以前期限照旧"))
        return redirect("order", district, pk)
    return order_page(request, visible(request, pk), steps={"extension": form}, status=status_of(form))


@require_POST
def order_extension_answer(request, district, pk, extension):
    row = get_object_or_404(Order.objects.allowed(request.actor, "order.extend"), pk=pk)
    found = get_object_or_404(row.extensions.select_related("order"), pk=extension)
    form = ExtensionAnswerForm(request.POST)
    done = accepted(
        form,
        lambda: extensions.decide(
            found, form.cleaned_data["what"] == "yes", answer=form.cleaned_data["answer"], actor=request.actor
        ),
    )
    if done:
        granted = done.state == "granted"
        words = (
            _("同意延期到 %(day)s") % {"day": day_words(done.wanted_on)}
            if granted
            else _("不同意延期，期限照旧")
        )
        tell(request, words)
        return redirect("order", district, pk)
    steps = {"extension_answer": form}
    return order_page(request, visible(request, pk), steps=steps, status=status_of(form))


@require_GET
def order_extension_file(request, district, pk, extension):
    """What came with the request, for whoever may see the order."""
    found = get_object_or_404(visible(request, pk).extensions.filter(file__isnull=False), pk=extension)
    return file_response(found.file)
