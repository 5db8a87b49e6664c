"""状态变更: processes by place and state, one process with its steps, and its public notice."""

from households.views.status.acting import ProcessActView, ProcessPaperView
from households.views.status.listing import ProcessListView
from households.views.status.notice import ProcessNoticeView
from households.views.status.opening import IdentifyView, ProcessOpenView
from households.views.status.process import ProcessDetailView

__all__ = [
    "IdentifyView",
    "ProcessActView",
    "ProcessDetailView",
    "ProcessListView",
    "ProcessNoticeView",
    "ProcessOpenView",
    "ProcessPaperView",
]
