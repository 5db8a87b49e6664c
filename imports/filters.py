import django_filters
from django.utils.translation import gettext_lazy as _

from imports.enums import BatchState, ImportKind
from imports.models import ImportBatch


class BatchFilterSet(django_filters.FilterSet):
    """Conditions of the list of batches, shared by page and API."""

    kind = django_filters.ChoiceFilter(
        label=_("类别"), choices=ImportKind.choices, empty_label=_("全部")
    )
    state = django_filters.ChoiceFilter(
        label=_("状态"), choices=BatchState.choices, empty_label=_("全部")
    )

    class Meta:
        model = ImportBatch
        fields = ["kind", "state"]
