import django_filters
from django.utils.translation import gettext_lazy as _

from accounts.enums import Level
from accounts.models import Area


class AreaFilterSet(django_filters.FilterSet):
    level = django_filters.ChoiceFilter(label=_("级别"), choices=Level.choices)
    parent = django_filters.NumberFilter(label=_("上级代码"), field_name="parent_id")
    name = django_filters.CharFilter(label=_("名称"), lookup_expr="contains")

    class Meta:
        model = Area
        fields = ["level", "parent", "name"]
