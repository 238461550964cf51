"""Official reports."""

urlpatterns = []
