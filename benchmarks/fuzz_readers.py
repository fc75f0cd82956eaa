"""Damaged files by the thousand: every one is read or refused with a sentence, quickly, and in bounded memory.

    python benchmarks/fuzz_readers.py [--inputs 20000] [--first 0] [--seed 1] [--keep FOLDER] [--log FILE]

The files are newly made ones of every form (tests/made_files.py, tests/made_exports.py, and below) and, where they
lie beside the repository, real exports. Each is changed at a few places, packed files also inside their parts, and
read by another process, so that a crash of native code is counted and not suffered. Every input is inspected and read
as a grid; some are also drafted a mapping for, and read as one of the files of a whole evaluation folder. Whatever is
no ordinary answer (a traceback, a crash, more than five seconds, silence) is printed with its number and kept. Seed and
number name an input for ever. The log holds the counts so far, so that a run that was cut still tells.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import multiprocessing
import os
import random
import re
import sys
import tempfile
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))
SLOW = 5.0  # seconds of processor time, so that a busy machine makes no difference
HANG = 120  # seconds by the clock
BATCH = 250  # inputs a process
LARGEST = 100_000  # bytes of an original: larger ones are the same, but slower
DRAFTED, IN_A_FOLDER = 5, 11  # every so manyth input
# of SPSS and Stata few, as each starts a program
SHARES = {"text": 24, "xlsx": 14, "ods": 14, "xls": 14, "ics": 8, "json": 6, "xml": 6,
          "sav": 0.8, "zsav": 0.4, "por": 0.3, "dta": 0.8}  # fmt: skip
OTHER_SHARE = 1.0
XML_VALUE = re.compile(rb'(?:="|>)([^"<>]+)(?=["<])')
XML_PIECES = (b"", b"0", b"-1", b"9999999", b"1048577", b"XFD1048576", b"A1", b"1e999", b"nan", b"s", b"e", b"true",
              b"2025-02-30", b"..", b"/", b"#REF!", "å".encode(), b"&#0;", b"A" * 40_000)  # fmt: skip
TEAMS = """1. Sammanfattning
Mötesrubrik\tHandledning
Starttid\t2025-03-03, 13:00:00

2. Deltagare
Namn\tFörsta anslutning\tE-post\tRoll
Vera Vall\t2025-03-03, 13:00:11\tvera@example.se\tPresentatör
Bo Ek\t2025-03-03, 13:01:11\tbo@example.se\tArrangör

3. Aktiviteter under mötet
Namn\tAnslutning
"""
ZOOM = """Meeting ID,Topic,Start Time,End Time,User Email,Duration (Minutes),Participants
123 456,Handledning,03/03/2025 01:00:00 PM,03/03/2025 02:30:00 PM,vera@example.se,90,2

Name (Original Name),User Email,Total Duration (Minutes),Guest
Vera Vall (Vera),vera@example.se,90,No
AB01,,88,Yes
"""
CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:1
SUMMARY:Handledning
DESCRIPTION:Ta med ett ärende
DTSTART;TZID=Europe/Stockholm:20250303T130000
DTEND;TZID=Europe/Stockholm:20250303T143000
RRULE:FREQ=WEEKLY;INTERVAL=3;COUNT=6
EXDATE;TZID=Europe/Stockholm:20250324T130000
END:VEVENT
BEGIN:VEVENT
UID:1
SUMMARY:Handledning
RECURRENCE-ID;TZID=Europe/Stockholm:20250414T130000
DTSTART;TZID=Europe/Stockholm:20250415T130000
DURATION:PT90M
STATUS:CANCELLED
END:VEVENT
END:VCALENDAR
"""
STRUCTURE = (
    '<?xml version="1.0" encoding="UTF-8"?><document><LimeSurveyDocType>Survey</LimeSurveyDocType><languages>'
    "<language>sv</language></languages><questions><rows><row><qid>1</qid><parent_qid>0</parent_qid><gid>1</gid>"
    "<type>F</type><title>q1</title></row><row><qid>2</qid><parent_qid>1</parent_qid><title>js1</title></row></rows>"
    "</questions></document>"
)
RESPONSES = "<Responses><Response><ResponseId>R_1</ResponseId><Q1>4</Q1></Response></Responses>"
MORE_FILES = """
[[files]]
path = "damaged.bin"
table = "{table}"
{more}
"""


