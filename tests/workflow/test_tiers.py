"""A released tier lands where the workflow goes on from it."""

import shutil
from itertools import pairwise
from pathlib import Path

import pytest
from helpers.full_run import RUN

from codepref.config_loading import load_config
from codepref.errors import UserError
from codepref.provenance.record import mark_layout
from codepref.workflow.tiers import TIERS, enter


@pytest.fixture
def target(tmp_path: Path) -> Path:
    run = tmp_path / "new" / RUN
    (run / "models/smollm").mkdir(parents=True)
    (run / "models/smollm/model.safetensors").write_bytes(b"weights")
    return run


@pytest.fixture
def release(tiny_run: Path) -> Path:
    return tiny_run.parents[1]  # like a release, the run lies in results/ below it


def oldest(folder: Path) -> float:
    return min(p.stat().st_mtime for p in folder.rglob("*") if p.is_file())


def newest(folder: Path) -> float:
    return max(p.stat().st_mtime for p in folder.rglob("*") if p.is_file())


@pytest.mark.parametrize("tier", TIERS)
def test_a_tier_is_everything_up_to_it_in_order(release: Path, target: Path, tier: str) -> None:
    enter(release, target, tier, release / RUN / "checkpoints")
    stages = ["problems", "models", "samples", "executions", "pairs", "checkpoints"]
    stages += ["training", "benchmarks", "rewards"]
    last = {"verdicts": "rewards", "checkpoints": "training"}.get(tier, tier)
    wanted = stages[: stages.index(last) + 1]
    assert {path.name for path in target.iterdir()} == {*wanted, "benchmarks", "provenance"}
    assert newest(target / "benchmarks/data") <= oldest(target / "problems")
    for before, after in pairwise(wanted):
        if after == "benchmarks":
            after = "benchmarks/smollm"
        assert newest(target / before) <= oldest(target / after)
    assert (target / "models/smollm/model.safetensors").read_bytes() == b"weights"


def test_nothing_is_overwritten(release: Path, target: Path) -> None:
    enter(release, target, "samples")
    with pytest.raises(UserError, match="samples is not empty"):
        enter(release, target, "pairs")


def test_what_a_release_lacks_is_said(release: Path, target: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--checkpoints"):
        enter(release, target, "checkpoints")
    shutil.rmtree(target / "models")
    with pytest.raises(UserError, match="fetch them first"):
        enter(release, target, "pairs")
    enter(release, target, "verdicts")  # needs no model
    (target / "config.json").touch()  # of an older version: nothing marks the folder
    (target / "provenance/layout.json").unlink()
    with pytest.raises(UserError, match=r"made by an older version .* another run name"):
        enter(release, target, "verdicts")
    with pytest.raises(UserError, match="is it a release"):
        enter(tmp_path / "nowhere", target, "verdicts")


def test_what_is_kept_of_a_run_or_brought_along_is_of_the_release(
    release: Path, target: Path, tmp_path: Path
) -> None:
    copied = tmp_path / "checkpoints"
    shutil.copytree(release / RUN / "checkpoints", copied)
    first = sorted(copied.glob("*/*/seed*"))[0]
    (first / "training.json").write_text("{}")
    with pytest.raises(UserError, match=r"seed0: not the checkpoint of the release"):
        enter(release, target, "checkpoints", copied)
    shutil.rmtree(first)
    with pytest.raises(UserError, match=r"seed0: no such folder; --checkpoints has <model>"):
        enter(release, target, "checkpoints", copied)
    mark_layout(target)
    (target / "problems").mkdir()
    (target / "problems/all.jsonl").write_text("others\n")
    with pytest.raises(UserError, match=r"all\.jsonl: not the file of the release; remove it"):
        enter(release, target, "samples")
    shutil.copy(release / RUN / "problems/all.jsonl", target / "problems/all.jsonl")
    enter(release, target, "samples")


def test_a_file_that_was_not_copied_whole_is_not_there(
    release: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(source: Path, place: Path) -> None:
        place.write_bytes(source.read_bytes()[:20])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("codepref.workflow.tiers.shutil.copyfile", full_disk)
    with pytest.raises(OSError, match="No space left"):
        enter(release, target, "samples")
    assert not [path for path in target.rglob("*.jsonl*") if path.is_file()]


ROUNDS = {
    "methods": {"dpo": {"rounds": 2}},
    "experiments": [{"model": "codeqwen", "methods": ["base", "dpo"]}],
}
FIRST = ["samples/codeqwen.jsonl", "executions/codeqwen.jsonl", "pairs/codeqwen.jsonl"]
FIRST += ["references/codeqwen/codeqwen.jsonl", "training/codeqwen/dpo/seed0/training.json"]
SECOND = [
    path.replace("codeqwen.jsonl", "codeqwen_after_dpo.jsonl").replace("/dpo/", "/dpo_round2/")
    for path in FIRST
]
LAST = ["benchmarks/codeqwen/dpo/seed0/mbpp.verdicts.json"]
CHECKPOINTS = ["codeqwen/dpo/seed0/config.json", "codeqwen/dpo_round2/seed0/config.json"]


def test_rounds_are_entered_one_after_the_other(target: Path, tmp_path: Path) -> None:
    run = tmp_path / "release/results/rounds"
    mark_layout(run)
    (run / "config.json").write_text(load_config(ROUNDS).model_dump_json())
    shared = ["problems/all.jsonl", "benchmarks/data/mbpp.jsonl", "models/codeqwen/source.json"]
    trained = [f"checkpoints/{path}" for path in CHECKPOINTS]
    for path in [*shared, *FIRST, *SECOND, *LAST, *trained]:
        (run / path).parent.mkdir(parents=True, exist_ok=True)
        (run / path).touch()
    entered = {tier: target.with_name(f"entered-{tier}") for tier in TIERS}
    for tier, own in entered.items():
        shutil.copytree(target, own)
        enter(tmp_path / "release", own, tier, run / "checkpoints")

    # Without checkpoints a second round has nothing to start from: its samples are not entered.
    assert not (entered["pairs"] / SECOND[0]).exists() and (entered["pairs"] / FIRST[0]).exists()
    order = [*FIRST[:4], trained[0], *SECOND[:4], trained[1], *LAST]
    times = [(entered["verdicts"] / path).stat().st_mtime for path in order]
    assert times == sorted(times) and len(set(times)) == len(times)
