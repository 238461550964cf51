"""Pages of portal within a district."""

from django.urls import path

from portal.views import districts, documents, exports, imports, messages, people, today

urlpatterns = [
    path("", today.today, name="today"),
    path("search/", today.search, name="search"),
    path("messages/", messages.message_list, name="messages"),
    path("messages/read/", messages.messages_read, name="messages-read"),
    path("messages/<int:pk>/", messages.message, name="message"),
    path("people/", people.people_list, name="people"),
    path("people/new/", people.person_new, name="person-new"),
    path("people/first-passwords/", people.first_passwords, name="first-passwords"),
    path("people/<int:pk>/", people.person, name="person"),
    path("people/<int:pk>/password/", people.password_reset, name="person-password"),
    path("roles/<int:pk>/end/", people.role_end, name="role-end"),
    path("districts/", districts.district_list, name="districts"),
    path("districts/new/", districts.district_new, name="district-new"),
    path("districts/<int:pk>/again/", districts.district_again, name="district-again"),
    path("clients/", people.clients, name="clients"),
    path("clients/<int:pk>/end/", people.client_end, name="client-end"),
    path("documents/", documents.document_list, name="documents"),
    path("documents/<slug:key>/", documents.document, name="document"),
    path("parameters/", documents.parameter_list, name="parameters"),
    path("parameters/<str:key>/", documents.parameter, name="parameter"),
    path("audit/", people.audit_list, name="audit"),
    path("imports/", imports.import_list, name="imports"),
    path("imports/<int:pk>/", imports.import_run, name="import"),
    path("imports/<int:pk>/write/", imports.import_write, name="import-write"),
    path("imports/<int:pk>/drop/", imports.import_drop, name="import-drop"),
    path("imports/<int:pk>/remarks.xlsx", imports.import_remarks, name="import-remarks"),
    path("imports/<int:pk>/file.xlsx", imports.import_file, name="import-file"),
    path("imports/<slug:key>/new/", imports.import_new, name="import-new"),
    path("imports/<slug:key>/template.xlsx", imports.import_template, name="import-template"),
    path("exports/<int:pk>/", exports.export_run, name="export-run"),
    path("exports/<int:pk>/file.xlsx", exports.export_file, name="export-file"),
    path("exports/<slug:key>/", exports.export_list, name="export"),
]