def made_files() -> list[bytes]:
    """Newly made files of every form; their headings are those of the folder's mapping, so that they are read."""
    import made_exports as tools
    import made_files as made

    heads = ["Code", "Q1", "Q2", "Q3", "Q4", "text"]
    rows = [heads, *([f"AB{at:02}", *(str((at + q) % 5 + 1) for q in range(4)), f"nöjd å {at}"] for at in range(12))]
    long = [["Person", "Wave", "Item", "Answer"], *(["AB01", "post", f"js{q}", q] for q in range(1, 5))]
    days = [["Datum", "AB01", "AB02"], ["2025-03-03", "x", ""], ["2025-03-10", "x", "x"]]
    several = {"Svar": rows, "Mer": days}
    files = [made.as_csv(rows, mark, page) for mark in ";,\t|" for page in ("utf-8", "utf-8-sig", "cp1252", "utf-16")]
    files += [made.as_csv(table, ";", ending=end) for table in (long, days) for end in ("\r\n", "\n", "\r")]
    files += [make() for make in tools.MADE.values()]
    for table in (rows, long, days):
        files += [made.as_xlsx({"Svar": table}), made.as_xls({"Svar": table}), made.as_ods({"Svar": table})]
    files += [made.as_xlsx(several, hidden=["Mer"], merged=["A1:A2"]), made.as_xls(several, hidden=["Mer"])]
    files += [made.as_ods(several, hidden=["Mer"])]
    plain = [[cell.replace("ö", "o").replace("å", "a") for cell in row] for row in rows]  # .por is written as ASCII
    files += [made.as_sav(plain if suffix == ".por" else rows, suffix) for suffix in (".sav", ".zsav", ".por", ".dta")]
    records = [dict(zip(heads, row, strict=True)) for row in rows[1:]]
    survey = {"SurveyEntry": {}, "SurveyElements": [{"Element": "SQ", "PrimaryAttribute": "QID1", "Payload": {}}]}
    files += [json.dumps(content).encode() for content in (records, {"results": records}, survey)]
    files += [STRUCTURE.encode(), RESPONSES.encode(), made.packed({"survey_1.lss": STRUCTURE, "a.lsr": "<document/>"})]
    files += [TEAMS.encode("utf-16"), TEAMS.encode(), ZOOM.encode(), CALENDAR.replace("\n", "\r\n").encode()]
    return files


def originals() -> dict[str, list[bytes]]:
    """The undamaged files by form."""
    from evaltools.exports.file_forms import file_form

    real = ROOT.parent / "shared" / "exports"
    kept = [path for path in sorted(real.rglob("*")) if path.is_file() and path.suffix != ".md"]
    files = made_files() + [path.read_bytes() for path in kept if path.stat().st_size <= LARGEST]
    by_form: dict[str, list[bytes]] = {}
    for content in files:
        by_form.setdefault(file_form(content), []).append(content)
    return by_form


def damaged(content: bytes, chance: random.Random) -> bytes:
    """The content with a few places changed; a packed file half of the time inside one of its parts."""
    if content.startswith(b"PK\x03\x04") and chance.random() < 0.7:
        with contextlib.suppress(Exception), zipfile.ZipFile(io.BytesIO(content)) as archive:  # some real ones are bad
            parts = {name: archive.read(name) for name in archive.namelist()}
            name = chance.choice([name for name in parts if parts[name]])
            parts[name] = _damaged(parts[name], chance)
            stream = io.BytesIO()
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
                for part, data in parts.items():
                    packed.writestr(part, data)
            return stream.getvalue()
    return _damaged(content, chance)


