"""What the merchant promises and what the law gives: versioned documents, and the pure function that applies them."""

from domain.policy.calendar import Calendar
from domain.policy.decide import Traced, decide, traced
from domain.policy.decision import Decision, Given, Handling, LineDecision, LineTerms, Reason
from domain.policy.document import Policies, Policy, PublishedPolicy, PublishedStatute, Statute, version_of
from domain.policy.judgement import Verdict
from domain.policy.reader import Step
from domain.policy.terms import graded, terms_of, to_review
from domain.terms import ShippingRule

__all__ = [
    "Calendar",
    "Decision",
    "Given",
    "Handling",
    "LineDecision",
    "LineTerms",
    "Policies",
    "Policy",
    "PublishedPolicy",
    "PublishedStatute",
    "Reason",
    "ShippingRule",
    "Statute",
    "Step",
    "Traced",
    "Verdict",
    "decide",
    "graded",
    "terms_of",
    "to_review",
    "traced",
    "version_of",
]
