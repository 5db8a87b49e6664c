from typing import Any

from accounts.enums import Line
from accounts.roles import Permission
from villages.models import LocalFact, Village


def can_edit_village(user: Any, village: Village) -> bool:
    return user.has_perm(Permission.EDIT_VILLAGE) and (
        Village.objects.for_user(user, permission=Permission.EDIT_VILLAGE)
        .filter(pk=village.pk)
        .exists()
    )


def visible_themes(
    user: Any, village_id: int, themes: tuple[type[LocalFact], ...]
) -> list[type[LocalFact]]:
    """Themes of the user's lines of work; what is 综合 is open to every line."""
    lines = user.lines_in(village_id, Permission.VIEW_FIGURES)
    return [theme for theme in themes if theme.LINE in lines or theme.LINE == Line.GENERAL]
