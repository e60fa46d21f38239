"""What a return may be told, and why it does not take it."""

from __future__ import annotations

from enum import StrEnum

from domain.model import Model


class Verb(StrEnum):
    """The Updates of a return and of its aftercare, by name."""

    CANCEL = "cancel"
    NEW_LABEL = "new_label"
    HANDED_OVER = "handed_over"
    CHOOSE = "choose"
    RECORD_SCAN = "record_scan"
    ADD_PARCEL = "add_parcel"
    RECEIVE = "receive"
    INSPECT = "inspect"
    REPAIR = "repair"
    SHIPPED = "shipped"
    APPROVE = "approve"
    OVERRIDE = "override"
    ASK_EVIDENCE = "ask_evidence"
    GIVE_EVIDENCE = "give_evidence"
    EDIT = "edit"
    CORRECT_COUNT = "correct_count"
    REGRADE = "regrade"
    EXTEND = "extend"
    FORCE_CLOSE = "force_close"
    ASSIGN = "assign"
    RESEND = "resend"
    LOST = "lost"
    RECORD_FINDING = "record_finding"
    SETTLE_FINDING = "settle_finding"
    ANSWER_OFFER = "answer_offer"
    UPHOLD = "uphold"
    SENT_BACK = "sent_back"
    OPEN_CLAIM = "open_claim"
    ANSWER_CLAIM = "answer_claim"
    SETTLE = "settle"
    DECIDE_LATE = "decide_late"
    RETRY_NOW = "retry_now"
    REPLAN = "replan"
    RECORD_NEWS = "record_news"
    CONSENT = "consent"
    PAY_AGAIN = "pay_again"
    TAKE_BACK = "take_back"
    PAID_BY_HAND = "paid_by_hand"
    BY_HAND_FAILED = "by_hand_failed"
    NOTED = "noted"


class Refusal(Model):
    """Why a message is not taken: a code, and what is allowed instead."""

    code: str
    message: str
