"""Adding a trainer as docs/extend.md shows it: from its module to its row in Table 1."""

import csv
import json
from pathlib import Path

import pytest
import yaml
from helpers.records import make_pair, make_problem
from helpers.snakemake_runs import CORES, documented, extended_checkout, jobs, run_snakemake

from codepref.files import write_records
from codepref.provenance.record import mark_layout

RUN = Path("results/mine")
AFTER_PAIRS = [
    *("config_keep", "models_fetch", "policies_train", "policies_describe", "benchmarks_fetch"),
    *("benchmarks_generate", "benchmarks_grade", "benchmarks_collect", "tables_render"),
]


def block() -> dict:
    return yaml.safe_load(documented("extend.md", "A trainer", "yaml")[0])


@pytest.fixture
def extended(tmp_path: Path, tiny_model_folder: Path) -> Path:
    """A checkout with the page's trainer, the tiny model, and problems and pairs made by hand."""
    root = extended_checkout(tmp_path)
    module, entry = documented("extend.md", "A trainer", "python")
    (root / "src/codepref/training/ipo.py").write_text(module)
    with (root / "src/codepref/training/trainers.py").open("a") as registry:
        registry.write(f"\n\n{entry}")
    write_records(root / "problems.jsonl", [make_problem(f"mine/p{n}") for n in range(4)])
    mark_layout(root / RUN)
    write_records(root / RUN / "pairs/tiny.jsonl", [make_pair(n) for n in range(4)])
    (root / RUN / "pairs/tiny.stats.json").write_text(
        json.dumps({"model": "tiny", "pairs": 4, "problems": {"total": 4}})
    )
    (root / "mine.yaml").write_text(
        yaml.safe_dump(
            {
                "run": "mine",
                "evaluation": {"samples_per_task": 0},
                "models": {
                    "tiny": {
                        "label": "Tiny",
                        "source": {"kind": "folder", "path": str(tiny_model_folder)},
                    }
                },
                "methods": block()["methods"],
                "experiments": [{"model": "tiny", "methods": block()["experiments"][0]["methods"]}],
                "problem_sources": {"mine": {"kind": "jsonl", "path": "problems.jsonl"}},
                "problems": {"sources": ["mine"]},
                "benchmarks": {
                    "few": {
                        "label": "MBPP-style",
                        "dataset": "mbpp",
                        "data": {"kind": "builtin_mbpp", "tasks": 1},
                    }
                },
                "use_benchmarks": ["few"],
                "training": {"seeds": [0], "ipo": {"batch_size": 2, "max_length": 256}},
                "generation": {"engine": "transformers", "max_tokens": 4},
                "compute": {
                    kind: {"gpus": 0, "threads": 2, "memory_mb": 4000}
                    for kind in ("generate", "train", "execute")
                },
            }
        )
    )
    return root


def snakemake(root: Path, *arguments: str):
    options = ["--cores", CORES, *arguments, "--configfile", "mine.yaml"]
    return run_snakemake(root, *options, PYTHONPATH=str(root / "src"), HF_HUB_OFFLINE="1")


def test_its_trainings_are_planned(extended: Path) -> None:
    done = snakemake(extended, "-n")
    assert done.returncode == 0, done.stdout
    found = jobs(done.stdout)
    assert found["policies_train"] == 2
    assert found["benchmarks_generate"] == found["benchmarks_grade"] == 3


def test_a_trainer_that_is_not_registered_is_refused_by_the_methods_name(extended: Path) -> None:
    config = extended / "mine.yaml"
    config.write_text(config.read_text().replace("trainer: ipo", "trainer: ipoo"))
    done = snakemake(extended, "-n")
    assert done.returncode != 0
    assert "methods.ipo.trainer: there is no such trainer; did you mean 'ipo'" in done.stdout


@pytest.mark.long
def test_its_methods_have_their_rows_in_table_1(extended: Path) -> None:
    # The random model writes no program, so it has no pairs of its own: those made by hand stay.
    done = snakemake(extended, f"{RUN}/tables/table1.csv", "--allowed-rules", *AFTER_PAIRS)
    assert done.returncode == 0, done.stdout
    for name, beta in (("ipo", 0.1), ("ipo_strict", 0.5)):
        folder = extended / RUN / "checkpoints/tiny" / name / "seed0"
        facts = json.loads((folder / "training.json").read_text())
        assert facts["hyperparameters"]["beta"] == beta
        first = json.loads((folder / "training_log.jsonl").read_text().splitlines()[0])
        # IPO's loss of an untrained policy; DPO's would be log 2.
        assert first["loss"] == pytest.approx(1 / (2 * beta) ** 2, rel=1e-3)
    with (extended / RUN / "tables/table1.csv").open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["model"] == "tiny"]
    assert {row["method"] for row in rows} == {"base", "ipo", "ipo_strict"}
    assert all(row["total"] == "1" for row in rows)
