"""Whether the person codes of an evaluation can be linked: to the list of people, and from wave to wave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import combinations

import pandas as pd

from evaltools.canonical import FROM_FILES, person_columns
from evaltools.checks import Found
from evaltools.errors import Problems
from evaltools.linking import Codes, near_codes, near_over_waves
from evaltools.schemas import row_dicts
from evaltools.settings import FILE, Settings

_OCCASION = {"responses": "wave", "attendance": "session", "strengths": "session"}  # within which a person occurs once
_PLACES_NAMED = 3
_PROPOSED = {  # the problem where one code is near, and where it is not clear which
    "person_unknown": ("person_unknown_near", "person_unknown_near_several"),
    "code_near": ("code_near", "code_near_several"),
}


def check_people_links(found: Found, people: pd.DataFrame, problems: Problems) -> None:
    """Every person code in a file is in the list of people; a nearly same code there is named by its place."""
    known = people["person"].dropna().tolist()  # a row without a code is told already
    places = _places(found, found.tables["people"])
    for name in FROM_FILES:
        for column in person_columns(name) if name != "people" else ():
            table = found.tables[name]
            occasion = table[_OCCASION[name]] if name in _OCCASION else pd.Series(table.index, index=table.index)
            unknown = table[column].notna() & ~table[column].isin(known)
            some = table[occasion.isin(occasion[unknown])]  # nearly always none
            for _, rows in some.groupby(occasion[some.index], sort=False, dropna=False):
                lost = rows[rows[column].notna() & ~rows[column].isin(known)]
                near = near_codes(lost[column].unique(), set(known) - set(rows[column].dropna()))
                once = lost.drop_duplicates(subset=["_part", "_row"])
                alike = once[column].isin(list(near))
                found.tell(once[~alike], "person_unknown", problems, column)
                for code, of_code in once[alike].groupby(column, sort=False):
                    key, details = _proposal("person_unknown", near[str(code)], places)
                    found.tell(of_code, key, problems, column, **details)


def check_wave_links(found: Found, settings: Settings, problems: Problems) -> None:
    """Codes that are nearly alike from wave to wave, where no list of people decides; waves that share no code."""
    waves = _codes_by_wave(found, settings)
    if found.tables["people"].empty:
        _tell_near_codes(found, waves, problems)
    labels = dict(zip(settings.tables["waves"]["wave"], settings.tables["waves"]["label"], strict=True))
    for wave, later in combinations(waves, 2):
        if not waves[wave] & waves[later]:
            problems.add("waves_not_linked", file=FILE, wave=labels[wave], wave_to=labels[later])


def _tell_near_codes(found: Found, waves: Mapping[str, set[str]], problems: Problems) -> None:
    firsts = found.tables["responses"].dropna(subset=["person"]).drop_duplicates("person")
    proposed = near_over_waves(waves)
    places = _places(found, firsts)
    claimed = Counter(other for near in proposed.values() for other in near)
    for code, rows in firsts[firsts["person"].isin(list(proposed))].groupby("person", sort=False):
        near = proposed[str(code)]
        key, details = _proposal("code_near", near, places, unclear=any(claimed[other] > 1 for other in near))
        found.tell(rows, key, problems, "person", **details)


def _codes_by_wave(found: Found, settings: Settings) -> dict[str, set[str]]:
    """The codes at each wave that has any, in order of time."""
    responses = found.tables["responses"].dropna(subset=["person", "wave"])
    responses = responses[
        ~responses["person"].isin(list(found.unlinked))
    ]  # that these cannot be linked is told already
    at = {str(wave): set(rows["person"]) for wave, rows in responses.groupby("wave", sort=False)}
    return {wave: at[wave] for wave in settings.tables["waves"]["wave"].dropna() if wave in at}


def check_codes(codes: Codes, settings: Settings, all_read: bool, problems: Problems) -> None:
    """What ``[codes]`` says leads to a person, in one step; what stands in no file is told.

    ``all_read`` says whether every file could be read: only then is it known which codes occur.
    """
    for (written, person), line in zip(settings.codes.items(), settings.lines["codes"], strict=True):
        key = ""
        if person in settings.codes:
            key = "codes_chain"
        elif all_read and person not in codes.seen:
            key = "codes_target_unknown"
        elif all_read and written not in codes.used:
            key = "codes_unused"
        if key:
            problems.add(key, file=FILE, row=line)


def _places(found: Found, rows: pd.DataFrame) -> dict[str, tuple[str, int]]:
    """File (and sheet) and row of each code's first occurrence."""
    places: dict[str, tuple[str, int]] = {}
    for row in row_dicts(rows.dropna(subset=["person"])):
        source = found.sources[row["_part"]]
        place = f"{source.file} ({source.sheet})" if source.sheet else source.file
        places.setdefault(row["person"], (place, int(row["_row"])))
    return places


def _proposal(
    key: str, near: tuple[str, ...], places: Mapping[str, tuple[str, int]], *, unclear: bool = False
) -> tuple[str, dict[str, object]]:
    """The problem's key and the details that name the near codes by their places."""
    at = [places[code] for code in near if code in places]
    if not at:
        return key, {}
    near_key, several_key = _PROPOSED[key]
    if len(at) == 1 and not unclear:
        return near_key, {"near": at[0][0], "near_row": at[0][1]}
    named = ", ".join(f"{place}:{row}" for place, row in at[:_PLACES_NAMED])
    return several_key, {"n": len(at), "places": named + (" …" if len(at) > _PLACES_NAMED else "")}
