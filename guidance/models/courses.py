"""Lecturers who agreed to be on the district's list, and the courses for families and for those who guide them.

Courses that count towards the hours of a facility's staff stand in facilities/models/training.py.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from guidance.rules import courses as rules
from portal.choices import in_language
from portal.crypto import EncryptedField
from portal.tenancy import TenantForeignKey, TenantModel


class Lecturer(TenantModel):
    """Somebody whom the district may ask. Name and phone go at once when the person no longer agrees."""

    name = models.CharField(_("姓名"), max_length=40)
    field = models.CharField(_("擅长"), max_length=80)
    employer = models.CharField(_("单位"), max_length=80)
    phone = EncryptedField(null=True)
    phone_tail = models.CharField(_("手机尾号"), max_length=4, blank=True)
    days = ArrayField(
        models.CharField(max_length=1), default=list, blank=True, verbose_name=_("可以来的日子")
    )
    agreed_on = models.DateField(_("本人同意入库"))
    left_on = models.DateField(_("退出日期"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["pk"]

    def __str__(self):
        return self.name or str(_("已退出"))

    @property
    def day_names(self) -> list[str]:
        return [str(word) for key, word in in_language(rules.DAYS.items()) if key in self.days]


class GuidanceCourse(TenantModel):
    """A course that the district can offer."""

    code = models.CharField(_("编号"), max_length=12, help_text="MHL0001, given by the product")
    title = models.CharField(_("课程名称"), max_length=80)
    theme = models.CharField(_("主题"), max_length=12, choices=in_language(rules.THEMES.items()))
    audience = models.CharField(_("给谁上"), max_length=12, choices=in_language(rules.AUDIENCES.items()))
    hours = models.DecimalField(_("课时"), max_digits=5, decimal_places=1)
    own = models.BooleanField(_("本区研制"), default=False)
    summary = models.CharField(_("内容"), max_length=300, blank=True)
    listed_on = models.DateField(_("入库日期"))
    active = models.BooleanField(_("在用"), default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["district", "code"], name="guidance_course_code"),
            models.CheckConstraint(
                condition=models.Q(hours__gt=0, hours__lte=200), name="guidance_course_hours"
            ),
        ]

    def __str__(self):
        return self.title

    @property
    def name(self) -> str:
        return self.title


class CourseLecturer(TenantModel):
    """Who can give a course."""

    course = TenantForeignKey(GuidanceCourse, on_delete=models.CASCADE, related_name="lecturers")
    lecturer = TenantForeignKey(Lecturer, on_delete=models.CASCADE, related_name="courses")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "course", "lecturer"], name="course_lecturer_once")
        ]
