"""Support of facilities."""

from django.urls import path

from targets.views import subsidies, subsidy_rules

urlpatterns = [
    path("subsidies/", subsidies.subsidy_list, name="subsidies"),
    path("subsidies/year/", subsidies.subsidy_year_page, name="subsidy-year"),
    path("subsidies/new/", subsidies.subsidy_new, name="subsidy-new"),
    path("subsidies/<int:pk>/", subsidies.subsidy, name="subsidy"),
    path("subsidies/<int:pk>/step/", subsidies.subsidy_step, name="subsidy-step"),
    path("subsidies/files/<int:pk>/", subsidies.subsidy_file, name="subsidy-file"),
    path("subsidies/receipts/<int:pk>/", subsidies.subsidy_receipt, name="subsidy-receipt"),
    path("subsidies/rules/", subsidy_rules.subsidy_rules_page, name="subsidy-rules"),
    path("subsidies/rules/new/", subsidy_rules.subsidy_rule_new, name="subsidy-rule-new"),
    path("subsidies/rules/<int:pk>/renew/", subsidy_rules.subsidy_rule_renew, name="subsidy-rule-renew"),
    path("subsidies/versions/<int:pk>/", subsidy_rules.subsidy_version, name="subsidy-version"),
    path(
        "subsidies/versions/<int:pk>/edit/", subsidy_rules.subsidy_version_edit, name="subsidy-version-edit"
    ),
    path(
        "subsidies/versions/<int:pk>/step/", subsidy_rules.subsidy_version_step, name="subsidy-version-step"
    ),
]
