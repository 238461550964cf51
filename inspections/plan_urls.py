"""Pages of the yearly plan and of the register of inspectors within a district."""

from django.urls import path

from inspections.views import employers, inspectors, plans

urlpatterns = [
    path("plans/", plans.plans, name="plans"),
    path("plans/new/", plans.plan_new, name="plan-new"),
    path("plans/<slug:year>/", plans.plan, name="plan"),
    path("plans/<slug:year>/edit/", plans.plan_edit, name="plan-edit"),
    path("plans/<slug:year>/step/", plans.plan_step, name="plan-step"),
    path("plans/<slug:year>/revise/", plans.plan_revise, name="plan-revise"),
    path("plans/<slug:year>/rehearse/", plans.plan_rehearse, name="plan-rehearse"),
    path("plans/<slug:year>/rehearsal/", plans.plan_rehearsal, name="plan-rehearsal"),
    path("plans/<slug:year>/schemes/new/", plans.scheme_new, name="scheme-new"),
    path("plans/schemes/<int:pk>/", plans.scheme_edit, name="scheme"),
    path("plans/schemes/<int:pk>/remove/", plans.scheme_remove, name="scheme-remove"),
    path("inspectors/", inspectors.inspectors, name="inspectors"),
    path("inspectors/new/", inspectors.inspector_new, name="inspector-new"),
    path("inspectors/<int:pk>/", inspectors.inspector, name="inspector"),
    path("inspectors/<int:pk>/edit/", inspectors.inspector_edit, name="inspector-edit"),
    path("inspectors/<int:pk>/interests/", inspectors.interest_declare, name="interest-declare"),
    path("inspectors/<int:pk>/interests/<int:interest>/end/", inspectors.interest_end, name="interest-end"),
    path("inspectors/namesakes/", employers.namesakes, name="namesakes"),
    path("inspectors/<int:pk>/employers/new/", employers.employer_new, name="employer-new"),
    path("inspectors/<int:pk>/employers/<int:employer>/end/", employers.employer_end, name="employer-end"),
    path("inspectors/<int:pk>/namesakes/<int:facility>/", employers.namesake_decide, name="namesake-decide"),
    path("draws/<int:pk>/changes/", inspectors.draw_changes, name="draw-changes"),
]
