"""The canonical tables as they are declared: every column's kind, what it may hold, which are keys.

Only keys and what gives a row its meaning are required; every other column is optional, and what it would have shown is
then "not recorded". Columns marked ``short`` are the ones that the short session form asks for: two minutes a session.
"""

from __future__ import annotations

from dataclasses import dataclass

MISSING_REASONS = ("skipped", "not_shown", "dont_know", "not_applicable", "refused", "not_reached", "invalid")


@dataclass(frozen=True)
class Field:
    """One column as declared: its kind, whether it must be there and filled, and what it may hold.

    ``person`` is the kind of a column that says who somebody is: its codes are replaced by pseudonyms.
    """

    kind: str
    required: bool = False
    allowed: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    short: bool = False


def _required(kind: str, *allowed: str) -> Field:
    return Field(kind, required=True, allowed=allowed, short=True)


def _optional(kind: str, *allowed: str) -> Field:
    return Field(kind, allowed=allowed)


def _short(kind: str, *allowed: str) -> Field:
    return Field(kind, allowed=allowed, short=True)


def _number_of(high: float = 99, *, short: bool = False) -> Field:
    return Field("count", low=0, high=high, short=short)


_FORM = ("group", "individual")
_AUDIENCE = ("staff", "managers")
_PARTLY = ("yes", "partly", "no")
_RATING = Field("count", low=0, high=10)
_RANK = Field("count", low=1, high=99, short=True)
_MINUTES = Field("count", low=0, high=1440)

# The tables that an evaluation has from files; those below that are not among them stand in ``evaluation.toml``.
FROM_FILES = (
    "people", "sessions", "attendance", "questions", "ideas", "follow_ups", "strengths", "feedback",
    "supervisor_development", "contacts", "goal_ratings", "comments", "approvals", "responses",
)  # fmt: skip

