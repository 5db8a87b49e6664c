from django.urls import include, path

from accounts import views

# Sign-in keeps the short names that Django's own settings and templates use.
urlpatterns = [
    path("accounts/login/", views.SignInView.as_view(), name="login"),
    path("accounts/logout/", views.SignOutView.as_view(), name="logout"),
    path("accounts/password/", views.PasswordChangeView.as_view(), name="password_change"),
    path(
        "accounts/",
        include(([path("profile/", views.ProfileView.as_view(), name="profile")], "accounts")),
    ),
]
