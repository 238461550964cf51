"""Emergency plans and drills."""

from django.urls import path

from facilities.views import emergency

urlpatterns = [
    path("emergency/", emergency.emergency, name="emergency"),
    path("facilities/<int:pk>/emergency/", emergency.facility_emergency, name="facility-emergency"),
    path("facilities/<int:pk>/emergency/plans/new/", emergency.emergency_plan_new, name="emergency-plan-new"),
    path("facilities/<int:pk>/emergency/drills/new/", emergency.drill_new, name="drill-new"),
    path("emergency/plans/<int:pk>/drop/", emergency.emergency_plan_drop, name="emergency-plan-drop"),
    path("emergency/plans/<int:pk>/file/", emergency.emergency_plan_file, name="emergency-plan-file"),
    path("emergency/drills/<int:pk>/drop/", emergency.drill_drop, name="drill-drop"),
    path("emergency/files/<int:pk>/", emergency.drill_file, name="drill-file"),
]
