"""Runs a report notebook's cells and collects the blocks that they show; behind a wall for the commissioner's.

The cells are run plainly, without a Jupyter kernel: the same notebook opens in JupyterLab and gives the same blocks.
A cell tagged ``parameters`` holds what JupyterLab starts from; here other values are put in its place.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

from evaltools.blocks import Block, Section, from_data, to_data
from evaltools.errors import EvaltoolsError, ReportError, message
from evaltools.language import DEFAULT
from evaltools.portfolio import PORTFOLIO_FILE, Portfolio, read_portfolio
from evaltools.register.summary import SUMMARY_FILE, Summary, read_summary
from evaltools.sealed import Release, read_release, require_release

RELEASE_FILE = "release.json"
# What a walled notebook may see, one of them: the file, the notebook's name for it, its reader, the module of its page.
_SEALED: tuple[tuple[str, str, Callable[[str], object], str], ...] = (
    (RELEASE_FILE, "release", read_release, "evaltools.commissioner"),
    (PORTFOLIO_FILE, "portfolio", read_portfolio, "evaltools.organisation"),
    (SUMMARY_FILE, "summary", read_summary, "evaltools.register.page"),
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_READING = ("open", "os.listdir", "os.scandir")
_CLOSED = (  # beginnings of the events that are refused: other machines, other programs, the file system, foreign code
    "socket.", "ssl.", "urllib.", "http.", "ftplib.", "smtplib.", "imaplib.", "poplib.", "nntplib.", "telnetlib.",
    "webbrowser.", "subprocess.", "os.system", "os.exec", "os.spawn", "os.posix_spawn", "os.fork", "os.startfile",
    "os.kill", "pty.", "ctypes.", "mmap.", "sqlite3.", "dbm.", "winreg.", "_winapi.", "msvcrt.", "syslog.", "shutil.",
    "tempfile.", "os.chdir", "os.fchdir", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.symlink",
    "os.chmod", "os.chown", "os.truncate", "os.utime", "os.getxattr", "os.setxattr", "os.listxattr",
)  # fmt: skip


def notebook_path(name: str) -> Path:
    """Where a report's notebook lies: in the installed package, or beside the source in a checkout."""
    installed = Path(str(files("evaltools"))) / "notebooks" / f"{name}.ipynb"
    return installed if installed.exists() else Path(__file__).resolve().parents[2] / "notebooks" / f"{name}.ipynb"


def run_notebook(path: Path, values: Mapping[str, object]) -> tuple[Block, ...]:
    """Run the code cells of a notebook in order and collect what they show.

    Parameters
    ----------
    path : Path
        The notebook.
    values : mapping
        Names that stand in place of the cell tagged ``parameters``.

    Raises
    ------
    ReportError
        If a cell fails; names the cell and the kind of error, never its text, which may quote data.
    """
    names: dict[str, Any] = {}
    blocks: list[Block] = []
    failed = ""
    for number, cell in enumerate(json.loads(path.read_text("utf-8"))["cells"], start=1):
        if cell["cell_type"] != "code":
            continue
        if "parameters" in cell["metadata"].get("tags", []):
            names |= values
            continue
        try:
            shown = _run("".join(cell["source"]), names)
        except Exception as error:  # whatever it is, its text must not get out
            failed = type(error).__name__
        if failed:
            raise ReportError(
                message(
                    "cell_failed",
                    str(names.get("language", DEFAULT)),
                    notebook=path.name,
                    cell=number,
                    kind=failed,
                )
            )
        if isinstance(shown, Section):
            blocks += shown.blocks
    return tuple(blocks)


