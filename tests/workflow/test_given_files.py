"""What a configuration points at is an input of the run, and its content decides."""

import os
import shutil
from pathlib import Path

import pytest
from helpers.plans import GIVEN, RUN, Finished
from helpers.snakemake_runs import Snakemake

MAKERS = {
    "problem_sources.mine.path": f"{RUN}/problems/mine.jsonl",
    "problem_sources.theirs.path": f"{RUN}/problems/theirs.jsonl",
    "benchmarks.tasks.data.path": f"{RUN}/benchmarks/data/tasks.jsonl",
    "benchmarks.dated.data.path": f"{RUN}/benchmarks/data/dated.jsonl",
    "rated_pairs.judge.path": f"{RUN}/pairs/judge.jsonl",
    "models.own.source.path": f"{RUN}/models/own",
    "own_claims": f"{RUN}/registration.json",
}


@pytest.mark.parametrize("key", GIVEN)
def test_other_content_is_read_again_and_an_equal_one_is_not(finished: Finished, key: str) -> None:
    file = finished.folder / GIVEN[key]
    text, before = file.read_text(), file.stat()
    file.write_text("2\n1\n")  # of the same size, and of the same time
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns + 1000))
    assert finished.plan() == finished.expected(MAKERS[key])
    file.write_text("1\n")
    assert finished.plan() == finished.expected(MAKERS[key])
    file.write_text(text)
    assert finished.plan() == set()  # newer, but the same


def test_a_file_more_in_a_models_folder_is_another_model(finished: Finished) -> None:
    more = finished.folder / "my model/more"
    more.touch()
    assert finished.plan() == finished.expected(MAKERS["models.own.source.path"])
    more.unlink()
    assert finished.plan() == set()


def test_what_is_not_there_is_said_at_once_with_its_key(
    snakemake: Snakemake, checkout: Path, finished: Finished
) -> None:
    shutil.copy(finished.folder / "lost.yaml", checkout)
    given = ("--configfile", "configs/demo.yaml", "lost.yaml")
    done = snakemake("-n", "--cores", "1", *given)
    assert done.returncode != 0 and "Traceback" not in done.stdout
    message = next(line for line in done.stdout.splitlines() if "no such file" in line)
    for key, path in GIVEN.items():
        assert f"{key}: no such file or folder: " in message
        assert path.split("/")[0] in message
    assert f"the workflow is run from, {checkout}" in message
    assert not (checkout / "results").exists()


def test_what_was_made_of_a_given_file_serves_without_it(finished: Finished) -> None:
    with finished.without("mine.jsonl"), finished.without("my model"):
        assert finished.plan() == set()
