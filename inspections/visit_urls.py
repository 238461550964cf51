"""Pages of visits, checklists and orders within a district."""

from django.urls import path

from inspections.views import answers, checklists, confirmations, orders, visits

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
    path("inspections/checklists/", checklists.checklists, name="checklists"),
    path("inspections/checklists/<slug:key>/", checklists.checklist, name="checklist"),
    path("orders/", orders.orders, name="orders"),
    path("orders/<int:pk>/", orders.order, name="order"),
    path("orders/<int:pk>/answer/", orders.order_answer, name="order-answer"),
    path("orders/<int:pk>/plan/", orders.order_plan, name="order-plan"),
    path("orders/<int:pk>/recheck/", orders.order_recheck, name="order-recheck"),
    path("orders/<int:pk>/second/", orders.order_second, name="order-second"),
    path("orders/<int:pk>/files/<int:file>/", orders.order_file, name="order-file"),
]