def _run(source: str, names: dict[str, Any]) -> object:
    """Run a cell; the value of its last line, if that is an expression."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<cell>", "exec"), names)
    return eval(compile(ast.Expression(last.value), "<cell>", "eval"), names) if isinstance(last, ast.Expr) else None


def run_walled(path: Path, sealed: Release | Portfolio | Summary, language: str) -> tuple[Block, ...]:
    """Run a notebook in a process of its own that sees one release, or pooled figures, and nothing else.

    Its working folder holds that file and the notebook only, its environment is empty, and it can open no file
    outside that folder and the program's own, write none, start no program and reach no network.

    Raises
    ------
    DisclosureError
        If handed anything else.
    ReportError
        If the notebook fails.
    """
    if isinstance(sealed, Summary):
        file, content = SUMMARY_FILE, sealed.content
    elif isinstance(sealed, Portfolio):
        file, content = PORTFOLIO_FILE, sealed.content
    else:
        file, content = RELEASE_FILE, require_release(sealed).content
    with tempfile.TemporaryDirectory(prefix="evaltools-") as folder:
        (Path(folder) / file).write_bytes(content)
        shutil.copyfile(path, Path(folder) / path.name)
        done = subprocess.run(
            [sys.executable, "-P", "-m", "evaltools.notebook", path.name, language],
            cwd=folder, env=_bare_environment(), stdin=subprocess.DEVNULL, capture_output=True, check=False,
        )  # fmt: skip
    if done.returncode:
        raise ReportError(
            message(
                "walled_failed",
                language,
                notebook=path.name,
                why=done.stderr.decode("utf-8", "replace").strip()[-300:],
            )
        )
    return from_data(json.loads(done.stdout))


def _bare_environment() -> dict[str, str]:
    from platformdirs import user_cache_path

    cache = user_cache_path("evaltools", appauthor=False) / "matplotlib"
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError:  # a home that cannot be written to; matplotlib then finds its fonts anew every time
        cache = Path(tempfile.gettempdir()) / "evaltools-matplotlib"
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "WINDIR") if name in os.environ}  # Windows needs them
    package = Path(__file__).resolve().parents[1]
    return kept | {
        "PYTHONPATH": str(package),
        "PYTHONUTF8": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "MPLCONFIGDIR": str(cache),
    }


def _close_doors() -> None:
    """From now on this process reads its own folder and the program's, and does nothing else to the machine.

    Python tells a hook of everything of the kind before it is done; what is not allowed is refused. The environment is
    emptied: nothing more is looked up in it.
    """
    libraries = (sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    own = [str(Path.cwd()), str(Path(__file__).parent), *libraries, *filter(None, sys.path)]
    realpath: Callable[[str], str] = os.path.realpath
    roots = tuple(realpath(root) + os.sep for root in own)

    def may_read(path: object) -> bool:
        if not isinstance(path, (str, bytes)):
            return True  # the number of a file that is open already, or this folder
        full = realpath(os.fsdecode(path))
        return (full + os.sep).startswith(roots) or full == os.devnull

    def guard(event: str, arguments: tuple[Any, ...]) -> None:
        changes = event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING
        if changes or (event in _READING and not may_read(arguments[0])) or event.startswith(_CLOSED):
            raise PermissionError("closed")

    os.environ.clear()
    sys.argv[:] = [""]
    sys.addaudithook(guard)


def _walled(arguments: list[str]) -> int:
    notebook, language = arguments
    failed = ""
    file, name, read, page = next(entry for entry in _SEALED if Path(entry[0]).exists())
    _load_program(page)
    _close_doors()
    try:
        blocks = run_notebook(Path(notebook), {"language": language, name: read(file)})
        sys.stdout.buffer.write(json.dumps(to_data(blocks), ensure_ascii=False).encode())
    except EvaltoolsError as error:
        failed = str(error)
    if failed:
        sys.stderr.buffer.write(failed.encode())
    return 1 if failed else 0


def _load_program(page: str) -> None:
    """Load what a report needs, the fonts too, while the doors are open."""
    from evaltools.plots import Mark, levels_plot

    import_module(page)
    levels_plot([Mark("", "", 0.5, (0.0, 1.0))], (0.0, 1.0), ("0", "1"), "")


if __name__ == "__main__":
    raise SystemExit(_walled(sys.argv[1:]))
