"""One measured case in a process of its own, for goals.py: does the work, and prints what it took and found as JSON.

    python benchmarks/goal_cases.py CASE FOLDER

``cpu`` are processor seconds after everything is imported, ``check`` is what must be equal to another program's.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "POLARS_MAX_THREADS"):
    os.environ.setdefault(_name, "1")  # before numpy: one core against one core

NAMES = ("group", "person", "wave", "item", "answer")
WAVES, SCALES = ("start", "half", "end", "after"), ("calm", "skill", "trust")
ITEMS = [f"{scale}{at}" for scale in SCALES for at in range(1, 11)]
TURNED = [f"{scale}{at}" for scale in SCALES for at in (4, 8)]
_Made = Callable[[], dict[str, Any]]


def answers(folder: Path) -> Path:
    return folder / "answers.parquet"


def own_key(folder: Path) -> None:
    """Every register of a benchmark has a key of its own, beside it: all have the same id, and a ledger each."""
    os.environ["EVALTOOLS_KEY_FILE"] = str(folder.absolute().with_suffix(".key"))


# --- validate and score: every case ends in the sum of the scores and their number


def floor(folder: Path) -> _Made:
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    def work() -> dict[str, Any]:
        file, total = pq.ParquetFile(answers(folder), read_dictionary=list(NAMES[:4])), 0
        for batch in file.iter_batches(2**20, columns=list(NAMES), use_threads=False):
            total += pc.sum(batch.column("answer")).as_py()
        return {"sum": total}

    return work


def ours(folder: Path) -> _Made:
    import numpy as np

    from evaltools.register.cube import Cube
    from evaltools.register.declaration import read_register
    from evaltools.register.group_figures import scores
    from evaltools.register.parts import frames, parts_of

    register = read_register(folder, "en")

    def work() -> dict[str, Any]:
        found, left_out = [], 0
        for part in parts_of(answers(folder), "en"):
            cube = Cube(register, part.name)
            for frame in frames(part):
                cube.add(frame)
            people = cube.people().answers
            found += [scores(people, scale, register) for scale in register.scales]
            left_out += cube.violations.total
        values = np.concatenate(found)
        return _scored(float(np.nansum(values)), int(np.isfinite(values).sum())) | {"left_out": left_out}

    return work


def naive(folder: Path) -> _Made:
    import pandas as pd
    import pandera.pandas as pa

    class Answers(pa.DataFrameModel):
        group: str = pa.Field()
        person: str = pa.Field()
        wave: str = pa.Field(isin=list(WAVES))
        item: str = pa.Field(isin=ITEMS)
        answer: float = pa.Field(ge=1, le=5, nullable=True)

        class Config:
            unique = ("person", "wave", "item")

    def work() -> dict[str, Any]:
        frame = pd.read_parquet(answers(folder))
        frame = frame.astype(dict.fromkeys(NAMES[:4], str)).astype({"answer": float})
        frame = Answers.validate(frame, lazy=True)
        if (frame.groupby("person")["group"].nunique() > 1).any():  # noqa: PD101 - as one writes it
            raise SystemExit("a person in two groups")
        frame["scale"] = frame["item"].str.rstrip("0123456789")
        turned = frame["item"].isin(TURNED)
        frame["answer"] = frame["answer"].where(~turned, 6 - frame["answer"])
        made = frame.groupby(["group", "person", "wave", "scale"])["answer"].agg(["mean", "count"])
        kept = made.loc[made["count"] >= 8, "mean"]
        return _scored(float(kept.sum()), len(kept))

    return work


def checks_ours(folder: Path) -> _Made:
    """All rules, of rows that are in memory as they were read."""
    from evaltools.register.cube import Cube
    from evaltools.register.declaration import read_register
    from evaltools.register.parts import frames, parts_of

    register = read_register(folder, "en")
    parts = [(part.name, list(frames(part))) for part in parts_of(answers(folder), "en")]

    def work() -> dict[str, Any]:
        told = 0
        for name, pieces in parts:
            cube = Cube(register, name)
            for frame in pieces:
                cube.add(frame)
            told += cube.violations.counts["answer_twice"]
        return {"repeats": told}

    return work


def checks_pandera(folder: Path) -> _Made:
    """The rule that no question is answered twice, of rows that are in memory as they were read."""
    import pandas as pd
    import pandera.pandas as pa

    keys = ["person", "wave", "item"]
    schema, frame = pa.DataFrameSchema(unique=keys), pd.read_parquet(answers(folder))

    def work() -> dict[str, Any]:
        try:
            schema.validate(frame, lazy=True)
        except pa.errors.SchemaErrors as error:
            told = frame.loc[error.failure_cases["index"].unique(), keys]  # the first of several is told of too
            return {"repeats": int(told.duplicated().sum())}
        return {"repeats": 0}

    return work


def polars(folder: Path) -> _Made:
    import polars as pl

    def work() -> dict[str, Any]:
        rows = pl.scan_parquet(answers(folder)).with_columns(pl.col(NAMES[:4]).cast(pl.Categorical))
        wrong = (pl.col("group").is_null() | pl.col("person").is_null() | ~pl.col("wave").cast(str).is_in(WAVES)
                 | ~pl.col("item").cast(str).is_in(ITEMS) | ~pl.col("answer").is_between(1, 5))  # fmt: skip
        keys = ["person", "wave", "item"]
        told = rows.select(
            wrong.sum().alias("wrong"), pl.struct(keys).n_unique().alias("different"), pl.len().alias("n")
        )
        nested = rows.group_by("person").agg(pl.col("group").n_unique().alias("g")).select((pl.col("g") > 1).sum())
        item = pl.col("item").cast(str)
        scored = (
            rows.with_columns(
                item.str.strip_chars_end("0123456789").alias("scale"),
                pl.when(item.is_in(TURNED)).then(6 - pl.col("answer")).otherwise(pl.col("answer")).alias("answer"),
            )
            .group_by("group", "person", "wave", "scale").agg(pl.col("answer").mean().alias("m"),
                                                             pl.col("answer").count().alias("k"))
            .filter(pl.col("k") >= 8).select(pl.col("m").sum().alias("sum"), pl.len().alias("scores"))
        )  # fmt: skip
        checks, persons, made = pl.collect_all([told, nested, scored])
        if checks["wrong"][0] or checks["different"][0] != checks["n"][0] or persons.item():
            raise SystemExit("rows that break a rule")
        return _scored(made["sum"][0], made["scores"][0])

    return work


def duckdb(folder: Path) -> _Made:
    import duckdb as db

    def work() -> dict[str, Any]:
        here = db.connect(config={"threads": 1})
        rows = f"read_parquet('{answers(folder).as_posix()}')"
        wrong, n = here.execute(
            f"""select count(*) filter ("group" is null or person is null or wave not in {WAVES} or item not in
            {tuple(ITEMS)} or answer not between 1 and 5), count(*) from {rows}"""
        ).fetchone()
        different = here.execute(f"select count(*) from (select distinct person, wave, item from {rows})").fetchone()[0]
        nested = here.execute(f"""select count(*) from (select person from {rows} group by person
            having count(distinct "group") > 1)""").fetchone()[0]
        if wrong or different != n or nested:
            raise SystemExit("rows that break a rule")
        total, scores = here.execute(
            f"""select sum(m), count(*) from (select avg(case when item in {tuple(TURNED)} then 6 - answer
            else answer end) m, count(answer) k from {rows}
            group by "group", person, wave, rtrim(item, '0123456789')) where k >= 8"""
        ).fetchone()
        return _scored(total, scores)

    return work


def _scored(total: float, scores: int) -> dict[str, Any]:
    return {"sum": round(total, 3), "scores": scores}


# --- the whole review


def review(folder: Path, jobs: int = 1) -> _Made:
    import tempfile

    from evaltools.register.review import Run, write_register_review

    own_key(folder)

    def work() -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as out, tempfile.TemporaryDirectory() as key:
            _as_for_the_first_time(folder, key)
            summary, _ = write_register_review([answers(folder)], ["en"], out, (), Run(jobs))
        return {"checksum": json.loads(summary.content)["checksum"]}

    return work


def _as_for_the_first_time(folder: Path, key: str) -> None:
    """Neither key nor ledger knows of an earlier review."""
    os.environ["EVALTOOLS_KEY_FILE"] = str(Path(key) / "key")
    (folder / "ledger.jsonl").unlink(missing_ok=True)


def review_processes(folder: Path) -> _Made:
    return review(folder, jobs=2)


def review_dask_killed(folder: Path) -> _Made:
    """Two workers, processes of their own; one of them is killed after a third of the parts."""
    import subprocess
    import tempfile

    from evaltools.register.review import Run, write_register_review

    own_key(folder)
    told = Path(tempfile.mkdtemp()) / "scheduler.json"

    def begun(what: str, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", what, "--scheduler-file", str(told), "--no-dashboard", *options]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    scheduler = begun("scheduler", "--port", "0")
    while not told.exists():
        time.sleep(0.1)
    workers = [begun("worker", "--nthreads", "1", "--no-nanny") for _ in range(2)]

    def step(done: int, of: int) -> None:
        if done * 3 >= of and workers[0].poll() is None:
            workers[0].kill()
            workers[0].wait()

    def work() -> dict[str, Any]:
        address = json.loads(told.read_text("utf-8"))["address"]
        with tempfile.TemporaryDirectory() as out, tempfile.TemporaryDirectory() as key:
            _as_for_the_first_time(folder, key)
            summary, _ = write_register_review([answers(folder)], ["en"], out, (), Run(dask=address), step)
        killed = workers[0].poll() is not None and workers[1].poll() is None
        for process in (workers[1], scheduler):
            process.terminate()
            process.wait()
        return {"checksum": json.loads(summary.content)["checksum"], "killed": killed}

    return work


def parts_dask(folder: Path) -> _Made:
    """The parts evaluated by two workers and merged: what `dask_frame` does, and the statistics of every group."""
    from functools import partial

    from distributed import LocalCluster

    from evaltools.register.declaration import read_register
    from evaltools.register.executors import evaluate_part, mapped
    from evaltools.register.partial import merged
    from evaltools.register.parts import parts_of

    cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    register = read_register(folder, "en")

    def work() -> dict[str, Any]:
        evaluate = partial(evaluate_part, register=register)
        parts = parts_of(answers(folder), "en")
        found = dict(mapped(evaluate, parts, "en", dask=cluster.scheduler_address))
        whole = merged([found[part] for part in parts])
        return {"scores": int(whole.measured.sum())}

    return work


def dask_frame(folder: Path) -> _Made:
    """Each partition through pandera and pandas, as one would with Dask alone; the statistics are left out."""
    from distributed import Client, LocalCluster

    client = Client(LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None))

    def work() -> dict[str, Any]:
        import pyarrow.parquet as pq

        groups = pq.ParquetFile(answers(folder)).num_row_groups
        found = client.gather(client.map(_frame_part, [str(answers(folder))] * groups, range(groups)))
        return _scored(sum(total for total, _ in found), sum(n for _, n in found))

    return work


def _frame_part(path: str, at: int) -> tuple[float, int]:
    import pandera.pandas as pa
    import pyarrow.parquet as pq

    schema = pa.DataFrameSchema(
        {"group": pa.Column(str), "person": pa.Column(str), "wave": pa.Column(str, pa.Check.isin(WAVES)),
         "item": pa.Column(str, pa.Check.isin(ITEMS)),
         "answer": pa.Column(float, pa.Check.in_range(1, 5), nullable=True)},
        unique=["person", "wave", "item"],
    )  # fmt: skip
    frame = pq.ParquetFile(path).read_row_group(at).to_pandas()
    frame = schema.validate(frame.astype(dict.fromkeys(NAMES[:4], str)).astype({"answer": float}), lazy=True)
    frame["scale"] = frame["item"].str.rstrip("0123456789")
    frame["answer"] = frame["answer"].where(~frame["item"].isin(TURNED), 6 - frame["answer"])
    made = frame.groupby(["person", "wave", "scale"])["answer"].agg(["mean", "count"])
    kept = made.loc[made["count"] >= 8, "mean"]
    return float(kept.sum()), len(kept)


# --- statistics


def _alphas(groups: int = 20_000) -> Any:
    import numpy as np

    rng = np.random.default_rng(3)
    level = rng.normal(3, 0.8, (groups, 1, 6))
    return np.clip(np.rint(level + rng.normal(0, 0.7, (groups, 10, 6))), 1, 5)


def alpha_ours(_: Path) -> _Made:
    from evaltools.statistics.reliability import cronbach_alpha

    items = _alphas()
    return lambda: {"alphas": cronbach_alpha(items).value[:50].round(9).tolist(), "groups": 20_000}


def alpha_pingouin(_: Path) -> _Made:
    import pandas as pd
    import pingouin

    frames = [pd.DataFrame(group.T) for group in _alphas()[:50]]
    return lambda: {"alphas": [round(float(pingouin.cronbach_alpha(frame)[0]), 9) for frame in frames], "groups": 50}


def _changes(groups: int) -> Any:
    import numpy as np

    return np.random.default_rng(4).normal(0.3, 1, (groups, 6))


def bca_ours(_: Path) -> _Made:
    from evaltools.statistics.bootstrap import bca_change

    change = _changes(2_000)
    return lambda: {"low": round(float(bca_change(0 * change, change).low[0]), 1), "groups": 2_000}


def bca_scipy(_: Path) -> _Made:
    import numpy as np
    from scipy import stats

    change = _changes(10)

    def work() -> dict[str, Any]:
        found = [stats.bootstrap((group,), np.mean, n_resamples=9_999, method="BCa", rng=1) for group in change]
        return {"low": round(float(found[0].confidence_interval.low), 1), "groups": 10}

    return work


def _people(n: int = 6_000) -> Any:
    import numpy as np

    rng = np.random.default_rng(5)
    return 3 + rng.normal(0, 0.7, (1, n)) + rng.normal(0, 0.5, (4, n)) + 0.1 * np.arange(4)[:, None]


def intercept_ours(_: Path) -> _Made:
    import numpy as np

    from evaltools.statistics.random_intercept import fit_random_intercept

    scores, design = _people(), np.vander(np.arange(4.0), 2, increasing=True)

    def work() -> dict[str, Any]:
        for _ in range(20):
            fit = fit_random_intercept(scores, design)
        return {"slope": round(float(fit.beta[1]), 6), "groups": 20}

    work()  # what it imports
    return work


def intercept_statsmodels(_: Path) -> _Made:
    import numpy as np
    from statsmodels.regression.mixed_linear_model import MixedLM

    scores, design = _people(), np.vander(np.arange(4.0), 2, increasing=True)

    def work() -> dict[str, Any]:
        people = scores.shape[1]
        fit = MixedLM(scores.ravel(), np.repeat(design, people, axis=0), np.tile(np.arange(people), 4)).fit()
        return {"slope": round(float(fit.fe_params[1]), 6), "groups": 1}

    return work


def _mixed_scores(groups: int) -> Any:
    import numpy as np

    rng = np.random.default_rng(6)
    return 3 + rng.normal(0, 0.7, (groups, 1, 6)) + rng.normal(0, 0.5, (groups, 4, 6))


def mixed_ours(_: Path) -> _Made:
    from evaltools.statistics.model_changes import mixed_change

    scores = _mixed_scores(2_000)

    def work() -> dict[str, Any]:
        mixed_change(scores, degrees="satterthwaite")
        change = mixed_change(scores)[0]
        return {"found": _rounded(change.value[:20, -1]), "groups": 2_000}

    return work


def mixed_r(_: Path) -> _Made:
    return _r("mixed", _mixed_scores(2_000)[:20])


def _repeated_scores() -> Any:
    import numpy as np

    rng = np.random.default_rng(8)
    scores = 3 + rng.normal(0, 0.7, (1, 197)) + rng.normal(0, 0.5, (4, 197)) * np.array([[0.8], [1], [1.1], [1.3]])
    return np.where(rng.random((4, 197)) < 0.12, np.nan, scores)


def mmrm_ours(_: Path) -> _Made:
    """The change from the first wave to the last, with Satterthwaite's degrees of freedom."""
    from evaltools.statistics.model_changes import mmrm_change

    def work() -> dict[str, Any]:
        for _ in range(20):
            change, p = mmrm_change(scores, "unstructured", degrees="satterthwaite")
        return {"found": _rounded([change.value[-1], p.df[-1]], 1), "groups": 20}

    scores = _repeated_scores()
    work()  # what it imports
    return work


