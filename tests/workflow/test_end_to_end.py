"""The smallest run through every rule with a real model, and what a second run does."""

import csv
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from helpers.places import ROOT
from helpers.small_runs import script
from helpers.snakemake_runs import CORES, Snakemake, declared_inputs, reads_of_commands, watch_reads

from codepref.files import read_records
from codepref.provenance.record import read_provenance, records_in, sidecar
from codepref.records import Execution, Pair, Sample

RUN = Path("results/test")
OPTIONS = ("--cores", CORES, "--configfile", "configs/test.yaml")


def steps(output: str) -> int:
    """How many jobs a run did."""
    found = re.findall(r"of (\d+) steps \(100%\) done", output)
    return int(found[-1]) if found else 0


def rules_run(output: str) -> set[str]:
    """Which rules had jobs, from the table that Snakemake prints."""
    table = output.split("Job stats:")[1].split("total")[0]
    return {line.split()[0] for line in table.splitlines()[3:] if line.strip()}


def from_the_root(path: str) -> str:
    """A path as records have it: the project's own files are relative to it."""
    return Path(path).relative_to(ROOT).as_posix() if Path(path).is_relative_to(ROOT) else path


def check_declared_inputs(checkout: Path) -> None:
    """Every job's record names what its rule declares, nothing else; every output has one."""
    declared = declared_inputs(checkout)
    assert len(declared) > 100
    for output, inputs in declared.items():
        recorded = {item.path for item in read_provenance(checkout / output).inputs}
        assert recorded == {from_the_root(path) for path in inputs}, output
    made = {path.as_posix() for path in records_in(checkout / RUN)}
    assert made == {sidecar(checkout / output).as_posix() for output in declared}


def check_reads(checkout: Path, reads: dict[str, set[Path]]) -> None:
    """No job opened a file that its record does not name, but its own state and records."""
    known: dict[str, set[Path]] = {}
    for output in declared_inputs(checkout):
        record = read_provenance(checkout / output)
        files = known.setdefault(" ".join(record.command), {RUN / "work", RUN / "provenance"})
        files |= {Path(item.path) for item in [record.output, *record.inputs]}
    assert known.keys() & reads.keys()
    for command in known.keys() & reads.keys():
        left = {path for path in reads[command] if (checkout / path).exists()}
        left = {path for path in left if known[command].isdisjoint([path, *path.parents])}
        assert not {path for path in left if path.parts[0] not in ("src", "scripts")}, command


