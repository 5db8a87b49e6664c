from django.urls import path

from core import views

app_name = "core"
urlpatterns = [path("style/", views.style_page, name="style")]
