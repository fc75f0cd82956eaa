"""Disclosure policies, the form in which a mean may be shown under them, and what two published means say."""

from __future__ import annotations

import hashlib
import json
import math
import tomllib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from functools import lru_cache
from importlib.resources import files
from typing import Any

from scipy import special

from evaltools.errors import DisclosureError, message
from evaltools.instruments import Scale
from evaltools.language import DEFAULT
from evaltools.measures import limits
from evaltools.shown import Shown
from evaltools.statistics.precision import sd_of_changes
from evaltools.statistics.verdicts import verdict, verdict_rule

FLOOR = 5
_COUNTS = "counts"  # in the same file: a rule that is not of one evaluation (`safe_counts`)
_EXACT = 1e-9  # means are sums of a few scores; two that differ by less are equal


@dataclass(frozen=True)
class Policy:
    """What may be shown about how few people. See ``policies.toml`` for the fields.

    Raises
    ------
    DisclosureError
        If it protects fewer than five people or shows more than one decimal.
    """

    name: str
    smallest_panel: int
    decimals: int
    bands_up_to_items: int
    bands: tuple[tuple[int, tuple[float, ...]], ...]
    pooled_groups: int
    pooled_people: int
    pooled_largest_share: float

    def __post_init__(self) -> None:
        """Refuse a policy that is too weak."""
        if self.smallest_panel < FLOOR or self.decimals > 1 or self.pooled_groups < 3 or self.pooled_people < 15:
            raise DisclosureError(message("policy_too_weak", DEFAULT, policy=self.name, floor=FLOOR))

    def edges(self, n: int) -> tuple[float, ...]:
        """Where the inner edges of the bands lie for n people, as shares of the range."""
        return [edges for least, edges in self.bands if n >= least][-1]

    def may_pool(self, sizes: Iterable[int]) -> bool:
        """Whether groups of these sizes are many and mixed enough to be shown as one.

        >>> policies()["standard"].may_pool([6, 6, 6]), policies()["standard"].may_pool([12, 5, 5])
        (True, False)
        """
        counted = [size for size in sizes if size]
        return self.may_pool_of(len(counted), sum(counted), max(counted, default=0))

    def may_pool_of(self, groups: int, people: int, largest: int) -> bool:
        """The same, by how many groups and people there are, and people in the largest group."""
        enough = groups >= self.pooled_groups and people >= self.pooled_people
        return enough and largest <= self.pooled_largest_share * people

    @property
    def hash(self) -> str:
        """A mark of everything in the policy, by which the ledger sees that it has not been changed."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


@lru_cache
def policies() -> dict[str, Policy]:
    """The named policies.

    >>> sorted(policies())
    ['standard', 'strict']
    """
    table = tomllib.loads((files("evaltools") / "policies.toml").read_text("utf-8"))
    return {
        name: Policy(
            name=name,
            **entry | {"bands": tuple((band["from_people"], tuple(band["edges"])) for band in entry["bands"])},
        )
        for name, entry in table.items()
        if name != _COUNTS
    }


def shown_mean(mean: float, n: int, scale: Scale, policy: Policy) -> Shown:
    """The form in which a panel's mean may be shown.

    Parameters
    ----------
    mean : float
        In points of the scale.
    n : int
        People in the panel, at least the policy's smallest.
    scale : Scale
        Its range, number of items and step decide how wide the end cells are.
    policy : Policy
        Rounds long scales and puts short ones in bands.

    Returns
    -------
    Shown
        Never narrower at an end of the scale than (R + h)/n, R the range, h half of it rounded up to the step
        of one person's score: then one insider cannot narrow another person to half of the scale.

    Raises
    ------
    DisclosureError
        If the panel is smaller than the policy allows.

    Examples
    --------
    >>> from evaltools.instruments import shipped_instruments
    >>> scale = shipped_instruments()["toolkit_competence"].scales[0]
    >>> shown_mean(4.333, 6, scale, policies()["standard"])
    Shown(kind='value', low='4.3', high='4.3')
    >>> shown_mean(5.9, 6, scale, policies()["standard"])
    Shown(kind='at_least', low='5.5', high='7')
    """
    if n < policy.smallest_panel:
        raise DisclosureError(message("panel_too_small", DEFAULT, least=policy.smallest_panel))
    low, high = scale.score_range
    width = end_width(n, scale)
    if scale.item_count <= policy.bands_up_to_items:
        return banded(mean, low, high, width, policy.edges(n))
    unit = 10**-policy.decimals
    lowest = _ceil((low + width) / unit) * unit
    highest = _floor((high - width) / unit) * unit
    if mean <= lowest + _EXACT:
        return Shown("at_most", _text(low), _text(lowest))
    if mean >= highest - _EXACT:
        return Shown("at_least", _text(highest), _text(high))
    rounded = Decimal(repr(round(mean, 9))).quantize(Decimal(1).scaleb(-policy.decimals), ROUND_HALF_UP)
    return Shown("value", str(rounded), str(rounded))


def read_change(before: Shown, after: Shown, n: int, scale: Scale) -> dict[str, Any]:
    """What two published levels of the same people say about their change.

    Parameters
    ----------
    before, after : Shown
        The published forms.
    n : int
        People in the panel.
    scale : Scale
        Its reference gives the standard deviation of a change; without one, a quarter of the range is assumed.

    Returns
    -------
    dict
        ``shown`` (a difference of two rounded values, or the ends between which the change lies), ``uncertainty``
        (half width of the 95 % interval that the reference spread gives for n people, rounded up), its
        ``basis``, ``verdict`` and ``n``. The verdict widens the uncertainty by the rule's reserve, because these
        people may differ more than the reference, and adds the rounding of both levels; where only ends are known
        it takes the end nearest to no change.

    Examples
    --------
    >>> from evaltools.instruments import shipped_instruments
    >>> scale = shipped_instruments()["toolkit_job_satisfaction"].scales[0]
    >>> three, four = Shown("value", "3.0", "3.0"), Shown("value", "3.9", "3.9")
    >>> change = read_change(three, four, 16, scale)
    >>> change["shown"], change["uncertainty"], change["verdict"]
    ({'kind': 'value', 'low': '0.9', 'high': '0.9'}, '0.5', 'increase')
    """
    (low_1, high_1), (low_2, high_2) = before.reach, after.reach
    low, high = low_2 - high_1, high_2 - low_1
    spread, basis = reference_spread(scale)
    rule = verdict_rule()
    sure, likely = (float(special.ndtri((1 + level) / 2)) * spread / n**0.5 for level in (rule.sure, rule.likely))
    if before.kind == after.kind == "value":
        difference = str(Decimal(after.low) - Decimal(before.low))
        shown = Shown("value", difference, difference)
        nearest, slack = float(difference), (high - low) / 2
    else:
        shown = Shown("between", f"{round(low, 2):g}", f"{round(high, 2):g}")
        nearest, slack = (low if low > 0 else high if high < 0 else 0.0), 0.0
    word = verdict(nearest, rule.reserve * sure + slack, rule.reserve * likely + slack,
                   float(released_minimal_change(scale)))  # fmt: skip
    return {"shown": asdict(shown), "uncertainty": _rounded_up(sure), "basis": basis, "verdict": word, "n": n}


def released_minimal_change(scale: Scale) -> str:
    """The smallest change that counts among published figures, which have one decimal: rounded up to one.

    >>> from evaltools.instruments import shipped_instruments
    >>> released_minimal_change(shipped_instruments()["toolkit_competence"].scales[0])
    '0.8'
    """
    return _rounded_up(scale.minimal_change.value)


def reference_spread(scale: Scale) -> tuple[float, str]:
    """Standard deviation of people's changes that is known of a scale beforehand, and what it rests on.

    Parameters
    ----------
    scale : Scale
        With a published spread and retest reliability, those are used; else a share of its range is assumed
        (``limits.toml``).

    Returns
    -------
    tuple
        In points of the scale; the name of the reference or ``"assumed"``.

    Examples
    --------
    >>> from evaltools.instruments import shipped_instruments
    >>> reference_spread(shipped_instruments()["toolkit_job_satisfaction"].scales[0])
    (1.0, 'assumed')
    """
    reference = scale.reference
    if reference and reference.reliability_kind == "retest":
        return sd_of_changes(reference.sd, reference.reliability), reference.name
    low, high = scale.score_range
    return (high - low) * limits()["assumed_sd_of_change"], "assumed"


def more_than_yes_or_no(scale: Scale) -> bool:
    """Whether a person's score can be more than one of two; else a band of means is a count of answers, nearly exact.

    >>> from evaltools.instruments import score_only_scale
    >>> more_than_yes_or_no(score_only_scale("q", "Yes or no", 0, 1, 1, 1.0).scales[0])
    False
    """
    low, high = scale.score_range
    return high - low > scale.step + _EXACT


def end_width(n: int, scale: Scale) -> float:
    """Least width of a cell at an end of the scale: (R + h)/n.

    A score from fewer items (missing rule) has a coarser step, so the widest h over the numbers of items that
    give a score is taken.
    """
    low, high = scale.score_range
    half = (high - low) / 2
    if scale.given_as == "score":
        steps = [scale.step]
    else:
        steps = [
            scale.step * scale.item_count / answered for answered in range(scale.min_answered, scale.item_count + 1)
        ]
    h = max(_ceil(half / step) * step for step in steps)
    return (high - low + h) / n


def banded(value: float, low: float, high: float, width: float, shares: tuple[float, ...], *, places: int = 2) -> Shown:
    """The band that holds a value; end bands grow to their least width and take the edges that they reach.

    Parameters
    ----------
    value, low, high : float
        The value and the ends of its scale.
    width : float
        Least width of the end bands.
    shares : tuple of float
        Inner edges as shares of the range.
    places : int
        Decimals of a printed edge; the ends are rounded inwards, so that a band is what it says.

    Raises
    ------
    DisclosureError
        If the two end bands would meet.
    """
    unit = 10**places
    edges = [low + share * (high - low) for share in shares]
    lowest = _ceil(max(edges[0], low + width) * unit) / unit
    highest = _floor(min(edges[-1], high - width) * unit) / unit
    if lowest >= highest:
        raise DisclosureError(message("scale_not_bandable", DEFAULT))
    inner = [lowest, *(edge for edge in edges[1:-1] if lowest < edge < highest), highest]
    if value <= lowest + _EXACT:
        return Shown("at_most", _text(low), _text(lowest))
    if value >= highest - _EXACT:
        return Shown("at_least", _text(highest), _text(high))
    upper = next(edge for edge in inner[1:] if value < edge + _EXACT or edge == highest)
    lower = inner[inner.index(upper) - 1]
    return Shown("between", _text(lower), _text(upper))


def _ceil(value: float) -> int:
    return math.ceil(value - _EXACT)


def _floor(value: float) -> int:
    return math.floor(value + _EXACT)


def _text(value: float) -> str:
    """A band's edge as text, without needless decimals."""
    return f"{round(value, 2):.2f}".rstrip("0").rstrip(".")


def _rounded_up(value: float) -> str:
    return str(Decimal(repr(round(value, 9))).quantize(Decimal("0.1"), ROUND_CEILING))
