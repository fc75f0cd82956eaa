"""A register of made-up groups, with its declaration, its questionnaire, and a file that tells what is wrong in it.

    python benchmarks/make_register.py FOLDER --groups 1000 [--csv] [--shuffled] [--seed N] [--planted N]

Groups of six people answer 30 questions at four waves: three scales of ten, two of each reversed. Some people join
after the first wave, some leave, some questions are skipped, and some rows are planted that break a rule: how many of
each stands in ``truth.json``. The same seed gives the same answers.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

PEOPLE, WAVES, SCALES, ITEMS = 6, ("start", "half", "end", "after"), ("calm", "skill", "trust"), 10
REVERSED = (3, 7)  # of each scale, counted from 0
BLOCK = 700  # groups that are drawn at once, and the half million rows of a row group
SKIPPED, JOINED, LEFT = 0.03, 0.05, 0.08
PLANTED = ("group_missing", "person_missing", "wave_unknown", "item_unknown", "answer_outside", "answer_twice")
EACH = 3  # planted rows of each kind in a block
Codes = NDArray[np.int64]
_QUESTIONS = [f"{scale}{item + 1}" for scale in SCALES for item in range(ITEMS)]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--groups", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--planted", type=int, default=EACH, help="bad rows of each kind in a block of 700 groups")
    parser.add_argument("--csv", action="store_true", help="as CSV in place of Parquet")
    parser.add_argument("--shuffled", action="store_true", help="rows in no order (all in memory: up to 1e5 groups)")
    given = parser.parse_args()
    path = make_register(
        given.folder, given.groups, given.seed, csv=given.csv, shuffled=given.shuffled, planted=given.planted
    )
    print(path)


def make_register(
    folder: Path, groups: int, seed: int = 1, *, csv: bool = False, shuffled: bool = False, planted: int = EACH,
    kinds: Sequence[str] = PLANTED,
) -> Path:  # fmt: skip
    """Write the register and all that belongs to it; returns the file of answers. ``kinds`` says what is planted."""
    folder.mkdir(parents=True, exist_ok=True)
    write_declaration(folder)
    path = folder / ("answers.csv" if csv else "answers.parquet")
    truth = dict.fromkeys(PLANTED, 0) | {"rows": 0, "missing": 0}
    blocks = drawn(groups, seed, truth, planted, kinds)
    if shuffled:
        whole = pa.Table.from_batches(list(blocks)).unify_dictionaries().combine_chunks()
        order = np.random.default_rng([seed, 0]).permutation(len(whole))
        blocks = iter(whole.take(order).to_batches())
    schema = _schema()
    if csv:
        plain = pa.schema([(field.name, pa.string() if field.name != "answer" else pa.int8()) for field in schema])
        with pa.csv.CSVWriter(path, plain) as writer:
            for block in blocks:
                writer.write_table(pa.Table.from_batches([block]).cast(plain))
    else:
        with pa.parquet.ParquetWriter(path, schema, compression="zstd") as writer:
            for block in blocks:
                writer.write_table(pa.Table.from_batches([block]), row_group_size=len(block))
    (folder / "truth.json").write_text(json.dumps(truth, indent=1) + "\n", "utf-8", newline="\n")
    return path


def _schema() -> Any:
    words = pa.dictionary(pa.int32(), pa.string())
    return pa.schema([*((name, words) for name in ("group", "person", "wave", "item")), ("answer", pa.int8())])


def drawn(groups: int, seed: int, truth: dict[str, int], planted: int, kinds: Sequence[str] = PLANTED) -> Iterator[Any]:
    """Answers of so many groups, block by block, in order of group; what was planted is counted in ``truth``."""
    for block, start in enumerate(range(0, groups, BLOCK), start=1):
        rng = np.random.default_rng([seed, block])
        answers = _answers(rng)[: min(BLOCK, groups - start)]
        there = answers >= 0
        at = np.nonzero(there)
        kept = rng.random(BLOCK * PEOPLE * len(WAVES) * len(_QUESTIONS))[: len(at[0])]
        answer = np.where(kept < SKIPPED / 2, -1, answers[at])  # half of what is skipped has a row without an answer
        codes = [at[0], at[0] * PEOPLE + at[1], at[2], at[3]]
        codes, answer = _planted(codes, answer, rng, truth, planted, kinds)
        truth["rows"] += len(answer)
        truth["missing"] += int((answer < 0).sum())
        size = len(answers)
        words = [[f"g{start + g:07d}" for g in range(size)],
                 [f"p{start * PEOPLE + p:08d}" for p in range(size * PEOPLE)],
                 [*WAVES, "sometime"], [*_QUESTIONS, "other"]]  # fmt: skip
        yield _batch(codes, words, answer)


def _answers(rng: np.random.Generator) -> Codes:
    """Answers of a block, shape (groups, people, waves, questions); -1 where there is no row."""
    shape = (BLOCK, PEOPLE, len(WAVES), len(SCALES))
    pace = 0.3 + 0.3 * rng.standard_normal((BLOCK, 1, 1, len(SCALES)))  # how far a group moves from start to end
    course = np.array([0.0, 0.5, 1.0, 1.0])[None, None, :, None]
    level = 3.1 + 0.7 * rng.standard_normal((BLOCK, PEOPLE, 1, len(SCALES))) + pace * course
    level = level + 0.4 * rng.standard_normal(shape)
    noise = rng.standard_normal((*shape, ITEMS), np.float32) * np.float32(0.8)
    found = np.clip(np.rint(level[..., None].astype(np.float32) + noise), 1, 5).astype(np.int64)
    found[..., list(REVERSED)] = 6 - found[..., list(REVERSED)]
    found = found.reshape(BLOCK, PEOPLE, len(WAVES), -1)
    person = rng.random((BLOCK, PEOPLE))
    wave = np.arange(len(WAVES))
    away = (person < JOINED)[..., None] & (wave == 0) | (person > 1 - LEFT)[..., None] & (wave > 0)
    found[away] = -1
    found[rng.random(found.shape, np.float32) < SKIPPED / 2] = -1
    return found


def _planted(
    codes: list[Codes], answer: Codes, rng: np.random.Generator, truth: dict[str, int], each: int, which: Sequence[str]
) -> tuple[list[Codes], Codes]:
    """Rows that break a rule, each a copy of a row that is right, put behind it."""
    source = np.sort(rng.choice(np.flatnonzero(answer > 0), each * len(which), replace=False))
    kinds = rng.permutation(np.repeat([PLANTED.index(name) for name in which], each))
    order = np.insert(np.arange(len(answer)), source + 1, source)
    at = source + 1 + np.arange(len(source))
    codes, answer = [part[order] for part in codes], answer[order]
    for kind, (column, value) in enumerate([(0, -1), (1, -1), (2, len(WAVES)), (3, len(_QUESTIONS))]):
        codes[column][at[kinds == kind]] = value
    answer[at[kinds == PLANTED.index("answer_outside")]] = 9
    for name in which:
        truth[name] += each
    return codes, answer


def _batch(codes: list[Codes], words: list[list[str]], answer: Codes) -> Any:
    columns = [pa.DictionaryArray.from_arrays(pa.array(own.astype(np.int32), mask=own < 0), pa.array(names))
               for own, names in zip(codes, words, strict=True)]  # fmt: skip
    columns.append(pa.array(answer.astype(np.int8), mask=answer < 0))
    return pa.record_batch(columns, schema=_schema())


def write_declaration(folder: Path) -> None:
    """``register.toml``, and the questionnaire as a scoring key."""
    (folder / "scoring_keys").mkdir(exist_ok=True)
    waves = ", ".join(f'"{wave}"' for wave in WAVES)
    (folder / "register.toml").write_text(
        f'schema = 1\nid = "made-up"\nreport_date = 2027-12-31\nwaves = [{waves}]\n'
        'compare = ["start", "end"]\ninstruments = ["made_up_work"]\n'
        'notice = "Made-up answers."\n',
        "utf-8", newline="\n",
    )  # fmt: skip
    (folder / "scoring_keys" / "made_up_work.toml").write_text(_key(), "utf-8", newline="\n")


def _key() -> str:
    lines = [
        'schema = 1\nid = "made_up_work"\nversion = "1"\nlabel = { sv = "Påhittat formulär", en = "Made-up form" }',
        'languages = ["en"]\nresponse_range = [1, 5]\ntimeframe = { sv = "nu", en = "now" }',
        'valid_before_start = true\nhealth_data = false\ncertainty = "sure"\nstatus = "not_yet_validated"',
        'source = "benchmarks/make_register.py"\n\n[licence]\nname = "CC0-1.0"\nmay_ship = true',
        'terms = { sv = "Fritt.", en = "Free." }\n',
    ]
    for name in _QUESTIONS:
        turned = str(int(name.lstrip("abcdefghijklmnopqrstuvwxyz")) - 1 in REVERSED).lower()
        lines.append(f'[[items]]\nid = "{name}"\nreversed = {turned}\ncovers = []\ntext.en = "Question {name}."\n')
    for scale in SCALES:
        items = ", ".join(f'"{name}"' for name in _QUESTIONS if name.startswith(scale))
        label = scale.capitalize()
        lines.append(
            f'[[scales]]\nid = "{scale}"\nlabel = {{ sv = "{label}", en = "{label}" }}\nitems = [{items}]\n'
            'rule = "mean"\nmin_answered = 8\nmissing_rule_source = "Eight of ten."\n'
            'higher_is_better = true\ncovers = []\n'
        )  # fmt: skip
    return "\n".join(lines)


if __name__ == "__main__":
    main()
