"""Pages of recusal within a district."""

from django.urls import path

from inspections.views import recusals

urlpatterns = [
    path("recusals/", recusals.recusals, name="recusals"),
    path("recusals/<int:pk>/", recusals.recusal, name="recusal"),
    path("recusals/<int:pk>/decide/", recusals.recusal_decide, name="recusal-decide"),
    path("inspections/<int:pk>/recusal/ask/", recusals.recusal_ask, name="recusal-ask"),
    path("inspections/<int:pk>/recusal/note/", recusals.recusal_note, name="recusal-note"),
    path("inspections/<int:pk>/recusal/own/", recusals.recusal_declare, name="recusal-declare"),
]
