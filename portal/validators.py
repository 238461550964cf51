"""Passwords as the state's protection grades ask: ten characters of three classes (领域文件 [weak])."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

CLASSES = (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum())


class ThreeClassesValidator:
    def validate(self, password, user=None):
        if sum(any(test(c) for c in password) for test in CLASSES) < 3:
            raise ValidationError(self.get_help_text(), code="password_classes")

    def get_help_text(self):
        return _("密码要有大写字母、小写字母、数字、符号中的三种")
