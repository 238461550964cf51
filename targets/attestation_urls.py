"""Proofs of targets."""

from django.urls import path

from targets.views import attestations

urlpatterns = [
    path("attestations/", attestations.attestation_list, name="attestations"),
    path("targets/<int:pk>/attestations/new/", attestations.attestation_new, name="attestation-new"),
    path("attestations/<int:pk>/", attestations.attestation, name="attestation"),
    path("attestations/<int:pk>/edit/", attestations.attestation_edit, name="attestation-edit"),
    path("attestations/<int:pk>/step/", attestations.attestation_step, name="attestation-step"),
    path("attestations/files/<int:pk>/", attestations.attestation_file, name="attestation-file"),
]
