from django.urls import include, path

from accounts import views

pages = [
    path("profile/", views.ProfileView.as_view(), name="profile"),
    path("users/", views.UserListView.as_view(), name="user_list"),
    path("users/new/", views.UserCreateView.as_view(), name="user_create"),
    path("users/<int:pk>/", views.UserDetailView.as_view(), name="user_detail"),
    path("users/<int:pk>/password/", views.UserPasswordView.as_view(), name="user_password"),
    path("users/<int:pk>/close/", views.UserCloseView.as_view(), name="user_close"),
    path("users/<int:pk>/reopen/", views.UserReopenView.as_view(), name="user_reopen"),
    path("users/<int:pk>/grants/", views.GrantCreateView.as_view(), name="grant_create"),
    path("grants/<int:pk>/end/", views.GrantEndView.as_view(), name="grant_end"),
    path("trail/", views.AuditListView.as_view(), name="audit_list"),
    path("trail/export/", views.AuditExportView.as_view(), name="audit_export"),
]

# Sign-in keeps the short names that Django's own settings and templates use.
urlpatterns = [
    path("accounts/login/", views.SignInView.as_view(), name="login"),
    path("accounts/logout/", views.SignOutView.as_view(), name="logout"),
    path("accounts/password/", views.PasswordChangeView.as_view(), name="password_change"),
    path("accounts/", include((pages, "accounts"))),
]
