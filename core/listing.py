"""Every list page: conditions, whitelisted order, pages, and a fragment for htmx.

    class HouseholdList(ListPage):
        model = Household
        filterset_class = HouseholdFilter
        sort_fields = {"code": "code", "head": ("head_name", "code")}
        default_sort = "code"

        def rows(self):
            return Household.objects.for_user(self.request.user).select_related("village")

The page is templates/<app>/<model>_list.html, extending layouts/list.html; the table is
templates/<app>/_<model>_table.html, whose root element has `id="{{ table_id }}"`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.functional import cached_property
from django.views.generic import ListView

COUNT_LIMIT = 10_000
STOP_POLLING = 286  # htmx stops asking when it is answered with this


class CappedPaginator(Paginator):
    """Counts no further than the limit, so that a list of millions opens as fast as a short one."""

    limit = COUNT_LIMIT

    def __init__(self, *args: Any, countable: QuerySet | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.countable = countable  # rows that are as many and cheaper to count

    @cached_property
    def counted(self) -> int:
        rows = self.object_list if self.countable is None else self.countable
        if isinstance(rows, QuerySet):
            return rows.order_by()[: self.limit + 1].count()
        return len(rows)

    @cached_property
    def count(self) -> int:
        return min(self.counted, self.limit)

    @property
    def count_label(self) -> str:
        """1,204, or 10,000+ when there are more."""
        return f"{self.count:,}" + ("+" if self.is_capped else "")

    @property
    def is_capped(self) -> bool:
        """Whether there are rows past the last page."""
        return self.counted > self.limit


class ListPage(ListView):
    """One way to show a list. Subclasses give `rows()`, a filter set and the sortable columns."""

    filterset_class: ClassVar[Any] = None
    sort_fields: ClassVar[Mapping[str, str | Sequence[str]]] = {}
    default_sort: ClassVar[str] = ""
    page_sizes: ClassVar[tuple[int, ...]] = (20, 50, 100)
    table_template_name: ClassVar[str] = ""
    paginator_class = CappedPaginator

    def rows(self) -> QuerySet[Any]:
        """Rows the user may see, joined for a constant number of queries."""
        return super().get_queryset()

    @cached_property
    def filterset(self) -> Any:
        if self.filterset_class is None:
            return None
        return self.filterset_class(
            self.request.GET or None, queryset=self.rows(), request=self.request
        )

    @cached_property
    def sort(self) -> str:
        asked = self.request.GET.get("sort", "")
        return asked if asked.removeprefix("-") in self.sort_fields else self.default_sort

    def get_queryset(self) -> QuerySet[Any]:
        """Filtered and ordered; nothing at all when a condition cannot be read."""
        if self.filterset is None:
            rows = self.rows()
        elif self.filterset.is_bound and not self.filterset.form.is_valid():
            return self.rows().none()
        else:
            rows = self.filterset.qs
        return self.ordered(rows)

    def ordered(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """By the chosen column, then by key, so that pages never overlap."""
        if not self.sort:
            return rows
        columns = self.sort_fields[self.sort.removeprefix("-")]
        columns = (columns,) if isinstance(columns, str) else tuple(columns)
        if self.sort.startswith("-"):
            columns = tuple(c.removeprefix("-") if c.startswith("-") else f"-{c}" for c in columns)
        return rows.order_by(*columns, "pk")

    def get_paginate_by(self, queryset: Any) -> int:
        asked = self.request.GET.get("size", "")
        return (
            int(asked) if asked.isdigit() and int(asked) in self.page_sizes else self.page_sizes[0]
        )

    def paginate_queryset(self, queryset: Any, page_size: int) -> tuple[Any, Any, Any, bool]:
        """A page past the end shows the last one; a list that shrank is no error."""
        paginator = self.get_paginator(queryset, page_size, countable=self.countable())
        page = paginator.get_page(self.request.GET.get("page"))
        page.object_list = self.finish(self.fetch(page.object_list))
        return paginator, page, page.object_list, page.has_other_pages()

    def countable(self) -> QuerySet[Any] | None:
        """Hook: rows that are as many as the list's and cheaper to count; None to count these."""
        return None

    def fetch(self, page: Any) -> list[Any]:
        """Hook: read the rows of one page."""
        return list(page)

    def finish(self, rows: list[Any]) -> list[Any]:
        """Hook: add to the rows of one page what is read in bulk (lights, counts)."""
        return rows

    @property
    def table_template(self) -> str:
        """templates/<app>/_<model>_table.html."""
        if self.table_template_name:
            return self.table_template_name
        page = self.template_name or super().get_template_names()[0]
        folder, _, name = page.rpartition("/")
        return f"{folder}/_{name.removesuffix('.html').removesuffix('_list')}_table.html"

    @property
    def table_id(self) -> str:
        name = self.table_template.rpartition("/")[2].removesuffix(".html")
        return name.removeprefix("_").replace("_", "-")

    @property
    def wants_fragment(self) -> bool:
        htmx = getattr(self.request, "htmx", None)
        if not htmx or htmx.boosted or htmx.history_restore_request:
            return False
        return bool(htmx.target == self.table_id)

    def get_template_names(self) -> list[str]:
        return [self.table_template] if self.wants_fragment else super().get_template_names()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return context | {
            "rows": context["object_list"],
            "filter": self.filterset,
            "sort": self.sort,
            "table_id": self.table_id,
            "table_template": self.table_template,
            "page_sizes": self.page_sizes,
            "is_filtered": any(
                v for k, v in self.request.GET.items() if k not in {"page", "size", "sort", "area"}
            ),
        }

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        response = super().render_to_response(context, **kwargs)
        if self.wants_fragment and self.filterset is not None and self.filterset.form.errors:
            response.headers["HX-Redirect"] = (
                self.request.get_full_path()
            )  # the errors stand above the table
        patch_vary_headers(response, ["HX-Request", "HX-Target"])
        return response


def job_response(
    request: HttpRequest, template: str, context: Mapping[str, Any], *, alive: bool
) -> HttpResponse:
    """The progress card again; the last answer stops the polling."""
    is_poll = bool(getattr(request, "htmx", False))
    return render(
        request, template, dict(context), status=STOP_POLLING if is_poll and not alive else 200
    )