TABLES: dict[str, dict[str, Field]] = {
    "contract": {
        "commissioner": _required("text"), "purpose": _required("text"), "start": _required("date"),
        "planned_end": _optional("date"), "end": _optional("date"), "signed": _optional("date"),
        "joint": _optional("yes_no"), "mission": _optional("text"),
        "form": _optional("choice", *_FORM), "form_reason": _optional("text"),
        "audience": _optional("choice", *_AUDIENCE),
        "sector": _optional("text"), "interval_days_from": Field("count", low=1),
        "interval_days_to": Field("count", low=1), "sessions_planned": Field("count", low=1),
        "choice_basis": _optional("text"), "chosen_by": _optional("choice", "participants", "managers", "both"),
        "rules_reviewed": _optional("date"), "dialogue_dates": _optional("text"),
        "frames_length": _optional("text"), "frames_place": _optional("text"), "frames_cost": _optional("text"),
    },
    "supervisor_periods": {
        "supervisor": _required("text"), "from": _required("date"), "to": _optional("date"),
        "group": _optional("code"),
    },
    "supervisors": {
        "supervisor": _required("text"), "approach": _optional("text"), "external": _optional("yes_no"),
    },
    "qualifications": {
        "supervisor": _required("text"), "name": _required("text"), "points": Field("number", low=0),
        "level": _optional("choice", "basic", "advanced"), "year": Field("count", low=1900, high=2200),
    },
    "goals": {
        "goal": _required("code"), "text": _required("text"), "owner": _optional("text"),
        "level": _optional("choice", "individual", "group", "organisation"), "group": _optional("code"),
        "indicator": _optional("code"), "levels": _optional("text"),
        "baseline": _optional("number"), "expected": _optional("number"), "weight": Field("number", low=0),
        "organisation_goal": _optional("text"),
    },
    "evaluation_plan": {
        "what": _required("code"), "wave": _required("code"),
        "to": _required("choice", "commissioner", "supervisor", "participants"),
        "due": _optional("date"), "delivered": _optional("date"), "smallest_group": Field("count", low=5),
        "policy": _optional("choice", "standard", "strict"),
    },
    "groups": {
        "group": _required("code"), "label": _required("text"), "audience": _optional("choice", *_AUDIENCE),
        "form": _optional("choice", *_FORM),
    },
    "waves": {
        "wave": _required("code"), "label": _required("text"), "planned": _optional("date"),
        "actual": _optional("date"), "kind": _optional("choice", "questionnaire", "session_form", "then_test"),
        "session": _optional("code"),
    },
    "events": {
        "date": _required("date"), "kind": _required("choice", "reorganisation", "new_manager", "staffing", "other"),
        "label": _required("text"), "group": _optional("code"),
    },
    "files": {
        "path": _required("text"),
        "table": _required("choice", *FROM_FILES),
        "sheet": _optional("text"), "wave": _optional("code"), "instrument": _optional("code"),
        "mapping": _optional("code"), "as": _optional("choice", "ics", "teams", "zoom", "matrix"),
        "group": _optional("code"), "subject": _optional("text"), "timezone": _optional("text"),
        "date_order": _optional("choice", "ymd", "dmy", "mdy"), "session": _optional("code"),
        "blank": _optional("choice", "no", "unknown"), "others": _optional("text"),
    },
    "scales": {
        "scale": _required("code"), "label": _required("text"), "given_as": _required("choice", "score"),
        "low": _required("number"), "high": _required("number"), "items": Field("count", required=True, low=1),
        "step": Field("number", low=0), "higher_is_better": _optional("yes_no"),
    },
    "people": {
        "person": _required("person"), "group": _short("code"), "role": _short("choice", "staff", "manager"),
        "profession": _short("text"), "joined": _short("date"), "left": _short("date"),
        "reason_left": _short("text"), "manager_level": _optional("choice", "first_line", "middle", "top"),
    },
    "sessions": {
        "session": _required("code"), "group": _short("code"), "date": _required("date"),
        "status": _required("choice", "held", "cancelled", "moved"), "format": _optional("text"),
        "planned_minutes": Field("count", low=1, high=1440),
        "actual_minutes": Field("count", low=0, high=1440, short=True),
        "reflection_not_advice": Field("count", low=0, high=10, short=True),
        "order_decided_by": _short("choice", "participants", "supervisor", "together"),
        "interrupted": _optional("yes_no"), "reflection_minutes": _MINUTES, "mission_clarified": _optional("yes_no"),
        "individual_requested": _number_of(), "individual_held": _number_of(), "methods": _optional("text"),
        "tried_new": _optional("yes_no"), "teaching_topic": _optional("text"), "teaching_minutes": _MINUTES,
        "supervisor": _optional("text"),
    },
    "attendance": {
        "session": _required("code"), "person": _required("person"), "present": _required("yes_no"),
        "listed": _optional("yes_no"), "asked": _optional("yes_no"), "analysed": _optional("yes_no"),
        "reflected": _optional("yes_no"), "contributed": _optional("yes_no"), "took_from_others": _optional("yes_no"),
        "feedback_received": _optional("yes_no"), "feedback_useful": _optional("yes_no"),
    },
    "questions": {
        "question": _required("code"), "session": _required("code"), "owner": _short("person"),
        "order_decided": _RANK, "order_taken": _RANK, "handled": _short("choice", *_PARTLY),
        "owner_satisfied": _short("yes_no"), "carried_to": _optional("code"),
        "type": _optional("choice", "event", "action", "situation", "reaction", "experience", "relation", "goal",
                          "task"),
        "formulated_by": _optional("choice", "participant", "supervisor", "together"),
        "concerns": _optional("choice", "colleague", "manager", "client", "organisation_goal"),
        "counterpart": _optional("choice", "client", "relative", "colleague", "manager", "other"),
        "focus": _optional("choice", "case", "self", "group"),
        "level": _optional("choice", "individual", "group", "organisation", "society"),
        "theme": _optional("choice", "values", "conflict", "other"),
        "concrete": _optional("yes_no"), "ethics": _optional("yes_no"), "emotion_named": _optional("yes_no"),
        "alternatives": _number_of(), "perspectives": _number_of(), "possibilities": _number_of(),
        "resources": _number_of(), "insight": _optional("yes_no"), "usefulness": _RATING,
        "difficulty_before": _RATING, "difficulty_after": _RATING, "lingers_before": _RATING, "lingers_after": _RATING,
        "understanding_before": _RATING, "understanding_after": _RATING, "minutes": _MINUTES,
    },
    "strengths": {
        "session": _required("code"), "person": _required("person"), "given": _required("yes_no"),
        "within_24h": _optional("yes_no"), "tools": _number_of(), "reinforced": _short("yes_no"),
        "what": _optional("choice", "meeting", "calm", "courage", "cooperation", "creativity", "boundary", "other"),
    },
    "ideas": {
        "idea": _required("code"), "session": _required("code"), "person": _short("person"),
        "question": _optional("code"), "kind": _short("choice", "approach", "action", "tool"),
        "resource_named": _optional("yes_no"), "spread": _optional("yes_no"), "shared_strategy": _optional("yes_no"),
    },
    "follow_ups": {
        "idea": _required("code"), "session": _required("code"), "followed_up": _short("yes_no"),
        "tried": _short("yes_no"), "helped": _short("choice", *_PARTLY),
        "noticed_by": _short("choice", "self", "colleague", "client", "relative", "manager"),
        "noticed_how": _short("choice", "calmer", "safer", "contact", "cooperation", "time", "result", "other"),
        "still_used": _short("yes_no"), "reinforced": _optional("yes_no"), "adapted": _optional("yes_no"),
    },
    "feedback": {
        "case": _required("code"), "date": _required("date"), "kind": _required("choice", "wish", "complaint"),
        "from_role": _short("choice", "participant", "manager", "commissioner", "client", "other"),
        "group": _optional("code"), "action": _optional("text"), "closed": _short("date"),
        "outcome": _short("choice", "met", "partly_met", "not_met", "withdrawn"),
    },
    "supervisor_development": {
        "supervisor": _required("text"), "date": _required("date"),
        "kind": _required("choice", "own_supervision", "training"),
        "hours": Field("number", low=0, high=1000, short=True),
    },
    "contacts": {
        "date": _required("date"), "with": _required("choice", "commissioner", "peers"),
        "kind": _short("choice", "start", "midterm", "end", "other"), "number": _number_of(999, short=True),
    },
    "goal_ratings": {
        "goal": _required("code"), "wave": _required("code"), "person": _short("person"),
        "reached": Field("number", required=True, low=-2, high=2, short=True),
        "rater": _short("choice", "participant", "group", "supervisor", "manager", "commissioner"),
    },
    "comments": {
        "comment": _required("code"), "person": _short("person"), "wave": _short("code"), "session": _short("code"),
        "item": _short("code"), "text": _required("text"), "theme": _short("text"),
    },
    "approvals": {
        "comment": _required("code"), "reader": _required("choice", "commissioner", "participants"),
        "by": _required("person"), "on": _required("date"), "withdrawn": _short("date"),
    },
    "responses": {
        "person": _required("person"), "wave": _required("code"), "instrument": _required("code"),
        "item": _required("code"), "given_as": _required("choice", "item", "score"), "code": _optional("number"),
        "missing": _optional("choice", *MISSING_REASONS), "response": _optional("code"),
        "answered_at": _optional("time"), "status": _optional("choice", "complete", "partial"),
        "session": _optional("code"),
    },
}  # fmt: skip

