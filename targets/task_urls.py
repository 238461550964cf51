"""The task matrix, progress reports, units, reporting rounds."""

from django.urls import path

from targets.views import rounds, tasks, units

urlpatterns = [
    path("tasks/", tasks.task_list, name="tasks"),
    path("tasks/<int:pk>/", tasks.task, name="task"),
    path("tasks/<int:pk>/progress/<slug:unit>/", tasks.progress_edit, name="progress-edit"),
    path("progress/<int:pk>/accept/", tasks.progress_accept, name="progress-accept"),
    path("progress/<int:pk>/return/", tasks.progress_return, name="progress-return"),
    path("progress/files/<int:pk>/", tasks.progress_file, name="progress-file"),
    path("units/", units.unit_list, name="units"),
    path("units/<slug:slug>/", units.unit, name="unit"),
    path("tasks/rounds/", rounds.round_list, name="rounds"),
    path("tasks/rounds/<int:pk>/remind/", rounds.round_remind, name="round-remind"),
]
