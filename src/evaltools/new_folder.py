"""A new evaluation folder: ``evaluation.toml`` to change, a session log to fill in, and forms to use."""

from __future__ import annotations

import json
import re
import textwrap
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from evaltools.errors import FolderError, message
from evaltools.forms import Form, answer_labels, form_code, forms_of, heading_rules, is_held, write_forms
from evaltools.instruments import Instrument, shipped_instruments
from evaltools.language import DEFAULT, texts
from evaltools.settings import FILE
from evaltools.wording import words
from evaltools.workbook import LOG_TABLES, session_log, sheet_name

DEFAULT_INSTRUMENTS = ("toolkit_competence", "toolkit_job_satisfaction", "toolkit_session")
SESSION_LOG = "sessions.xlsx"
EXPORTS = "exports"
WAVES = ("baseline", "mid", "end")
AFTER_SESSION = "after_session"  # the wave of the form that is filled in after sessions
_NOT_TOLD = ("session", "individual", "commissioner")  # forms of which the commissioner is told nothing


def write_new_folder(
    folder: str | Path, language: str = DEFAULT, instruments: Sequence[str] = DEFAULT_INSTRUMENTS
) -> list[Path]:
    """Write an evaluation folder that is ready to fill in; as it is, ``evaltools check`` finds nothing wrong.

    Parameters
    ----------
    folder : path
        Made if it does not exist. Its name becomes the evaluation's id.
    language : str
        Language of everything that is written.
    instruments : sequence of str
        Ids of shipped instruments.

    Returns
    -------
    list of Path
        The files written. The same arguments give the same bytes.

    Raises
    ------
    FolderError
        If the folder holds anything already (nothing is overwritten), cannot be written, or if an instrument is
        unknown.
    """
    folder = Path(folder)
    chosen = _chosen(instruments, language)
    made = {
        FILE: settings_text(_id(folder.resolve().name), chosen, language).encode(),
        SESSION_LOG: session_log(language, [texts(language)["new"]["group"]]),
        **write_forms(chosen, language),
    }
    _refuse_taken(folder, language)
    if not _written(folder, made):
        raise FolderError(message("new_folder_not_written", language, folder=folder.name))
    return [folder / name for name in made]


def settings_text(evaluation: str, instruments: Sequence[Instrument], language: str) -> str:
    """A commented ``evaluation.toml`` whose mappings fit the exports of the forms."""
    forms = forms_of(instruments, language)
    return str(
        _templates()
        .get_template(f"new/evaluation.{language}.toml")
        .render(
            id=evaluation,
            group=texts(language)["new"]["group"],
            session_log=SESSION_LOG,
            goal_sheet=sheet_name("goal_ratings", language),
            sheets=[(table, sheet_name(table, language)) for table in LOG_TABLES],
            goals=[_mapped(key, language) for key in instruments if key.forms[0] == "wave" and key.valid_before_start],
            plan=[entry for key in instruments for entry in _planned(key)],
            forms=[_form(form, forms) for form in forms],
            asks_after_sessions=any(form.kind == "session" for form in forms),
            waves=WAVES,
            after_session=AFTER_SESSION,
        )
    )


def _chosen(ids: Sequence[str], language: str) -> list[Instrument]:
    known = shipped_instruments()
    unknown = [name for name in ids if name not in known]
    if unknown:
        told = message("instrument_unknown", language, it=", ".join(unknown), allowed=", ".join(known))
        raise FolderError(told)
    return [known[name] for name in dict.fromkeys(ids)]


def _planned(instrument: Instrument) -> list[dict[str, str]]:
    """The lines of the plan for an instrument: at which waves, and who is told."""
    home = instrument.forms[0]
    if home == "session":
        return [{"what": instrument.id, "wave": AFTER_SESSION, "to": "supervisor"}]
    return [
        {"what": instrument.id, "wave": wave,
         "to": "supervisor" if wave == "mid" or home in _NOT_TOLD else "commissioner"}
        for wave in WAVES if wave != "baseline" or instrument.valid_before_start
    ]  # fmt: skip


def _form(form: Form, forms: Sequence[Form]) -> dict[str, Any]:
    """What the template says of a form: its mapping, what it asks, and the files that are to be expected of it."""
    told, said = texts(form.language)["bank"], form.said
    waves = _waves(form, forms)
    names = ["_".join(filter(None, (said["file"], told["waves"][wave]))) for wave in waves]
    return {
        "mapping": f"{said['mapping']}_{told['before']}" if form.before_start else said["mapping"],
        "kind": told["kinds"][form.kind],
        "folder": form.folder,
        "asked": form.asked,
        "instruments": [_mapped(key, form.language) for key in form.instruments],
        "files": list(zip(names, waves, strict=True)),
    }


def _waves(form: Form, forms: Sequence[Form]) -> tuple[str, ...]:
    """The waves at which a form is used: only the first where another form of its kind is for the later ones."""
    if form.kind == "session":
        return (AFTER_SESSION,)
    if form.before_start:
        return WAVES[:1]
    has_first = any(other.kind == form.kind and other.before_start for other in forms)
    return WAVES if all(key.valid_before_start for key in form.instruments) and not has_first else WAVES[1:]


def _mapped(instrument: Instrument, language: str) -> dict[str, Any]:
    """What the template says of an instrument."""
    label = words(language).label
    return {
        "id": instrument.id,
        "label": label(instrument.label),
        "scale": instrument.scales[0].id,
        "before_start": instrument.valid_before_start,
        "rules": heading_rules(instrument),
        "labels": answer_labels(instrument, language),
        "held": is_held(instrument, language),
        "codes": ", ".join(form_code(item.id) for item in instrument.items),
        "numbered": any("number" in item for _, item in heading_rules(instrument)),
        "terms": label(instrument.licence_terms),
        "source": " ".join(instrument.source.split()),
        "reversed": any(item.reversed for item in instrument.items),
    }


def _id(name: str) -> str:
    """A folder's name as the id of an evaluation: small letters, digits and hyphens.

    >>> _id("Hemtjänst Åre 2027"), _id("???")
    ('hemtjanst-are-2027', 'evaluation')
    """
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:64].rstrip("-") or "evaluation"


def _refuse_taken(folder: Path, language: str) -> None:
    """Refuse a place where something lies already."""
    try:
        taken = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    except (OSError, ValueError):  # told when it cannot be written either
        taken = False
    if taken:
        raise FolderError(message("new_folder_taken", language, folder=folder.name))


def _written(folder: Path, made: dict[str, bytes]) -> bool:
    """Write every file, none of them over another; False where the place cannot be written."""
    try:
        (folder / EXPORTS).mkdir(parents=True, exist_ok=True)
        for name, content in made.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            with (folder / name).open("xb") as file:
                file.write(content)
    except (OSError, ValueError):  # ValueError: a letter that no file name can hold
        return False
    return True


@lru_cache
def _templates() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("evaltools"),
        autoescape=False,  # plain text; what is quoted goes through the filter below
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["comment"] = lambda text: textwrap.fill(text, 116, initial_indent="# ", subsequent_indent="# ")
    made.filters["quoted"] = lambda text: json.dumps(text, ensure_ascii=False)
    return made
