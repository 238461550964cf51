"""Pages of special campaigns and joint operations of a street within a district."""

from django.urls import path

from inspections.views import campaigns

urlpatterns = [
    path("campaigns/", campaigns.campaigns, name="campaigns"),
    path("campaigns/new/", campaigns.campaign_new, name="campaign-new"),
    path("campaigns/<int:pk>/", campaigns.campaign, name="campaign"),
    path("campaigns/<int:pk>/edit/", campaigns.campaign_edit, name="campaign-edit"),
    path("campaigns/<int:pk>/step/", campaigns.campaign_step, name="campaign-step"),
    path("campaigns/<int:pk>/reply/", campaigns.campaign_reply, name="campaign-reply"),
    path(
        "campaigns/<int:pk>/approval.pdf",
        campaigns.campaign_document,
        {"which": "approval"},
        name="campaign-approval",
    ),
    path(
        "campaigns/<int:pk>/closing.pdf",
        campaigns.campaign_document,
        {"which": "closing"},
        name="campaign-closing",
    ),
]
