from accounts.views.people import (
    GrantCreateView,
    GrantEndView,
    UserCloseView,
    UserCreateView,
    UserDetailView,
    UserListView,
    UserPasswordView,
    UserReopenView,
)
from accounts.views.session import PasswordChangeView, ProfileView, SignInView, SignOutView
from accounts.views.trail import AuditExportView, AuditListView

__all__ = [
    "AuditExportView",
    "AuditListView",
    "GrantCreateView",
    "GrantEndView",
    "PasswordChangeView",
    "ProfileView",
    "SignInView",
    "SignOutView",
    "UserCloseView",
    "UserCreateView",
    "UserDetailView",
    "UserListView",
    "UserPasswordView",
    "UserReopenView",
]