KEYS: dict[str, tuple[str, ...]] = {
    "contract": (), "supervisor_periods": ("supervisor", "from", "group"), "supervisors": ("supervisor",),
    "qualifications": ("supervisor", "name"), "goals": ("goal",), "evaluation_plan": ("what", "wave", "to"),
    "groups": ("group",), "waves": ("wave",), "events": (), "files": (), "scales": ("scale",),
    "people": ("person",), "sessions": ("session",), "attendance": ("session", "person"), "questions": ("question",),
    "strengths": ("session", "person"), "ideas": ("idea",), "follow_ups": ("idea", "session"), "feedback": ("case",),
    "supervisor_development": ("supervisor", "date", "kind"), "contacts": (),
    "goal_ratings": ("goal", "wave", "person", "rater"), "comments": ("comment",), "approvals": ("comment", "reader"),
    "responses": ("person", "wave", "session", "instrument", "item"),
}  # fmt: skip

# The tables that an evaluation has from its ``evaluation.toml``.
DECLARED = ("contract", "supervisor_periods", "supervisors", "qualifications", "goals", "evaluation_plan", "groups",
            "waves", "events")  # fmt: skip


def person_columns(table: str) -> tuple[str, ...]:
    """The columns of a table that say who somebody is.

    >>> person_columns("questions")
    ('owner',)
    """
    return tuple(column for column, field in TABLES[table].items() if field.kind == "person")
