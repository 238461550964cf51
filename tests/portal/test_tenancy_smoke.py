import pytest
from django.db import DataError, ProgrammingError, transaction

from portal.models.places import District, Street
from portal.tenancy import district_scope, city_scope


@pytest.mark.django_db
def test_no_scope_is_an_error_and_rows_stay_apart():
    a = District.objects.get_or_create(id=310112, defaults={"slug": "minhang", "name": "闵行区"})[0]
    b = District.objects.get_or_create(id=310116, defaults={"slug": "jinshan", "name": "金山区"})[0]
    with district_scope(a):
        before = Street.objects.count()
        s = Street.objects.create(code="310112999", name="x", kind="town")
        assert s.district_id == 310112
    with district_scope(b):
        assert not Street.objects.filter(code="310112999").exists()
    with city_scope():
        assert Street.objects.filter(code="310112999").exists()
    with pytest.raises((DataError, ProgrammingError)), transaction.atomic():
        list(Street.objects.all())
