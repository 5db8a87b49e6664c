from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend


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