def _damaged(content: bytes, chance: random.Random) -> bytes:
    """Bytes of any kind changed anywhere; XML half of the time in its values only, so that it stays XML."""
    values = list(XML_VALUE.finditer(content)) if content[:1] == b"<" and chance.random() < 0.6 else []
    if not values:
        return _damaged_bytes(content, chance)
    for found in sorted(chance.sample(values, min(len(values), chance.randint(1, 6))), key=lambda each: -each.start()):
        content = content[: found.start(1)] + chance.choice(XML_PIECES) + content[found.end(1) :]
    return content


def _damaged_bytes(content: bytes, chance: random.Random) -> bytes:
    data = bytearray(content)
    pieces = (b'"', b";", b"\n", b"\x00", b"\xff", b"\xff\xff\xff\x7f", b"\xff" * 4, b"<", b"9999999", "å".encode(),
              b"-1", b"1e999", b"nan", b"\r", b"[", b"{", b"\xed\xa0\x80", b"]]>", b"&#0;", b"")  # fmt: skip
    for _ in range(chance.randint(1, 8)):
        at, what = chance.randrange(len(data) + 1), chance.randrange(7)
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
        elif what == 5 and at < len(data):
            data[at] ^= 1 << chance.randrange(8)
        elif chance.random() < 0.15:
            del data[at:]
    return bytes(data)


def chosen(files: dict[str, list[bytes]], seed: int, number: int) -> tuple[str, bytes]:
    """The input of a number, and the form of its original."""
    chance = random.Random(f"{seed} {number}")
    forms = sorted(files)
    form = chance.choices(forms, [SHARES.get(form, OTHER_SHARE) for form in forms])[0]
    return form, damaged(chance.choice(files[form]), chance)


