"""Policy documents while they are written, and their versions."""

from django.urls import path

from targets.views import documents

urlpatterns = [
    path("document-drafts/", documents.draft_list, name="document-drafts"),
    path("document-drafts/new/", documents.draft_new, name="document-draft-new"),
    path("document-drafts/file/", documents.draft_file_new, name="document-file-new"),
    path("document-drafts/template.xlsx", documents.draft_template, name="document-template"),
    path("document-drafts/of/<slug:key>/", documents.draft_begin, name="document-draft-begin"),
    path("document-drafts/<int:pk>/", documents.draft, name="document-draft"),
    path("document-drafts/<int:pk>/facts/", documents.draft_facts, name="document-facts"),
    path("document-drafts/<int:pk>/file/", documents.draft_file_into, name="document-file"),
    path("document-drafts/<int:pk>/file.xlsx", documents.draft_book, name="document-draft-book"),
    path("document-drafts/<int:pk>/changes/", documents.draft_changes, name="document-changes"),
    path("document-drafts/<int:pk>/step/", documents.draft_step, name="document-step"),
    path("document-drafts/<int:pk>/<slug:part>/new/", documents.entry_new, name="document-entry-new"),
    path("document-drafts/<int:pk>/<slug:part>/<int:number>/", documents.entry, name="document-entry"),
    path(
        "document-drafts/<int:pk>/<slug:part>/<int:number>/remove/",
        documents.entry_remove,
        name="document-entry-remove",
    ),
    path("document-versions/<int:pk>/", documents.version, name="document-version"),
    path("document-versions/<int:pk>/file.xlsx", documents.version_book, name="document-version-book"),
]
