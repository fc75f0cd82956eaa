"""An evaluation in JupyterLab, for a supervisor who wants to look further; on the confidential side."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from evaltools.errors import ReportError, message
from evaltools.language import DEFAULT
from evaltools.notebook import notebook_path
from evaltools.settings import evaluation_id

NOTEBOOK = "explore.ipynb"


def lab_notebook(folder: str | Path, language: str = DEFAULT) -> Path:
    """The notebook to explore an evaluation with, put into its folder where it is not there yet.

    Parameters
    ----------
    folder : path
        The evaluation folder; what is shown in the notebook is confidential, like the folder.
    language : str
        Language of what a new notebook shows; one that is there already is left as it is.

    Raises
    ------
    FolderError
        If the folder holds no evaluation.
    ReportError
        If the notebook cannot be written.
    """
    folder = Path(folder)
    evaluation_id(folder, language)
    place = folder / NOTEBOOK
    if place.exists():
        return place
    book = json.loads(notebook_path("explore").read_text("utf-8"))
    for cell in book["cells"]:
        if "parameters" in cell["metadata"].get("tags", []):
            cell["source"] = [f'language = "{language}"\n', 'analysis = analyse(read_evaluation("."))']
    written = True
    try:
        with place.open("x", encoding="utf-8", newline="\n") as stream:
            json.dump(book, stream, ensure_ascii=False, indent=1)
    except OSError:
        written = False
    if not written:
        raise ReportError(message("out_not_writable", language, out=folder))
    return place


def open_lab(
    folder: str | Path, language: str = DEFAULT, start: Callable[[Sequence[str]], int] = subprocess.call
) -> None:
    """Open the evaluation's notebook in JupyterLab; comes back when JupyterLab is closed.

    Raises
    ------
    ReportError
        If JupyterLab is not installed (the extra ``lab``), or the notebook cannot be written.
    """
    if find_spec("jupyterlab") is None:
        raise ReportError(message("lab_not_installed", language))
    place = lab_notebook(folder, language)
    start([sys.executable, "-m", "jupyterlab", str(place.resolve())])
