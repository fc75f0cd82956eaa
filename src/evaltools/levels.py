"""An analysis taken apart by kind of group: staff, managers, individual supervision, never told together."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from evaltools.analysis import Analysis
from evaltools.schemas import SUMMARY_GROUP


def taken_apart(analysis: Analysis) -> tuple[tuple[str, Analysis], ...]:
    """The analysis of each kind of group, as if it were an evaluation of its own.

    Parameters
    ----------
    analysis : Analysis
        Of the whole evaluation.

    Returns
    -------
    tuple of (str, Analysis)
        The name of the kind's cell (``all_staff``, ``all_managers`` ...) and its part: the rows of the kind, as the
        whole evaluation, and of its groups. Where all groups are of one kind, "" and the analysis as it is.
    """
    audiences = analysis.facts.audiences
    return tuple((kind, _part(analysis, kind, own)) for kind, own in audiences.items()) or (("", analysis),)


def _part(analysis: Analysis, kind: str, own: tuple[str, ...]) -> Analysis:
    rows, facts = analysis.estimates, analysis.facts
    together = (rows["group_by"] == "audience") & (rows["group"] == kind)
    together_rows = rows[together].assign(group_by="evaluation", group=SUMMARY_GROUP).astype(rows.dtypes.to_dict())
    single = rows[(rows["group_by"] == "group") & rows["group"].isin(list(own))]
    groups, people = {group: facts.groups[group] for group in own}, {group: facts.people[group] for group in own}
    estimates = pd.concat([together_rows, single], ignore_index=True)
    return Analysis(estimates, analysis.sets, replace(facts, audiences={}, groups=groups, people=people))
