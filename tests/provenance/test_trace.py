"""The chain from a number to its samples holds, and breaks with the name of what broke it."""

import csv
import json
import shutil
from contextlib import chdir
from pathlib import Path

import pytest
from helpers.full_run import RUN
from helpers.places import ROOT
from helpers.small_runs import script

from codepref.errors import UserError
from codepref.files import sha256_of
from codepref.provenance.links import Checker
from codepref.provenance.record import records_in, sidecar
from codepref.provenance.trace import trace_cell, trace_noise, trace_pair, verify
from codepref.provenance.trace_sampled import trace_sampled

CELL = ("smollm", "dpo", "mbpp_demo+")
CHAIN = [
    "tables/table1.csv",
    "config.json",
    "benchmarks.csv",
    "benchmarks/smollm/dpo/seed0/mbpp_demo.verdicts.json",
    "benchmarks/smollm/dpo/seed0/mbpp_demo.samples.jsonl",
    "checkpoints/smollm/dpo/seed0",
    "models/smollm",
    "pairs/smollm.jsonl",
    "executions/smollm.jsonl",
    "samples/smollm.jsonl",
    "problems/all.jsonl",
]


SAMPLED_CHAIN = [
    "tables/sampled.csv",
    "config.json",
    "benchmarks/samples.csv",
    "benchmarks/smollm/dpo/seed0/mbpp_demo.sampled_verdicts.json",
    "benchmarks/smollm/dpo/seed0/mbpp_demo.sampled.jsonl",
]


@pytest.fixture
def run(tiny_run: Path, tmp_path: Path) -> Path:
    """A copy that may be broken; the current folder is its root."""
    copy = tmp_path / RUN
    shutil.copytree(tiny_run, copy)
    return copy


def trace(run: Path, **options: object) -> list:
    with chdir(run.parents[1]):
        return trace_cell(Checker(), RUN / "tables/table1.csv", CELL, **options)


