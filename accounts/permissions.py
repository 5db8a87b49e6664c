"""Who may act on whose account, beyond holding the right to such acts."""

from datetime import date

from accounts.models import Grant, User
from accounts.roles import Permission


def can_keep_account(user: User, account: User, on: date) -> bool:
    """Reset, close and reopen: never one's own, and only accounts whose roles all lie in one's areas.

    Who holds a role elsewhere is kept there: a new password would open that role too.
    """
    held = [g for g in account.grants.all() if g.valid_to is None or g.valid_to > on]
    return user.pk != account.pk and all(
        g.area is not None and user.covers(g.area, Permission.MANAGE_ACCOUNTS) for g in held
    )


def can_end_grant(user: User, grant: Grant, on: date) -> bool:
    """A role of somebody else, inside one's areas, that is not over."""
    return (
        user.pk != grant.user_id
        and grant.area is not None
        and (grant.valid_to is None or grant.valid_to > on)
        and user.covers(grant.area, Permission.MANAGE_GRANTS)
    )
