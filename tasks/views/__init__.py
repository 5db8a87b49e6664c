from tasks.views.board import TaskBoard, TaskBoardExport, TaskDetail
from tasks.views.case import CaseAct, CaseDetail, CaseExport, CaseList

__all__ = [
    "CaseAct",
    "CaseDetail",
    "CaseExport",
    "CaseList",
    "TaskBoard",
    "TaskBoardExport",
    "TaskDetail",
]
