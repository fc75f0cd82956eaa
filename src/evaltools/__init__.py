"""Evaluates professional supervision (Swedish: handledning) of people who work with people.

An evaluation folder becomes validated tables, the tables become estimates, and estimates become two reports:
one confidential, for the supervisor, and one released, for the commissioner, from which nobody's answers
can be worked out.
"""

TYPE_CHECKING = False  # as type checkers read it; typing takes longer to import than all the rest
if TYPE_CHECKING:
    from evaltools.analysis import Analysis, analyse
    from evaltools.disclosure import release
    from evaltools.errors import DisclosureError, EvaltoolsError, FolderError
    from evaltools.folder import Evaluation, read_evaluation
    from evaltools.instruments import Instrument, Scale, read_instruments, shipped_instruments
    from evaltools.ledger import Ledger, open_ledger
    from evaltools.policy import Policy, policies
    from evaltools.reports import commissioner_report, supervisor_report
    from evaltools.sealed import Release, read_release

__version__ = "0.1.0"

_HOMES = {
    "Analysis": "analysis", "analyse": "analysis", "Policy": "policy", "Release": "sealed",
    "policies": "policy", "read_release": "sealed", "release": "disclosure",
    "DisclosureError": "errors", "EvaltoolsError": "errors", "FolderError": "errors",
    "Evaluation": "folder", "read_evaluation": "folder", "Instrument": "instruments", "Scale": "instruments",
    "read_instruments": "instruments", "shipped_instruments": "instruments", "Ledger": "ledger",
    "open_ledger": "ledger",
    "commissioner_report": "reports", "supervisor_report": "reports",
}  # fmt: skip
__all__ = [
    "Analysis",
    "DisclosureError",
    "EvaltoolsError",
    "Evaluation",
    "FolderError",
    "Instrument",
    "Ledger",
    "Policy",
    "Release",
    "Scale",
    "analyse",
    "commissioner_report",
    "open_ledger",
    "policies",
    "read_evaluation",
    "read_instruments",
    "read_release",
    "release",
    "shipped_instruments",
    "supervisor_report",
]


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that ``import evaltools`` stays light."""
    if name not in _HOMES:
        raise AttributeError(f"module 'evaltools' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"evaltools.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
