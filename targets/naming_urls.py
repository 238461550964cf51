"""The naming cycle, in the city's own tenant."""

from django.urls import path

from targets.views import naming as views
from targets.views import naming_ends as ends
from targets.views import naming_reviews as reviews

urlpatterns = [
    path("cycles/", views.cycle_list, name="naming-cycles"),
    path("cycles/new/", views.cycle_new, name="naming-cycle-new"),
    path("cycles/<int:pk>/", views.cycle, name="naming-cycle"),
    path("cycles/<int:pk>/edit/", views.cycle_edit, name="naming-cycle-edit"),
    path("cycles/<int:pk>/points/", views.cycle_points, name="naming-cycle-points"),
    path("cycles/<int:pk>/step/", views.cycle_step, name="naming-cycle-step"),
    path("cycles/<int:pk>/selection/", views.selection, name="naming-selection"),
    path("cycles/<int:pk>/districts.xlsx", views.districts_file, name="naming-cycle-file"),
    path("cycles/<int:pk>/experts/", reviews.invite, name="naming-invite"),
    path("cycles/candidates/<int:pk>/", views.candidate, name="naming-candidate"),
    path("cycles/candidates/<int:pk>/judge/", views.judge, name="naming-judge"),
    path("cycles/candidates/<int:pk>/assign/", reviews.assign, name="naming-assign"),
    path("cycles/candidates/<int:pk>/revoke/", ends.revoke, name="naming-revoke"),
    path("cycles/revocations/<int:pk>/step/", ends.revocation_step, name="naming-revocation-step"),
    path("cycles/objections/<int:pk>/", ends.objection, name="naming-objection"),
    path("cycles/reviews/<int:pk>/", reviews.review, name="naming-review"),
    path("cycles/reviews/<int:pk>/drop/", reviews.drop, name="naming-review-drop"),
    path("cycles/files/<int:pk>/", reviews.letter_file, name="naming-letter-file"),
]
