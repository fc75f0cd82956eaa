"""Set up evaltools and run its everyday tasks; needs nothing but Python 3.11 or newer.

python tasks.py report                     make the sample reports in reports/
python tasks.py test [--lock FILE] [-- X]  run all checks; X goes on to pytest
python tasks.py lock                       renew the lock files
"""

import sys

# Before all else, so that an old Python gets this line and not a traceback. For the
# same reason this file keeps to a syntax that Python 3.6 reads: no `:=`, no `match`.
if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit("evaltools needs Python 3.11 or newer; this is Python {}.{}.".format(*sys.version_info[:2]))

import argparse
import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent
MAIN_LOCK = "requirements.txt"

# For each lock file, what it must hold on top of the bounds in pyproject.toml.
WHEELS = ["argon2-cffi-bindings<26"]  # 26 has no wheel for Macs with an Intel processor
LOCKS = {
    MAIN_LOCK: WHEELS,
    "requirements-pandas2.txt": [
        *WHEELS,
        "pandas==2.2.*; python_version < '3.14'",
        "pandas==2.3.*; python_version >= '3.14'",  # 2.2 has no wheels for Python 3.14
        "python-dateutil<3",  # pandas 2.2 misreads time zones with newer ones
    ],
}

# In a folder like C:\Users\Åsa, Python before 3.13 finds the editable install only in UTF-8 mode.
ENVIRONMENT = {**os.environ, "PYTHONUTF8": "1"}


def run(*command: str | Path, stdin: str | None = None) -> int:
    """Run a command in the project folder and return its exit code."""
    sys.stdout.flush()  # else our lines come after the command's when the output goes to a file
    return subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, input=stdin, encoding="utf-8", check=False).returncode


def must(*command: str | Path, stdin: str | None = None) -> None:
    """Run a command that belongs to a set-up and stop if it fails."""
    code = run(*command, stdin=stdin)
    if code:
        print(f"tasks.py: this failed: {shlex.join(map(str, command))}", file=sys.stderr)
        print(
            "tasks.py: it needs an internet connection and Python 3.11 to 3.14; close programs that use "
            "the environment, then run the same command again.",
            file=sys.stderr,
        )
        sys.exit(code)


def python_in(environment: Path) -> Path:
    """Return the path of a virtual environment's Python."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def digest(*parts: bytes | str) -> str:
    """Return the SHA-256 of all parts together."""
    return hashlib.sha256(b"\0".join(p.encode() if isinstance(p, str) else p for p in parts)).hexdigest()


def ready(lock: str) -> Path:
    """Return the Python of the lock's environment, which is made or renewed first if need be."""
    environment = ROOT / lock.replace("requirements", ".venv").removesuffix(".txt")
    python = python_in(environment)
    stamp = environment / "evaltools-stamp.txt"
    # An environment works only with the Python, and in the folder, it was made with and in.
    wanted = [
        digest((ROOT / lock).read_bytes(), sys.version, str(ROOT)),
        digest((ROOT / "pyproject.toml").read_bytes()),
    ]
    # The stamp is written last, so a set-up that was broken off has none and starts over.
    found = stamp.read_text().split() if stamp.exists() and python.exists() else []
    if found == wanted:
        return python
    if found[:1] != wanted[:1]:
        print(f"Setting up {environment.name} from {lock}; the first time takes a few minutes.")
        must(sys.executable, "-m", "venv", "--clear", environment)
        # Wheels only: better to stop here than to try to compile pandas on someone's laptop.
        pip_install(python, "--require-hashes", "--only-binary", ":all:", "-r", lock)
    pip_install(python, "--no-deps", "--no-build-isolation", "-e", ".")
    stamp.write_text("\n".join(wanted))
    return python


def pip_install(python: Path, *arguments: str) -> None:
    """Install with pip, which says nothing unless it fails."""
    must(python, "-m", "pip", "install", "-qq", "--no-input", "--disable-pip-version-check", *arguments)


def report() -> int:
    """Make the sample reports: of copies, with a key of their own, so that no earlier run binds this one."""
    python = ready(MAIN_LOCK)
    with tempfile.TemporaryDirectory() as folder:
        samples = [Path(folder) / name for name in ("hemtjanst", "vogel-willems")]
        for sample in samples:
            shutil.copytree(
                ROOT / "data" / "sample" / sample.name, sample, ignore=shutil.ignore_patterns("ledger.jsonl")
            )
        ENVIRONMENT["EVALTOOLS_KEY_FILE"] = str(Path(folder) / "samples.key")
        made = run(python, "-m", "evaltools", "report", *samples, "--lang", "sv,en", "--out", "reports")
        return made or run(python, "data/sample/make_first_page.py")


def test(lock: str, pytest_arguments: list[str]) -> int:
    """Run all checks, the fast ones first, up to the first that fails."""
    python = ready(lock)
    steps = {
        "ruff check": ["ruff", "check", "."],
        "ruff format": ["ruff", "format", "--check", "."],
        "mypy": ["mypy"],
        "pytest": ["pytest", "-n", "auto", *pytest_arguments],  # on every core
    }
    for name, arguments in steps.items():
        print(f"--- {name}")
        code = run(python, "-m", *arguments)
        if code:
            print(f"tasks.py: {name} failed (exit code {code})", file=sys.stderr)
            return code
    print(f"tasks.py: all checks passed with {lock}")
    return 0


def relock() -> int:
    """Renew all lock files with the newest releases that fit."""
    with tempfile.TemporaryDirectory() as folder:
        python = python_in(Path(folder))
        must(sys.executable, "-m", "venv", folder)
        pip_install(python, "uv")
        for lock, constraints in LOCKS.items():
            print(f"Resolving {lock}")
            options = ["--extra", "dev", "--universal", "--python-version", "3.11"]
            options += ["--generate-hashes", "--upgrade", "--quiet"]
            # One version of each package for every Python, so that all compute the same numbers.
            options += ["--fork-strategy", "fewest"]
            # The header of the file then tells how to renew it, and no paths of this machine.
            options += ["--custom-compile-command", "py tasks.py lock"]
            options += ["--constraints", "-", "--output-file", lock]
            compile_ = (python, "-m", "uv", "pip", "compile", "pyproject.toml")
            must(*compile_, *options, stdin="\n".join(constraints))
    return 0


def main() -> int:
    """Run the task that the command line names."""
    # Split by hand: argparse would take pytest's options for its own.
    arguments = sys.argv[1:]
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    arguments, pytest_arguments = arguments[:cut], arguments[cut + 1 :]
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_written)
    tasks = parser.add_subparsers(dest="task", required=True)
    tasks.add_parser("report", help="make the sample reports")
    test_parser = tasks.add_parser("test", help="run all checks")
    test_parser.add_argument("--lock", choices=LOCKS, default=MAIN_LOCK, help="the lock file to test with")
    tasks.add_parser("lock", help="renew the lock files")
    chosen = parser.parse_args(arguments)
    if chosen.task == "report":
        return report()
    if chosen.task == "lock":
        return relock()
    return test(chosen.lock, pytest_arguments)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