def test_the_chain_leads_from_the_cell_to_problems_with_lines_and_hashes(run: Path) -> None:
    chain = trace(run, task="Mbpp/2")
    assert [link.path.as_posix() for link in chain] == [(RUN / name).as_posix() for name in CHAIN]
    for link in chain:
        assert link.sha256 == sha256_of(run.parents[1] / link.path)
    with (run / "tables/table1.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    row = rows[chain[0].line - 2]  # the header is line 1
    assert (row["model"], row["method"], row["benchmark"]) == CELL
    answer = chain[4]
    line = (run.parents[1] / answer.path).read_text().splitlines()[answer.line - 1]
    assert json.loads(line)["task_id"] == "Mbpp/2"
    assert answer.text == json.loads(line)["solution"]


def test_off_policy_leads_to_the_other_models_pairs(run: Path) -> None:
    with chdir(run.parents[1]):
        name = ("smollm", "dpo_off_policy", "mbpp_demo")
        chain = trace_cell(Checker(), RUN / "tables/table2.csv", name)
    paths = [link.path.as_posix() for link in chain]
    assert (RUN / "pairs/tutored.jsonl").as_posix() in paths
    assert (RUN / "models/smollm").as_posix() in paths


def test_label_noise_is_counted_again_from_the_verdicts(run: Path) -> None:
    table, name = RUN / "tables/label_noise.csv", RUN / "executions/smollm.jsonl"
    with chdir(run.parents[1]):
        chain = trace_noise(Checker(), table, "smollm", "all", 1)
        assert [link.path for link in chain[:2]] == [table, name]
        assert {"samples", "problems"} <= {link.path.parent.name for link in chain}
        with pytest.raises(UserError, match="no line for smollm all 4"):
            trace_noise(Checker(), table, "smollm", "all", 4)
        name.write_text(name.read_text().replace("wrong_answer", "runtime_error", 1))
        with pytest.raises(UserError, match="broken link"):
            trace_noise(Checker(), table, "smollm", "all", 1)


@pytest.mark.parametrize("name", CHAIN)
def test_a_deleted_file_is_named(run: Path, name: str) -> None:
    shutil.rmtree(run / name) if (run / name).is_dir() else (run / name).unlink()
    with pytest.raises(UserError, match=rf"{RUN / name}(/\S+)? is missing"):
        trace(run)
    with chdir(run.parents[1]), pytest.raises(UserError, match=rf"{RUN / name}(/\S+)? is missing"):
        verify(Checker(), [RUN / "tables/table1.csv"])


def test_every_file_behind_the_tables_is_named_if_it_is_missing(run: Path) -> None:
    """One file of each kind, also of those that only the walk over all records reaches."""
    root = run.parents[1]
    tables = [RUN / "tables/table1.csv", RUN / "tables/table4.csv"]
    with chdir(root):
        checker = Checker()
        verify(checker, tables)
        behind = checker.walked - set(tables)
    kinds = {}
    for path in sorted(path for path in behind if RUN in path.parents):
        for file in [path] if (root / path).is_file() else sorted((root / path).iterdir()):
            file = path / file.name if (root / path).is_dir() else path
            kinds.setdefault((len(file.parts), file.parts[2], file.name), file)
    assert {kind[1] for kind in kinds} >= {
        "config.json", "benchmarks.csv", "task_verdicts.csv", "benchmarks", "training", "models",
        "checkpoints", "pairs", "executions", "samples", "problems",
    }  # fmt: skip
    for file in kinds.values():
        content = (root / file).read_bytes()
        (root / file).unlink()
        with chdir(root), pytest.raises(UserError, match=f"{file} is missing"):
            verify(Checker(), tables)
        (root / file).write_bytes(content)
    with chdir(root):
        verify(Checker(), tables)


def test_every_output_has_a_record(run: Path) -> None:
    for path in run.rglob("*"):
        if path.is_file() and path.relative_to(run).parts[0] != "provenance":
            assert [p for p in (path, *path.parents) if p.name and sidecar(p).is_file()], path


@pytest.mark.parametrize("name", CHAIN)
def test_a_changed_file_is_named(run: Path, name: str) -> None:
    path = run / name
    if path.is_dir():
        path = next(file for file in path.iterdir() if file.suffix == ".json")
    path.write_text(path.read_text() + "\n")
    with pytest.raises(
        UserError, match=rf"{RUN / name}.*changed after|was made from another.*{name}"
    ):
        trace(run)


@pytest.mark.parametrize("name", CHAIN)
def test_a_missing_record_is_named(run: Path, name: str) -> None:
    sidecar(run / name).unlink()
    if name in ("config.json", "models/smollm", "problems/all.jsonl", "samples/smollm.jsonl",
                "executions/smollm.jsonl"):  # fmt: skip
        return  # may have been given by a release: said, not refused
    with pytest.raises(UserError, match=f"{RUN / name} has no record"):
        trace(run)


def test_a_remade_input_breaks_what_was_made_before(run: Path) -> None:
    path = run / "samples/smollm.jsonl"
    path.write_text(path.read_text().replace("return x", "return  x", 1))
    record = json.loads(sidecar(path).read_text())
    record["output"]["sha256"] = sha256_of(path)  # as if the samples had been drawn again
    sidecar(path).write_text(json.dumps(record))
    with pytest.raises(UserError, match=r"was made from another .*samples/smollm\.jsonl"):
        trace(run)


def test_training_with_other_settings_than_the_configuration_is_refused(run: Path) -> None:
    folder = run / "checkpoints/smollm/dpo/seed0"
    facts = json.loads((folder / "training.json").read_text())
    facts["hyperparameters"]["beta"] = 0.5
    (folder / "training.json").write_text(json.dumps(facts))
    # The records are made to fit, as if the whole chain had been remade from that training.
    for path in records_in(run):
        record = json.loads(path.read_text())
        for item in [record["output"], *record["inputs"]]:
            if "checkpoints/smollm/dpo/seed0" in item["path"]:
                item["sha256"] = sha256_of(run.parents[1] / item["path"])
        path.write_text(json.dumps(record))
    with pytest.raises(
        UserError, match=r"trained with beta = 0\.5, the run's configuration says 0\.1"
    ):
        trace(run)


def test_a_pair_leads_to_its_eight_samples(run: Path) -> None:
    with chdir(run.parents[1]):
        chain = trace_pair(Checker(), RUN / "pairs/smollm.jsonl", "demo/double")
    assert [link.what for link in chain].count("the sample") == 8
    assert [link.what for link in chain].count("the verdict") == 8
    assert chain[0].text.startswith("chosen: sample ")
    assert chain[-1].text == "Double"


def follow_sampled(run: Path, table: str = "sampled", **options: object) -> list:
    with chdir(run.parents[1]):
        return trace_sampled(Checker(), RUN / f"tables/{table}.csv", CELL, **options)


@pytest.mark.parametrize("table", ["sampled", "failures"])
def test_samples_lead_to_each_answer_and_on_as_greedy_ones_do(run: Path, table: str) -> None:
    chain = follow_sampled(run, table, task="Mbpp/2")
    paths = [link.path.relative_to(RUN).as_posix() for link in chain]
    assert paths[0] == f"tables/{table}.csv"
    assert paths[1:8] == [*SAMPLED_CHAIN[1:], *SAMPLED_CHAIN[-1:] * 3]  # four samples
    assert paths[8:] == CHAIN[5:]
    for link in chain:
        assert link.sha256 == sha256_of(run.parents[1] / link.path)
    lines = (run.parents[1] / chain[4].path).read_text().splitlines()
    for index, link in enumerate(chain[4:8]):
        found = json.loads(lines[link.line - 1])
        assert (found["task_id"], found["index"]) == ("Mbpp/2", index)
        assert link.text.partition(":\n")[2] == found["solution"]
    with pytest.raises(UserError, match="no task 'Mbpp/77'; for example Mbpp/0"):
        follow_sampled(run, table, task="Mbpp/77")


@pytest.mark.parametrize("name", SAMPLED_CHAIN)
def test_a_missing_or_changed_file_behind_samples_is_named(run: Path, name: str) -> None:
    path, text = run / name, (run / name).read_text()
    path.unlink()
    with pytest.raises(UserError, match=f"{RUN / name} is missing"):
        follow_sampled(run)
    path.write_text(text + "\n")
    with pytest.raises(UserError, match=rf"{RUN / name}.*changed after|made from another.*{name}"):
        follow_sampled(run)


def test_a_count_that_the_samples_do_not_give_is_a_broken_link(run: Path) -> None:
    table = run / "tables/sampled.csv"
    with table.open(newline="") as stream:
        lines = list(csv.DictReader(stream))
    row = next(line for line in lines if (line["model"], line["method"], line["benchmark"]) == CELL)
    row["passed"] = str(int(row["passed"]) + 1)
    with table.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)
    record = json.loads(sidecar(table).read_text())
    record["output"]["sha256"] = sha256_of(table)
    sidecar(table).write_text(json.dumps(record))
    with pytest.raises(
        UserError, match=r"broken link: .*samples\.csv has \d+ of 40 samples passed"
    ):
        follow_sampled(run)