def _folder_entry(number: int, form: str) -> str:
    """How the damaged file is named in the folder: as answers, sessions, attendance or people, in turn."""
    if form == "ics":
        return MORE_FILES.format(table="sessions", more='subject = "*"\ntimezone = "Europe/Stockholm"')
    tables = [("responses", 'wave = "post"\nmapping = "wide"'), ("responses", 'wave = "post"'), ("people", ""),
              ("attendance", 'date_order = "mdy"'), ("sessions", 'date_order = "mdy"'), ("responses", "")]  # fmt: skip
    table, more = tables[number // IN_A_FOLDER % len(tables)]
    return MORE_FILES.format(table=table, more=more)


def _tried(folder: Path, number: int, form: str, content: bytes) -> str:
    """What became of one input: ``read``, ``refused``, or in capitals what no reader may do."""
    from evaltools.draft_mapping import Declared, draft_mapping
    from evaltools.errors import FolderError, Problems, problem_text
    from evaltools.exports.grid import read_grid
    from evaltools.folder import read_evaluation
    from evaltools.inspect_file import inspect_file
    from evaltools.inspect_text import inspection_text
    from evaltools.map_text import map_text

    problems, path = Problems(), folder / "damaged.bin"
    path.write_bytes(content)
    grid = read_grid(path, path.name, problems)
    problem_text(problems.found, "sv")
    told = inspect_file(path, "sv")
    inspection_text(told, "sv")
    json.dumps(told)
    if number % DRAFTED == 0:
        with contextlib.suppress(FolderError):
            map_text(draft_mapping(path, Declared(folder=None), "sv"), "sv")
    if number % IN_A_FOLDER == 0:
        _settings(folder, _folder_entry(number, form))
        with contextlib.suppress(FolderError):
            read_evaluation(folder, language="sv")
    if grid and (len(grid.rows) != len(grid.numbers) or list(grid.numbers) != sorted(set(grid.numbers))):
        return "ROWS LOST"
    if not told["read"] and not any(problem["level"] == "error" for problem in told["problems"]):
        return "SILENCE"
    return "read" if grid else "refused" if problems.errors else "SILENCE"


def _settings(folder: Path, more: str) -> None:
    import folders

    folders.small(folder, more=more)


def _work(files: dict[str, list[bytes]], seed: int, numbers: range, results: Any) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "folder"
        folder.mkdir()
        os.environ["EVALTOOLS_KEY_FILE"] = str(Path(name) / "key")
        for number in numbers:
            form, content = chosen(files, seed, number)
            begun, told = _seconds(), ""
            try:
                kind = _tried(folder, number, form, content)
            except BaseException as error:
                kind, told = f"TRACEBACK {type(error).__name__}", traceback.format_exc()
            results.send((number, form, kind, _seconds() - begun, _peak(), told))


def _seconds() -> float:
    """Processor time of the process and the programs it started."""
    return sum(os.times()[:4])


def _peak() -> int:
    """Peak memory of the process and the programs it started, in megabytes; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:
        return 0
    return max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) // 1024


class Tally:
    """What became of the inputs so far."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self.wrong: dict[int, str] = {}
        self.slowest, self.peak = (0.0, -1), 0

    def take(self, number: int, form: str, kind: str, took: float, peak: int, told: str) -> None:
        """Count one input."""
        self.counts[form, kind] += 1
        self.slowest, self.peak = max(self.slowest, (took, number)), max(self.peak, peak)
        if took > SLOW or kind not in ("read", "refused"):
            self.wrong[number] = f"{form} {kind} {took:.1f} s\n{told}"

    def text(self, seed: int) -> str:
        """The counts as lines."""
        lines = [f"{form:10} {kind:30} {times}" for (form, kind), times in sorted(self.counts.items())]
        lines.append(f"inputs {self.counts.total()}, slowest {self.slowest[0]:.2f} s (number {self.slowest[1]}), "
                     f"peak memory {self.peak} MB, answered wrongly {len(self.wrong)}")  # fmt: skip
        return "\n".join(lines + [f"seed {seed}, number {at}: {what}" for at, what in self.wrong.items()])


def run(
    files: dict[str, list[bytes]], seed: int, numbers: range, tally: Tally, after_batch: Callable[[], None]
) -> None:
    """Try the inputs, a batch a process; a process that dies or hangs is one wrong answer, and is replaced."""
    number = numbers.start
    with tqdm(total=len(numbers)) as bar:
        while number < numbers.stop:
            ours, theirs = multiprocessing.Pipe(duplex=False)
            batch = range(number, min(number + BATCH, numbers.stop))
            worker = multiprocessing.Process(target=_work, args=(files, seed, batch, theirs))
            worker.start()
            theirs.close()
            while number < batch.stop:
                told = None
                with contextlib.suppress(EOFError):
                    told = ours.recv() if ours.poll(HANG) else None
                tally.take(*(told or (number, "", "CRASH OR HANG", 0.0, 0, "")))
                number += 1
                bar.update()
                if told is None:
                    worker.kill()
                    break
            worker.join()
            bar.set_postfix(wrong=len(tally.wrong), slowest=f"{tally.slowest[0]:.1f}s", peak=f"{tally.peak}MB")
            after_batch()


def main() -> int:
    """Run the inputs, print the counts; 1 where anything was no ordinary answer."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first input, to go on with a cut run")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=None, help="folder for inputs that were answered wrongly")
    parser.add_argument("--log", type=Path, default=None, help="file for the counts so far")
    given = parser.parse_args()
    tally, files = Tally(), originals()

    def log() -> None:
        if given.log:
            given.log.write_text(tally.text(given.seed), "utf-8")

    with contextlib.suppress(KeyboardInterrupt):
        run(files, given.seed, range(given.first, given.first + given.inputs), tally, log)
    print(tally.text(given.seed))
    if given.keep and tally.wrong:
        given.keep.mkdir(parents=True, exist_ok=True)
        for at in tally.wrong:
            (given.keep / f"fuzz_{given.seed}_{at}.bin").write_bytes(chosen(files, given.seed, at)[1])
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
