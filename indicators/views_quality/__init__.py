"""疑点数据: work lists of findings, the catalogue of rules, exceptions, and cards on other pages."""

from indicators.views_quality.explaining import (
    ExceptionActView,
    ExceptionCreateView,
    ExceptionDetailView,
    ExceptionListView,
)
from indicators.views_quality.listing import FindingExportView, FindingListView, RuleListView
from indicators.views_quality.slots import exit_guards, household_findings, workbench_todo

__all__ = [
    "ExceptionActView",
    "ExceptionCreateView",
    "ExceptionDetailView",
    "ExceptionListView",
    "FindingExportView",
    "FindingListView",
    "RuleListView",
    "exit_guards",
    "household_findings",
    "workbench_todo",
]
