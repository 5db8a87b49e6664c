from django.urls import path, re_path

from tasks import views
from tasks.permissions import ACTS

app_name = "tasks"

NUMBER = r"(?P<number>\d{4}-\d{4,8})"

urlpatterns = [
    path("tasks/", views.TaskBoard.as_view(), name="task_board"),
    path("tasks/export/", views.TaskBoardExport.as_view(), name="task_board_export"),
    path("tasks/<int:pk>/", views.TaskDetail.as_view(), name="task_detail"),
    path("cases/", views.CaseList.as_view(), name="case_list"),
    path("cases/export/", views.CaseExport.as_view(), name="case_export"),
    re_path(rf"^cases/{NUMBER}/$", views.CaseDetail.as_view(), name="case_detail"),
    re_path(
        rf"^cases/{NUMBER}/(?P<act>{'|'.join(ACTS)})/$", views.CaseAct.as_view(), name="case_act"
    ),
]
