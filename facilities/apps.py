from django.apps import AppConfig


class FacilitiesConfig(AppConfig):
    name = "facilities"
    verbose_name = "名册"
    registered = False

    def ready(self):
        # the functions of all but the registry are laid with the policies
        from facilities import across, circle, registry, search, standing  # noqa: F401
        from facilities.exports import (
            clocks,
            credit,
            emergency,
            families,
            files,
            filings,
            people,
            register,
            residents,
            rulebook,
            training,
        )
        from facilities.imports.around import AROUND_LISTS
        from facilities.imports.facilities import FACILITIES
        from facilities.imports.file import FILE_LISTS
        from facilities.imports.keepers import KEEPER_LIST
        from facilities.imports.kindergartens import KINDERGARTENS
        from facilities.imports.menus import MENU_LIST
        from facilities.imports.notices import NOTICE_LIST
        from facilities.imports.papers import PAPERS
        from facilities.imports.people import STAFF_LIST
        from facilities.imports.residents import RESIDENTS
        from facilities.imports.sites import SITE_LISTS
        from facilities.imports.training import TRAINING_LISTS
        from facilities.imports.volunteers import VOLUNTEER_LISTS
        from facilities.models import FacilityGrant, Filing
        from facilities.rulebook import shelf
        from facilities.services import persons, rulebook_reference
        from portal.access import register_reach
        from portal.rules.rights import Reach
        from portal.services import publicity, reference
        from portal.spreadsheets import LISTS

        shelf.fill()
        publicity.register(persons.named)
        reference.register(rulebook_reference.loader())
        if not self.registered:
            type(self).registered = True
            registry.register()
            LISTS.takes(FACILITIES, *FILE_LISTS, *AROUND_LISTS, STAFF_LIST, *PAPERS, *SITE_LISTS)
            LISTS.takes(
                KEEPER_LIST,
                KINDERGARTENS,
                RESIDENTS,
                NOTICE_LIST,
                MENU_LIST,
                *TRAINING_LISTS,
                *VOLUNTEER_LISTS,
            )
            for exports in (
                register, files, people, training, filings, residents, rulebook, clocks, emergency, families,
                credit,
            ):  # fmt: skip
                LISTS.gives(*exports.EXPORTS)
        register_reach(
            Reach.FACILITIES,
            lambda actor: FacilityGrant.objects.filter(
                user=actor.user, permission__codename="keep_facility"
            ).values("content_object_id"),
        )
        register_reach(Reach.FILINGS, Filing.ids_of)
