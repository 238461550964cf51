"""History that the database itself keeps: triggers of a kept library write each change of a row beside it.

docs/history.md tells it as prose. A model is kept by one line in its app's models/history.py:

    FacilityHistory = kept(Facility, by="pgh_obj", leave_out=("search_text",))

What follows: a table `facilities_facilityhistory` with one row per insert, update and delete (the row as it was left,
at a delete as it was last), when (`pgh_created_at`), which (`pgh_label`) and who (`pgh_context`). It has the district
of its original, stands under the same row-level security, and the application's role can only add to it. Encrypted
columns are copied encrypted. Statement triggers: one insert per statement, however many rows it wrote.
"""

from __future__ import annotations

import pghistory
from django.db import models
from pghistory.models import Event

from portal import policies
from portal.tenancy import TenantModel, district_reference

#: The library lets a session switch triggers off; ours can't be. Who writes is in the row itself, so that the
#: library's table of contexts stays empty. The moment is the clock's, or an invented one in a demonstration only.
policies.FUNCTIONS["history"] = """
CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name name) RETURNS boolean
LANGUAGE sql IMMUTABLE AS 'SELECT false';
CREATE OR REPLACE FUNCTION public._pgh_attach_context() RETURNS uuid
LANGUAGE sql IMMUTABLE AS 'SELECT NULL::uuid';
CREATE OR REPLACE FUNCTION public.portal_recorded_at() RETURNS timestamptz
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, public AS $$
DECLARE said text := current_setting('portal.recorded_at', true);
BEGIN
  IF said IS NULL OR said = '' THEN
    RETURN clock_timestamp();
  END IF;
  IF said::timestamptz <= clock_timestamp() AND (
    SELECT demonstration FROM public.portal_district
    WHERE id = nullif(current_setting('portal.district', true), '')::bigint
  ) THEN
    RETURN said::timestamptz;
  END IF;
  RAISE EXCEPTION 'only a demonstration has an invented past';
END $$;
"""


class History(TenantModel, Event):
    """One state of a row of another table, from a moment on."""

    pgh_id = models.BigAutoField(primary_key=True)

    append_only = True
    outlives = True

    class Meta:
        abstract = True


def loose(field: models.Field) -> models.Field:
    """A reference as the history keeps it: the id, without constraint, for the history outlives its target."""
    return models.ForeignKey(
        field.remote_field.model,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=field.null,
        related_name="+",
    )


def kept(model: type[TenantModel], *, by: str, leave_out: tuple[str, ...] = ()) -> type[History]:
    """The model of the history of `model`, which from now on is kept.

    by: the column by which the history is asked for, together with the time; it has the index. leave_out: fields
    that follow from others.
    """
    name = f"{model._meta.object_name}History"
    # what follows from others is no change of its own
    changed = {"condition": pghistory.AnyChange(exclude=[*leave_out])} if leave_out else {}
    pghistory.track(
        pghistory.InsertEvent(),
        pghistory.UpdateEvent(**changed),
        pghistory.DeleteEvent(),
        exclude=[*leave_out],
        obj_field=pghistory.ObjForeignKey(related_name="+", db_index=False, db_constraint=False),
        context_field=pghistory.ContextJSONField(),
        context_id_field=None,
        model_name=name,
        base_model=History,
        level=pghistory.Statement,
        # tracked anew it would get an index of its own
        attrs={"district": district_reference(models.DO_NOTHING, db_constraint=False)}
        | {
            f.name: loose(f)
            for f in model._meta.local_concrete_fields
            if isinstance(f, models.ForeignKey) and f.name not in ("district", *leave_out)
        },
        meta={
            "indexes": [
                models.Index(
                    fields=["district", by, "pgh_created_at"], name=f"{model._meta.model_name[:20]}_past"
                )
            ]
        },
    )(model)
    return model._meta.apps.get_registered_model(model._meta.app_label, name)