def check_edits(snakemake: Snakemake, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An edited file of the paper, or an edited module, plans exactly the rules that read it."""
    with edited(checkout / "paper", "tables.yaml"):
        planned = rules_run(snakemake(*OPTIONS, "-n").stdout)
    of_the_paper = ("scores", "differences", "pass_at_k", "verdict_classes")
    figures = {f"figures_draw_{name}" for name in of_the_paper}
    readers = {"all", "tables_render", "claims_write", "report_build", *figures}
    assert planned == readers

    with edited(checkout / "src", "codepref/tables/statistics.py"), monkeypatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{checkout / 'src'}:{os.environ['PYTHONPATH']}")
        planned = rules_run(snakemake(*OPTIONS, "-n").stdout)
    figures = {f"figures_draw_{path.stem}" for path in (checkout / RUN / "figures").glob("*.svg")}
    importers = {"pairs_label_noise", "problems_tabulate", "claims_register"}
    assert planned == readers | figures | importers

    assert "Nothing to be done" in snakemake(*OPTIONS, "-n").stdout


@contextmanager
def edited(folder: Path, name: str) -> Iterator[None]:
    """In the place of a link, a copy of its folder in which one file got another comment."""
    origin = folder.resolve()
    folder.unlink()
    shutil.copytree(origin, folder, ignore=shutil.ignore_patterns("__pycache__"))
    with (folder / name).open("a") as file:
        file.write("# edited\n")
    yield
    shutil.rmtree(folder)
    folder.symlink_to(origin)


@pytest.mark.slow
def test_the_smallest_run(
    snakemake: Snakemake,
    checkout: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watch = tmp_path_factory.mktemp("watch") / "reads"
    monkeypatch.setenv("PYTHONPATH", watch_reads(checkout, watch))
    first = snakemake(*OPTIONS, timeout=2400)
    assert first.returncode == 0, first.stdout[-5000:]
    run = checkout / RUN

    # Every pair is made of two samples of one problem, with the verdicts that it claims.
    for model in ("smollm", "tutored"):
        samples = {
            (s.problem_id, s.index): s for s in read_records(run / f"samples/{model}.jsonl", Sample)
        }
        verdicts = {
            (e.problem_id, e.index): e
            for e in read_records(run / f"executions/{model}.jsonl", Execution)
        }
        assert samples.keys() == verdicts.keys()
        assert len(samples) == 8 * 4
        pairs = list(read_records(run / f"pairs/{model}.jsonl", Pair))
        assert 1 <= len(pairs) <= 2
        for pair in pairs:
            chosen = (pair.problem_id, pair.chosen_from.index)
            rejected = (pair.problem_id, pair.rejected_from.index)
            assert verdicts[chosen].verdict == "passed"
            assert verdicts[rejected].verdict not in ("passed", "infra_error")
            assert pair.chosen[0].content == samples[chosen].completion
            assert pair.rejected[0].content == samples[rejected].completion

    # Every score of the table can be counted again from the verdicts of its tasks.
    with (run / "benchmarks.csv").open() as stream:
        scores = list(csv.DictReader(stream))
    with (run / "task_verdicts.csv").open() as stream:
        tasks = list(csv.DictReader(stream))
    assert len(scores) == 6 * 4  # five policies of one model and one of the other; four columns
    for score in scores:
        key = ("model", "method", "seed", "benchmark")
        own = [task for task in tasks if all(task[k] == score[k] for k in key)]
        assert len(own) == int(score["total"]) == 2
        assert sum(task["passed"] == "true" for task in own) == int(score["solved"])

    # So can every number of samples, of which each has a verdict.
    with (run / "benchmarks/samples.csv").open() as stream:
        samples = list(csv.DictReader(stream))
    assert len(samples) == 6 * 2 * 2  # one benchmark of two tasks, two samples each
    with (run / "tables/sampled.csv").open() as stream:
        for row in csv.DictReader(stream):
            part = "plus" if row["benchmark"] == "humaneval_demo+" else "base"
            own = [one for one in samples if all(one[k] == row[k] for k in ("model", "method"))]
            assert sum(one[part] == "true" for one in own) == int(row["passed"])
            assert len(own) == int(row["samples"]) == 4

    for method in ("rft", "dpo", "ppo", "dpo_off_policy"):
        folder = run / f"checkpoints/smollm/{method}/seed0"
        assert (folder / "model.safetensors").stat().st_size > 10**8
        assert (folder / "training_log.jsonl").read_text().strip()
        assert json.loads((folder / "training.json").read_text())["seed"] == 0

    # Best of two samples, chosen in both ways; only the policies of DPO have an implicit reward.
    with (run / "tables/reranked.csv").open() as stream:
        chosen = {row["model"] + row["method"]: row for row in csv.DictReader(stream)}
    assert len(chosen) == 6 and all(row["agreement"] for row in chosen.values())
    assert {name for name, row in chosen.items() if row["implicit_reward"]} == {
        *("smollmdpo", "smollmdpo_off_policy")
    }

    for name in ("table1", "table2", "table3", "table4", "sampled", "failures", "reranked"):
        for suffix in ("md", "tex", "csv", "html"):
            text = (run / f"tables/{name}.{suffix}").read_text()
            if suffix != "csv":
                assert "Own run (none of the paper" in text
    with (run / "tables/label_noise.csv").open() as stream:
        curve = list(csv.DictReader(stream))
    assert {line["tests_seen"] for line in curve} == {"1", "2", "3", "5", "10", "20"}
    assert sum(int(line["pass_first"]) for line in curve) > 0
    with (run / "tables/wrong_chosen.csv").open() as stream:
        assert {line["model"] for line in csv.DictReader(stream)} == {"smollm", "tutored"}

    for name in (
        "figure1",
        "figure2",
        "workflow",
        "learning_curves",
        "log_probs",
        "pair_yield",
        "verdict_classes",
        "pass_at_k",
    ):
        assert (run / f"figures/{name}.svg").stat().st_size > 1000, name
    page = (run / "report.html").read_text()
    from_the_network = r"""(src=["']?|<link [^>]*href=["']?|url\(["']?|@import ["'])https?:"""
    assert not re.findall(from_the_network, page)

    # Nothing is left to do.
    second = snakemake(*OPTIONS)
    assert second.returncode == 0
    assert "Nothing to be done" in second.stdout

    check_edits(snakemake, checkout, monkeypatch)

    check_declared_inputs(checkout)
    check_reads(checkout, reads_of_commands(watch))

    # Made again from the verdicts the tables are the same bytes.
    tables = {path: path.read_bytes() for path in (run / "tables").iterdir()}
    assert len(tables) == 37
    for path in tables:
        path.unlink()
    (run / "benchmarks.csv").unlink()
    (run / "benchmarks/samples.csv").unlink()
    again = snakemake(*OPTIONS, "--", *(str(path.relative_to(checkout)) for path in tables))
    assert again.returncode == 0
    made_again = {"benchmarks_collect", "benchmarks_collect_samples"}
    made_again |= {"tables_render", "pairs_label_noise"}
    assert rules_run(again.stdout) == made_again
    assert {path: path.read_bytes() for path in tables} == tables

    # It can be released, and a pair be followed (.ci/run makes a shipped release's tables again).
    pair = next(read_records(run / "pairs/smollm.jsonl", Pair))
    for name, *options in (
        ("make_release.py", "--run", RUN, "--output", "release"),
        ("trace.py", "pair", "smollm", pair.problem_id, "--run", RUN),
    ):
        done = script(name, *options, folder=checkout)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr
        assert "stay behind" not in done.stdout  # all that a finished run has is behind its tables
    assert re.search(r"^SmolLM2 135M +-\d.* 0\.693$", done.stdout, re.M)  # log 2, untrained

    # Snakemake's own report sorts everything into categories.
    page = checkout / "snakemake-report.html"
    assert snakemake(*OPTIONS, "--report", str(page)).returncode == 0
    for category in ("Tables", "Claims", "Data", "Figures", "Report"):
        assert f'"{category}"' in page.read_text(), category

    # A deleted file is made again, and just what depends on it.
    before = (run / "pairs/smollm.stats.json").read_bytes()
    (run / "pairs/smollm.stats.json").unlink()
    third = snakemake(*OPTIONS, "-n")
    assert {"pairs_count", "figures_draw_pair_yield", "report_build"} <= rules_run(third.stdout)
    assert not {"samples_draw", "executions_run", "pairs_build"} & rules_run(third.stdout)
    again = snakemake(*OPTIONS, "--", str(RUN / "pairs/smollm.stats.json"))
    assert again.returncode == 0
    assert steps(again.stdout) == 1
    assert (run / "pairs/smollm.stats.json").read_bytes() == before
