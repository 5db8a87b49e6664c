from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

from core import slots

register = template.Library()


@register.simple_tag(takes_context=True)
def page_slot(context: template.Context, name: str, **arguments: Any) -> SafeString:
    """HTML of everything that upper apps put into a named slot of this page."""
    request = context.get("request")
    parts = (filler(request, **arguments) for filler in slots.fillers(name))
    return mark_safe("".join(parts))
