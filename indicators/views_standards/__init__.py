"""Pages of the standards: what holds where, what is proposed, and what would change."""

from indicators.views_standards.listing import StandardDetailView, StandardListView
from indicators.views_standards.proposals import (
    ProposalActView,
    ProposalCreateView,
    ProposalDetailView,
    ProposalListView,
)
from indicators.views_standards.trials import TrialCreateView, TrialDetailView, proposal_try

__all__ = [
    "ProposalActView",
    "ProposalCreateView",
    "ProposalDetailView",
    "ProposalListView",
    "StandardDetailView",
    "StandardListView",
    "TrialCreateView",
    "TrialDetailView",
    "proposal_try",
]
