"""Damaged files by the thousand: every one is read or refused with a sentence, quickly, and in bounded memory.

    python benchmarks/fuzz_readers.py [--inputs 20000] [--seed 1] [--keep FOLDER]

The files are newly made ones of every form (tests/made_files.py) and, where they lie beside the repository, real
exports. Each is changed at a few places, packed files also inside their parts, and read by another process, so that
a crash of native code is counted and not suffered. Whatever is no ordinary answer (a traceback, a crash, more than
five seconds, silence) is printed with its number and kept. Seed and number name an input for ever.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import random
import sys
import tempfile
import time
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))
SLOW = 5.0  # seconds
BATCH = 500  # inputs a process


def originals() -> dict[str, list[bytes]]:
    """The undamaged files by form."""
    import made_files as made

    from evaltools.exports.file_forms import file_form

    rows = [["kod", "Q1", "text"], *([f"AB{at:02}", str(at % 5), f"nöjd å {at}"] for at in range(20))]
    several = {"Svar": rows, "Mer": rows}
    files = [made.as_csv(rows, mark, page) for mark in ";,\t|" for page in ("utf-8", "utf-8-sig", "cp1252", "utf-16")]
    files += [made.as_xlsx({"Svar": rows}, merged=["A1:A2"]), made.as_xlsx(several, hidden=["Mer"])]
    files += [made.as_xls({"Svar": rows}), made.as_xls(several, hidden=["Mer"]), made.as_ods({"Svar": rows})]
    files += [made.as_sav(rows, suffix) for suffix in (".sav", ".zsav", ".dta")]
    real = ROOT.parent / "shared" / "exports"
    files += [path.read_bytes() for path in sorted(real.rglob("*")) if path.is_file() and path.suffix != ".md"]
    by_form: dict[str, list[bytes]] = {}
    for content in files:
        form = file_form(content)
        by_form.setdefault(form, []).append(content)
    return by_form


def damaged(content: bytes, chance: random.Random) -> bytes:
    """The content with a few places changed; a packed file half of the time inside one of its parts."""
    if content.startswith(b"PK\x03\x04") and chance.random() < 0.5:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        name = chance.choice([name for name in parts if parts[name]])
        parts[name] = _damaged_bytes(parts[name], chance)
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
            for part, data in parts.items():
                packed.writestr(part, data)
        return stream.getvalue()
    return _damaged_bytes(content, chance)


def _damaged_bytes(content: bytes, chance: random.Random) -> bytes:
    data = bytearray(content)
    pieces = (b'"', b";", b"\n", b"\x00", b"\xff", b"\xff\xff\xff\x7f", b"\xff" * 4, b"<", b"9999999", "å".encode())
    for _ in range(chance.randint(1, 8)):
        at, what = chance.randrange(len(data) + 1), chance.randrange(6)
        if what == 0 and at < len(data):
            data[at] = chance.randrange(256)
        elif what == 1:
            data[at:at] = chance.choice(pieces)
        elif what == 2:
            del data[at : at + chance.randint(1, 30)]
        elif what == 3:
            data[at:at] = data[at : at + chance.randint(1, 200)]
        elif what == 4:
            piece = chance.choice(pieces)
            data[at : at + len(piece)] = piece
        elif chance.random() < 0.2:
            del data[at:]
    return bytes(data)


def chosen(files: dict[str, list[bytes]], seed: int, number: int) -> tuple[str, bytes]:
    """The input of a number, and the form of its original; SPSS and Stata less often, as each starts a program."""
    chance = random.Random(f"{seed} {number}")
    rare = {"sav": 2, "zsav": 1, "por": 1, "dta": 2}
    forms = sorted(files)
    form = chance.choices(forms, [rare.get(form, 1 if form not in ("text", "xlsx", "xls", "ods") else 15)
                                  for form in forms])[0]  # fmt: skip
    return form, damaged(chance.choice(files[form]), chance)


def _work(seed: int, numbers: range, results: Any) -> None:
    from evaltools.errors import Problems, problem_text
    from evaltools.exports.documents import read_document
    from evaltools.exports.grid import read_grid
    from evaltools.inspect_file import inspect_file

    files = originals()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "damaged.bin"
        for number in numbers:
            form, content = chosen(files, seed, number)
            path.write_bytes(content)
            begun, problems = time.perf_counter(), Problems()
            try:
                grid = read_grid(path, path.name, problems)
                if number % 4 == 0:
                    inspect_file(path)
                read_document(content, path.name)
                problem_text(problems.found, "sv")
                kind = "read" if grid else "refused" if problems.errors else "SILENCE"
                if grid and (len(grid.rows) != len(grid.numbers) or list(grid.numbers) != sorted(set(grid.numbers))):
                    kind = "ROWS LOST"
            except Exception as error:
                kind = f"TRACEBACK {type(error).__name__}"
            results.send((number, form, kind, time.perf_counter() - begun, _peak()))


def _peak() -> int:
    """Peak memory of the process so far, in megabytes; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> int:
    """Run the inputs, print the counts; 1 where anything was no ordinary answer."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=None, help="folder for inputs that were answered wrongly")
    given = parser.parse_args()
    counts: Counter[tuple[str, str]] = Counter()
    wrong: list[tuple[int, str]] = []
    slowest, peak, number = 0.0, 0, 0
    with tqdm(total=given.inputs) as bar:
        while number < given.inputs:
            ours, theirs = multiprocessing.Pipe(duplex=False)
            numbers = range(number, min(number + BATCH, given.inputs))
            worker = multiprocessing.Process(target=_work, args=(given.seed, numbers, theirs))
            worker.start()
            theirs.close()
            while number < numbers.stop:
                try:
                    told = ours.recv() if ours.poll(60) else None
                except EOFError:
                    told = None
                number, form, kind, took, used = told or (number, "", "CRASH OR HANG", 0.0, 0)
                counts[form, kind] += 1
                slowest, peak = max(slowest, took), max(peak, used)
                if took > SLOW or kind not in ("read", "refused"):
                    wrong.append((number, f"{form} {kind} {took:.1f} s"))
                number += 1
                bar.update()
                if told is None:
                    worker.kill()
                    break
            worker.join()
    for (form, kind), times in sorted(counts.items()):
        print(f"{form:10} {kind:10} {times}")
    print(
        f"inputs {number}, slowest {slowest:.2f} s, peak memory of a process {peak} MB, answered wrongly {len(wrong)}"
    )
    for at, what in wrong:
        print(f"seed {given.seed}, number {at}: {what}")
        if given.keep:
            (given.keep / f"fuzz_{given.seed}_{at}.bin").write_bytes(chosen(originals(), given.seed, at)[1])
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
