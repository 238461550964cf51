"""Pages of portal within a district."""

from django.urls import path

from portal.views import documents, people, today

urlpatterns = [
    path("", today.today, name="today"),
    path("search/", today.search, name="search"),
    path("people/", people.people_list, name="people"),
    path("people/new/", people.person_new, name="person-new"),
    path("people/<int:pk>/", people.person, name="person"),
    path("people/<int:pk>/password/", people.password_reset, name="person-password"),
    path("roles/<int:pk>/end/", people.role_end, name="role-end"),
    path("clients/", people.clients, name="clients"),
    path("clients/<int:pk>/end/", people.client_end, name="client-end"),
    path("documents/", documents.document_list, name="documents"),
    path("documents/<slug:key>/", documents.document, name="document"),
    path("parameters/", documents.parameter_list, name="parameters"),
    path("parameters/<str:key>/", documents.parameter, name="parameter"),
    path("audit/", people.audit_list, name="audit"),
]
