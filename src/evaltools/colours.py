"""Colours that everybody can tell apart: the contrast between two, as WCAG counts it."""

from __future__ import annotations

import re

TEXT_CONTRAST = 4.5  # WCAG 2.2, 1.4.3: letters against what is behind them
PICTURE_CONTRAST = 3.0  # 1.4.11: the parts of a picture that it cannot be read without
_HEX = re.compile(r"#[0-9a-fA-F]{6}")


def is_colour(text: str) -> bool:
    """Whether a text is a colour such as ``#0b5394``."""
    return _HEX.fullmatch(text) is not None


def contrast(one: str, other: str) -> float:
    """The contrast between two colours, from 1 (the same) to 21 (black and white) [1]_.

    Parameters
    ----------
    one, other : str
        Colours such as ``#0b5394``; the order does not matter.

    References
    ----------
    .. [1] W3C (2023). Web Content Accessibility Guidelines 2.2, contrast ratio and relative luminance.

    Examples
    --------
    >>> round(contrast("#000000", "#ffffff"), 1), round(contrast("#ffffff", "#777777"), 2)
    (21.0, 4.48)
    """
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels)
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
