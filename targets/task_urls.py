"""The task matrix, progress reports, units, reporting rounds."""

from django.urls import path

from targets.views import progress, rounds, tasks, units

urlpatterns = [
    path("tasks/", tasks.task_list, name="tasks"),
    path("tasks/matrix.docx", tasks.matrix_docx, name="matrix-docx"),
    path("tasks/<int:pk>/", tasks.task, name="task"),
    path("tasks/<int:pk>/progress/<slug:unit>/", progress.progress_edit, name="progress-edit"),
    path("progress/<int:pk>/accept/", progress.progress_accept, name="progress-accept"),
    path("progress/<int:pk>/return/", progress.progress_return, name="progress-return"),
    path("progress/files/<int:pk>/", progress.progress_file, name="progress-file"),
    path("units/", units.unit_list, name="units"),
    path("units/<slug:slug>/", units.unit, name="unit"),
    path("units/<slug:slug>/members/", units.unit_members, name="unit-members"),
    path("tasks/rounds/", rounds.round_list, name="rounds"),
    path("tasks/rounds/<int:pk>/remind/", rounds.round_remind, name="round-remind"),
]
