"""Runs a report notebook's cells and collects the blocks that they show; behind a wall for the commissioner's.

The cells are run plainly, without a Jupyter kernel: the same notebook opens in JupyterLab and gives the same blocks.
A cell tagged ``parameters`` holds what JupyterLab starts from; here other values are put in its place.
"""

from __future__ import annotations

import ast
import atexit
import io
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any, BinaryIO

from evaltools.blocks import Block, Section, from_data, to_data
from evaltools.closed_vocabulary import vocabulary
from evaltools.errors import EvaltoolsError, ReportError, message
from evaltools.language import DEFAULT, languages
from evaltools.portfolio import PORTFOLIO_FILE, Portfolio, read_portfolio
from evaltools.register import summary
from evaltools.register.summary import SUMMARY_FILE, Summary, read_summary
from evaltools.sealed import VOCABULARY, Release, read_release, require_release

RELEASE_FILE = "release.json"
_REGISTER_PAGE = "evaltools.register.page"
_FORKS = sys.platform == "linux"  # Windows cannot copy a process; macOS's own libraries may not survive it
_waiting: dict[tuple[int, str], subprocess.Popen[bytes]] = {}  # by the process that asks, and the page
_one_at_a_time = threading.Lock()
_ANSWERED = 3  # how a copy ends that has given its answer; a cell that ends it otherwise has given none
# What a walled notebook may see, one of them: the file, the notebook's name for it, its reader, the module of its page.
_SEALED: tuple[tuple[str, str, Callable[[str], object], str], ...] = (
    (RELEASE_FILE, "release", read_release, "evaltools.commissioner"),
    (PORTFOLIO_FILE, "portfolio", read_portfolio, "evaltools.organisation"),
    (SUMMARY_FILE, "summary", read_summary, _REGISTER_PAGE),
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
    outside that folder and the program's own, write none, start no program and reach no network. On Linux it is a
    copy of a process that has loaded the program and seen no release; elsewhere it loads the program itself.

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
    page = next(entry[-1] for entry in _SEALED if entry[0] == file)
    with tempfile.TemporaryDirectory(prefix="evaltools-") as folder:
        (Path(folder) / file).write_bytes(content)
        shutil.copyfile(path, Path(folder) / path.name)
        told = _asked(page, {"folder": folder, "notebook": path.name, "language": language})
    if "blocks" not in told:
        raise ReportError(message("walled_failed", language, notebook=path.name, why=told.get("failed", "")))
    return from_data(told["blocks"])


def start_wall(file: str = RELEASE_FILE) -> None:
    """Start the process that `run_walled` will ask, so that it loads the program while other work is done."""
    page = next(entry[-1] for entry in _SEALED if entry[0] == file)
    with _one_at_a_time:
        _waiting_for(page)


def _asked(page: str, asked: dict[str, str]) -> dict[str, Any]:
    """What the waiting process answers to one question; whatever goes wrong, no later question gets that answer."""
    told: dict[str, Any] = {}
    with _one_at_a_time:
        waiting = _waiting_for(page)
        try:
            assert waiting.stdin and waiting.stdout
            waiting.stdin.write(json.dumps(asked).encode() + b"\n")
            waiting.stdin.flush()
            told = json.loads(waiting.stdout.readline())
        except (OSError, ValueError):  # it has come to an end, or been stopped
            pass
        finally:
            if not _FORKS or told.get("folder") != asked["folder"]:
                _waiting.pop((os.getpid(), page), None)
                _end(waiting)
    return told if told.get("folder") == asked["folder"] else {}


def _waiting_for(page: str) -> subprocess.Popen[bytes]:
    """A process of our own that has loaded what a page needs, has seen no release yet, and waits to be asked."""
    key = os.getpid(), page
    if key not in _waiting or _waiting[key].poll() is not None:
        _waiting[key] = subprocess.Popen(
            [sys.executable, "-P", "-m", "evaltools.notebook", page], cwd=tempfile.gettempdir(),
            env=_bare_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        atexit.register(_end, _waiting[key])
    return _waiting[key]


def _end(waiting: subprocess.Popen[bytes]) -> None:
    """Ask no more; it ends by itself."""
    for stream in (waiting.stdin, waiting.stdout):
        if stream:
            with suppress(OSError):
                stream.close()
    waiting.wait()


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
        "OPENBLAS_NUM_THREADS": "1",  # a process with threads is not copied whole
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


def _wait(page: str) -> None:
    """Load the program once, then answer one question after another, each in a process of its own.

    That process is a copy of this one, which has never seen a release: what one report is made of cannot get into the
    next. Where a program cannot be copied, there is one question only.
    """
    _load_program(page)
    answers, sys.stdout = sys.stdout.buffer, io.StringIO()  # what a cell prints is no answer
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        if not _FORKS:
            _answer(asked, answers)
            return
        if child := os.fork():
            if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != _ANSWERED:
                _write({"folder": asked["folder"]}, answers)
            continue
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # later questions are not for this process
        _answer(asked, answers)
        os._exit(_ANSWERED)


def _answer(asked: dict[str, str], answers: BinaryIO) -> None:
    """Go into the folder of one release, close the doors, and run its notebook."""
    told: dict[str, Any] = {"folder": asked["folder"]}
    try:
        os.chdir(asked["folder"])
        file, name, read, _ = next(entry for entry in _SEALED if Path(entry[0]).exists())
        _close_doors()
        blocks = run_notebook(Path(asked["notebook"]), {"language": asked["language"], name: read(file)})
        told["blocks"] = to_data(blocks)
    except EvaltoolsError as error:
        told["failed"] = str(error)
    except BaseException as error:  # whatever it is, its text must not get out
        told["failed"] = type(error).__name__
    _write(told, answers)


def _write(told: dict[str, Any], answers: BinaryIO) -> None:
    answers.write(json.dumps(told, ensure_ascii=False).encode() + b"\n")
    answers.flush()


def _load_program(page: str) -> None:
    """Load what a report needs while the doors are open: the fonts too, and every language's words."""
    from evaltools.plots import Mark, levels_plot
    from evaltools.wording import words

    import_module(page)
    vocabulary(summary.VOCABULARY if page == _REGISTER_PAGE else VOCABULARY)
    levels_plot([Mark("", "", 0.5, (0.0, 1.0))], (0.0, 1.0), ("0", "1"), "")
    for language in languages():
        words(language).day(date.min)


if __name__ == "__main__":
    _wait(sys.argv[1])