def mmrm_fit(_: Path) -> _Made:
    """The fit alone: the same change, and the log-likelihood."""
    from evaltools.statistics.marginal_models import fit_marginal
    from evaltools.statistics.mixed_models import wave_design

    def work() -> dict[str, Any]:
        for _ in range(20):
            fit = fit_marginal(scores, wave_design(4), "unstructured")
        return {"found": _rounded([fit.beta[-1], fit.loglik], 3), "groups": 20}

    scores = _repeated_scores()
    work()  # what it imports
    return work


def mmrm_gls(_: Path) -> _Made:
    return _r("gls", _repeated_scores()[None], 3)


def mmrm_lmer(_: Path) -> _Made:
    return _r("lmer", _repeated_scores()[None], 3)


def mmrm_lmertest(_: Path) -> _Made:
    return _r("lmerTest", _repeated_scores()[None], 1)


def _rounded(values: Any, digits: int = 2) -> list[float]:
    """To so many decimals as the searches of both programs agree in; never -0."""
    return [round(float(value), digits) + 0.0 for value in values]


def _r(case: str, scores: Any, digits: int = 2) -> _Made:
    """A case of models.R; it times itself, since R takes longer to start than some of the cases."""
    import subprocess
    import tempfile

    import numpy as np
    import pandas as pd

    where = np.argwhere(np.isfinite(scores))
    table = pd.DataFrame(where, columns=["group", "wave", "person"]).assign(score=scores[tuple(where.T)])
    path = Path(tempfile.mkdtemp()) / "scores.csv"
    table.to_csv(path, index=False)

    def work() -> dict[str, Any]:
        command = ["Rscript", str(Path(__file__).with_name("models.R")), case, str(path)]
        told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout.splitlines()[-1])
        return told["check"] | {
            "found": _rounded(told["check"]["found"], digits),
            "cpu": told["cpu"],
            "wall": told["wall"],
        }

    return work


# --- one group


def one_group(folder: Path) -> _Made:
    def work() -> dict[str, Any]:
        from evaltools.register.declaration import read_register
        from evaltools.register.partial import evaluate_partition
        from evaltools.register.parts import frames, parts_of

        register = read_register(folder, "en")
        (part,) = parts_of(folder / "answers.csv", "en")
        return {"rows": evaluate_partition(frames(part), register).rows}

    return work


def read_csv(folder: Path) -> _Made:
    def work() -> dict[str, Any]:
        import pandas as pd

        return {"rows": len(pd.read_csv(folder / "answers.csv"))}

    return work


def main() -> None:
    """Run from the command line."""
    case, folder = sys.argv[1:3]
    work = globals()[case](Path(folder))
    began, wall = _cpu(), time.perf_counter()
    found = work()
    told = {"cpu": _cpu() - began, "wall": time.perf_counter() - wall}
    told |= {name: found.pop(name) for name in told if name in found} | {"check": found}  # R times itself
    print(json.dumps(told))
    sys.stdout.flush()
    os._exit(0)  # clusters that a case began are not waited for


def _cpu() -> float:
    """Processor seconds of this process and of those that it began and that have ended."""
    each = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in each)


if __name__ == "__main__":
    main()