def test_a_release_without_models_still_traces(run: Path) -> None:
    shutil.rmtree(run / "models/smollm")
    for name in ("model.safetensors", "config.json"):
        (run / "checkpoints/smollm/dpo/seed0" / name).unlink(missing_ok=True)
    with chdir(run.parents[1]):
        name = RUN / "tables/table1.csv"
        assert len(trace_cell(Checker(of_release=True), name, CELL)) == len(CHAIN)


def test_the_command_line(run: Path) -> None:
    with chdir(run.parents[1]):
        result = script_here("trace.py", "table1", *CELL, "--run", RUN)
        assert result.returncode == 0, result.stderr
        assert "every link holds" in result.stdout
        result = script_here("trace.py", "table1", "smollm", "dpo", "no-such", "--run", RUN)
        assert result.returncode == 2 and "this run has no result" in result.stderr
        result = script_here("trace.py", "failures", *CELL, "--run", RUN)
        assert result.returncode == 0 and "every link holds" in result.stdout, result.stderr
        result = script_here("trace.py", "all", "--run", RUN)
        assert result.returncode == 0 and "links hold" in result.stdout
        (run / "samples/smollm.jsonl").unlink()
        result = script_here("trace.py", "table1", *CELL, "--run", RUN)
        assert result.returncode == 2
        assert f"{RUN}/samples/smollm.jsonl is missing" in result.stderr


def script_here(name: str, *options: object):
    return script(name, *options, folder=Path.cwd())


@pytest.mark.slow
def test_the_help_shows_how_to_call_it() -> None:
    assert "table1 codeqwen dpo mbpp+" in script("trace.py", "--help").stdout
    assert (ROOT / "scripts" / "trace.py").is_file()
