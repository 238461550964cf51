"""Pages without sign-in, below /public/."""

from django.urls import path

from inspections.views import public, public_campaigns, public_evaluations, public_results, watch

urlpatterns = [
    path("", public.front, name="public"),
    path("<slug:district>/", public.district_front, name="public-district"),
    path("<slug:district>/matters/", public.matter_list, name="public-matters"),
    path("<slug:district>/campaigns/", public_campaigns.campaigns, name="public-campaigns"),
    path("<slug:district>/plans/", public.plan_log, name="public-plans"),
    path("<slug:district>/plans/<slug:year>/", public.plan_page, name="public-plan"),
    path("<slug:district>/draws/", public.draw_log, name="public-draws"),
    path("<slug:district>/draws/<slug:scheme>/<int:year>/<int:month>/", public.draw_page, name="public-draw"),
    path("<slug:district>/evaluations/", public_evaluations.public_evaluations, name="public-evaluations"),
    path("<slug:district>/results/", public_results.results, name="public-results"),
    path("<slug:district>/results/<str:number>/", public_results.result, name="public-result"),
    path(
        "<slug:district>/draws/<slug:scheme>/<int:year>/<int:month>/verify.html",
        public.draw_verifier,
        name="public-verifier",
    ),
    path("<slug:district>/draws/files/<int:pk>/", public.record_file, name="public-record"),
    path("<slug:district>/video/", watch.public_watches, name="public-watches"),
    path("<slug:district>/video/<int:year>/<int:week>/", watch.public_watch_file, name="public-watch-file"),
]
