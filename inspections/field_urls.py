"""Pages of the field app within a district; the app works below `field/` without a network."""

from django.urls import path

from inspections.views import field, field_desk

urlpatterns = [
    path("field/", field.field, name="field"),
    path("field/worker.js", field.field_worker, name="field-worker"),
    path("field/app.webmanifest", field.field_manifest, name="field-manifest"),
    path("field/open/", field.field_open, name="field-open"),
    path("field/bring/", field_desk.field_bring, name="field-bring"),
    path("inspections/<int:pk>/field/", field_desk.field_visit, name="field-visit"),
    path("inspections/<int:pk>/field/<int:device>/revoke/", field_desk.field_revoke, name="field-revoke"),
    path(
        "inspections/<int:pk>/signatures/<int:signature>/", field_desk.field_signature, name="field-signature"
    ),
    path("inspections/<int:pk>/addenda/", field_desk.field_addenda_page, name="field-addenda"),
    path(
        "inspections/<int:pk>/addenda/<int:number>/file/",
        field_desk.field_addendum_file,
        name="field-addendum-file",
    ),
]
