from rest_framework.pagination import PageNumberPagination


class Pagination(PageNumberPagination):
    """`count, next, previous, results`; a page never holds more than 200 rows."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
