"""Pages about people beyond the register of staff: bans, hand-overs."""

from django.urls import path

from facilities.views import passport, staff

urlpatterns = [
    path("staff/bans/", passport.ban_list, name="bans"),
    path("staff/bans/new/", passport.ban_new, name="ban-new"),
    path("staff/bans/<int:pk>/", passport.ban, name="ban"),
    path("staff/bans/<int:pk>/evidence/", passport.ban_file, {"field": "file"}, name="ban-file"),
    path("staff/bans/<int:pk>/objection/", passport.ban_file, {"field": "lift_file"}, name="ban-lift-file"),
    path("staff/hand-overs/", passport.hand_over_list, name="hand-overs"),
    path("staff/hand-overs/new/", passport.hand_over_new, name="hand-over-new"),
    path("staff/hand-overs/<int:pk>/consent/", passport.hand_over_consent, name="hand-over-consent"),
    path("certificates/<int:pk>/file/", staff.certificate_file, name="certificate-file"),
    path("employments/<int:pk>/dismiss/", staff.employment_dismiss, name="employment-dismiss"),
]
