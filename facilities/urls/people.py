"""Pages about people beyond the register of staff: bans, hand-overs."""

from django.urls import path

from facilities.views import attendance, passport, staff, staff_mending, training

urlpatterns = [
    path("staff/bans/", passport.ban_list, name="bans"),
    path("staff/bans/new/", passport.ban_new, name="ban-new"),
    path("staff/bans/<int:pk>/", passport.ban, name="ban"),
    path("staff/bans/<int:pk>/evidence/", passport.ban_file, {"field": "file"}, name="ban-file"),
    path("staff/bans/<int:pk>/objection/", passport.ban_file, {"field": "lift_file"}, name="ban-lift-file"),
    path("staff/hand-overs/", passport.hand_over_list, name="hand-overs"),
    path("staff/hand-overs/new/", passport.hand_over_new, name="hand-over-new"),
    path("staff/hand-overs/<int:pk>/consent/", passport.hand_over_consent, name="hand-over-consent"),
    path("training/", training.session_list, name="training"),
    path("training/courses/", training.course_list, name="courses"),
    path("training/courses/new/", training.course_new, name="course-new"),
    path("training/courses/<int:pk>/retire/", training.course_retire, name="course-retire"),
    path("training/hours/", training.hours, name="training-hours"),
    path("training/trainers/", training.trainer_list, name="trainers"),
    path("training/trainers/new/", training.trainer_new, name="trainer-new"),
    path("training/trainers/<int:pk>/train/", training.trainer_train, name="trainer-train"),
    path("training/sessions/new/", training.session_new, name="training-session-new"),
    path("training/sessions/<int:pk>/", training.session_page, name="training-session"),
    path("training/sessions/<int:pk>/sign-up/", training.session_sign_up, name="training-sign-up"),
    path("training/sessions/<int:pk>/cancel/", training.session_cancel, name="training-cancel"),
    path("training/sessions/<int:pk>/attendance/", attendance.attendance_list, name="attendance"),
    path("training/sessions/<int:pk>/sheet/", attendance.attendance_sheet, name="attendance-sheet"),
    path("training/sessions/<int:pk>/upload/", attendance.attendance_upload, name="attendance-upload"),
    path("training/sessions/<int:pk>/confirm/", attendance.attendance_confirm, name="attendance-confirm"),
    path("training/sessions/<int:pk>/certificates/", attendance.certificates, name="attendance-certificates"),
    path("training/certificates/<int:pk>/", attendance.certificate, name="attendance-certificate"),
    path("training/sign-ups/<int:pk>/withdraw/", training.sign_up_withdraw, name="sign-up-withdraw"),
    path("certificates/<int:pk>/file/", staff.certificate_file, name="certificate-file"),
    path("staff/<int:pk>/edit/", staff_mending.staff_edit, name="staff-edit"),
    path("certificates/<int:pk>/edit/", staff_mending.certificate_edit, name="certificate-edit"),
    path("certificates/<int:pk>/drop/", staff_mending.certificate_drop, name="certificate-drop"),
    path("training-records/<int:pk>/drop/", staff_mending.training_drop, name="training-drop"),
    path("record-checks/<int:pk>/correct/", staff_mending.check_correct, name="check-correct"),
    path("employments/<int:pk>/dismiss/", staff.employment_dismiss, name="employment-dismiss"),
]
