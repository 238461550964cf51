"""Pages of visits, checklists and orders within a district."""

from django.urls import path

from inspections.views import (
    agreement,
    answers,
    checklists,
    confirmations,
    matters,
    order_steps,
    orders,
    visits,
)
from inspections.views import checklist_drafts as drafts

urlpatterns = [
    path("inspections/", visits.inspections, name="inspections"),
    path("inspections/new/", visits.inspection_new, name="inspection-new"),
    path("inspections/<int:pk>/", visits.inspection, name="inspection"),
    path("inspections/<int:pk>/start/", answers.inspection_start, name="inspection-start"),
    path("inspections/<int:pk>/items/<int:item>/", answers.inspection_item, name="inspection-item"),
    path(
        "inspections/<int:pk>/items/<int:item>/photos/", answers.inspection_photos, name="inspection-photos"
    ),
    path("inspections/<int:pk>/photos/<int:photo>/", answers.inspection_photo, name="inspection-photo"),
    path("inspections/<int:pk>/again/", agreement.inspection_again, name="inspection-again"),
    path("agreement/", agreement.agreement, name="agreement"),
    path("agreement/rows/<str:key>/", agreement.agreement_rows, name="agreement-rows"),
    path("inspections/<int:pk>/sign-off/", answers.inspection_signoff, name="inspection-signoff"),
    path("inspections/<int:pk>/second/", confirmations.inspection_second, name="inspection-second"),
    path("inspections/<int:pk>/result/", visits.inspection_result, name="inspection-result"),
    path("inspections/<int:pk>/publish/", visits.inspection_publish, name="inspection-publish"),
    path("inspections/<int:pk>/cancel/", visits.inspection_cancel, name="inspection-cancel"),
    path(
        "inspections/<int:pk>/cancel/confirm/",
        visits.inspection_cancel_confirm,
        name="inspection-cancel-confirm",
    ),
    path(
        "inspections/<int:pk>/cancel/decline/",
        visits.inspection_cancel_decline,
        name="inspection-cancel-decline",
    ),
    path("inspections/matters/", matters.matters, name="matters"),
    path("inspections/matters/new/", matters.matter_new, name="matter-new"),
    path("inspections/matters/<slug:key>/", matters.matter, name="matter"),
    path("inspections/matters/<slug:key>/edit/", matters.matter_edit, name="matter-edit"),
    path("inspections/matters/<slug:key>/step/", matters.matter_step, name="matter-step"),
    path("inspections/checklists/", checklists.checklists, name="checklists"),
    path("inspections/checklists/new/", drafts.checklist_new, name="checklist-new"),
    path("inspections/checklists/<slug:key>/", checklists.checklist, name="checklist"),
    path("inspections/checklists/<slug:key>/draft/", drafts.checklist_draft, name="checklist-draft"),
    path(
        "inspections/checklists/<slug:key>/draft/begin/",
        drafts.checklist_draft_begin,
        name="checklist-draft-begin",
    ),
    path("inspections/checklists/<slug:key>/draft/list/", drafts.checklist_list, name="checklist-list"),
    path(
        "inspections/checklists/<slug:key>/draft/step/",
        drafts.checklist_draft_step,
        name="checklist-draft-step",
    ),
    path(
        "inspections/checklists/<slug:key>/draft/items/new/",
        drafts.checklist_item_new,
        name="checklist-item-new",
    ),
    path(
        "inspections/checklists/<slug:key>/draft/items/<slug:item>/",
        drafts.checklist_item,
        name="checklist-item",
    ),
    path(
        "inspections/checklists/<slug:key>/draft/items/<slug:item>/step/",
        drafts.checklist_item_step,
        name="checklist-item-step",
    ),
    path("orders/", orders.orders, name="orders"),
    path("orders/<int:pk>/", orders.order, name="order"),
    path("orders/<int:pk>/answer/", orders.order_answer, name="order-answer"),
    path("orders/<int:pk>/plan/", orders.order_plan, name="order-plan"),
    path("orders/<int:pk>/recheck/", orders.order_recheck, name="order-recheck"),
    path("orders/<int:pk>/second/", orders.order_second, name="order-second"),
    path("orders/<int:pk>/extension/", order_steps.order_extension, name="order-extension"),
    path(
        "orders/<int:pk>/extensions/<int:extension>/",
        order_steps.order_extension_answer,
        name="order-extension-answer",
    ),
    path(
        "orders/<int:pk>/extensions/<int:extension>/file/",
        order_steps.order_extension_file,
        name="order-extension-file",
    ),
    path("orders/<int:pk>/files/<int:file>/", orders.order_file, name="order-file"),
]
