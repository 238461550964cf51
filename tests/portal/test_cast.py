from facilities.models import Facility
from portal.tenancy import district_scope


def test_an_officer_sees_only_the_granted_street(cast):
    with district_scope(cast.minhang):
        officer = cast.actor("officer")
        assert list(Facility.objects.allowed(officer, "facility.view").filter(code__startswith="TS")) == [
            cast.facility
        ]


def test_an_operator_sees_only_the_own_facility(cast):
    with district_scope(cast.minhang):
        operator = cast.actor("operator")
        assert list(Facility.objects.allowed(operator, "facility.view")) == [cast.facility]


def test_a_role_without_the_right_sees_nothing(cast):
    with district_scope(cast.minhang):
        assert not Facility.objects.allowed(cast.actor("parent"), "facility.view").exists()
