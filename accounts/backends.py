from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


class GrantBackend(ModelBackend):
    """Signs in with a password and answers `has_perm` from the role table, not from database rows."""

    def user_can_authenticate(self, user: Any) -> bool:
        """Demonstration accounts exist only in the demonstration."""
        return super().user_can_authenticate(user) and (settings.DEMO or not user.is_demo)

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        return user_obj.permissions()

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        return perm in self.get_all_permissions(user_obj, obj)


class LettersAndDigitsValidator:
    """A password holds at least one letter and one digit, as graded protection (等保) asks for classes."""

    def validate(self, password: str, user: Any = None) -> None:
        if not any(c.isalpha() for c in password) or not any(c.isdigit() for c in password):
            raise ValidationError(self.get_help_text(), code="password_classes")

    def get_help_text(self) -> str:
        return _("密码须同时含字母和数字。")
