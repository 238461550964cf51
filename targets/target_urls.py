"""Targets, their figures and the rows behind them."""

urlpatterns = []
