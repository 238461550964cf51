"""Pages of the draw within a district."""

from django.urls import path

from inspections.views import draw_steps, draws

urlpatterns = [
    path("draws/", draws.draw_list, name="draws"),
    path("draws/freeze/", draws.draw_freeze, name="draw-freeze"),
    path("draws/schemes/<int:pk>/publicity/", draws.draw_publicity, name="draw-publicity"),
    path("draws/<int:pk>/", draws.draw_page, name="draw"),
    path("draws/<int:pk>/witness/", draw_steps.draw_witness, name="draw-witness"),
    path("draws/<int:pk>/confirm/", draw_steps.draw_confirm, name="draw-confirm"),
    path("draws/<int:pk>/correct/", draw_steps.draw_correct, name="draw-correct"),
    path("draws/<int:pk>/void/", draw_steps.draw_void, name="draw-void"),
    path("draws/<int:pk>/team/<int:visit>/", draw_steps.draw_team, name="draw-team"),
    path("draws/<int:pk>/export/", draws.draw_export_list, name="draw-export"),
]
