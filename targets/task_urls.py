"""The task matrix, progress reports, units, reporting rounds."""

urlpatterns = []
