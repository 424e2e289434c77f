"""One reference for all trainings that start from a model: the same bytes, and no second model."""

import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from helpers.places import SCRIPTS
from helpers.records import make_pair

from codepref.errors import UserError
from codepref.files import read_records, sha256_of, write_records
from codepref.models import load_tokenizer
from codepref.records import Pair, ReferenceRecord
from codepref.training import dpo, runner
from codepref.training.arguments import plan_batches
from codepref.training.data import TokenPair, load_pairs, tokenise
from codepref.training.references import score_references, with_references
from codepref.training.trainers import DpoConfig

CONFIG = DpoConfig(max_length=512)


def tokenised(folder: Path, pairs_file: Path) -> tuple[Any, list[Pair], list[TokenPair]]:
    """Return a model's tokenizer, the pairs, and their tokens."""
    tokenizer, pairs = load_tokenizer(folder), load_pairs(pairs_file)
    return tokenizer, pairs, tokenise(tokenizer, pairs, 512, False)


@pytest.fixture
def references(tiny_model_folder: Path, pairs_file: Path, tmp_path: Path) -> Path:
    output = tmp_path / "references.jsonl"
    score_references(tiny_model_folder, pairs_file, CONFIG, tmp_path / "scoring", output)
    assert not (tmp_path / "scoring").exists()
    return output


@pytest.mark.slow
@pytest.mark.parametrize(
    "more",
    [
        pytest.param([], marks=pytest.mark.long, id="dpo"),
        pytest.param(["--loss-type=sigmoid", "--loss-type=sft"], id="dpo_nll"),
    ],
)
def test_a_training_with_given_references_ends_in_the_same_bytes(
    more: list[str],
    references: Path,
    tiny_model_folder: Path,
    pairs_file: Path,
    tmp_path: Path,
) -> None:
    """With another seed's order, and half of the pairs: the file has all of them."""
    lines = pairs_file.read_text().splitlines(keepends=True)
    (tmp_path / "half.jsonl").write_text("".join(lines[::2]))
    outputs = []
    for name, given in (("own", []), ("given", ["--references", references])):
        outputs.append(tmp_path / name)
        command = [sys.executable, SCRIPTS / "train_policy.py", "dpo", "--seed", "7"]
        command += ["--model-folder", tiny_model_folder, "--pairs", tmp_path / "half.jsonl"]
        command += ["--output", outputs[-1], "--work", tmp_path / "work", "--batch-size", "2"]
        command += ["--max-length", "512", "--learning-rate", "1e-3", *more, *given]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert ("reference log-probabilities" in done.stderr) == (not given)
    logs = [
        [json.loads(line) for line in (one / "training_log.jsonl").read_text().splitlines()]
        for one in outputs
    ]
    assert logs[1][0]["rewards/chosen"] == logs[1][0]["rewards/rejected"] == 0.0
    assert [line["loss"] for line in logs[0]] == [line["loss"] for line in logs[1]]
    weights = [sha256_of(one / "model.safetensors") for one in outputs]
    assert weights[0] == weights[1] != sha256_of(tiny_model_folder / "model.safetensors")


def test_with_references_no_second_model_is_loaded(
    references: Path,
    tiny_model_folder: Path,
    pairs_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where weights are sharded, TRL would load one in every process."""
    tokenizer, pairs, tokens = tokenised(tiny_model_folder, pairs_file)
    loaded: list[object] = []
    load = dpo.dpo_trainer.create_model_from_path

    def counted(*args: object, **kwargs: object) -> object:
        loaded.append(args)
        return load(*args, **kwargs)

    monkeypatch.setattr(dpo.dpo_trainer, "create_model_from_path", counted)
    sharded = dpo.PairTrainer.create_accelerator_and_postprocess

    def as_if_sharded(self: dpo.PairTrainer) -> None:
        sharded(self)
        self.is_fsdp_enabled = True

    monkeypatch.setattr(dpo.PairTrainer, "create_accelerator_and_postprocess", as_if_sharded)
    monkeypatch.setattr(dpo.dpo_trainer, "prepare_fsdp", lambda model, _: model)
    for given in (tokens, with_references(pairs, tokens, tiny_model_folder, references)):
        model = runner.load_model(tiny_model_folder, CONFIG)
        work = tmp_path / f"work{len(loaded)}"
        plan = plan_batches(2, 1, 1)
        dpo.make_trainer(model, tokenizer, given, CONFIG, plan, work, 0)
        if given is tokens:
            assert len(loaded) == 1
    assert len(loaded) == 1


@pytest.mark.parametrize(
    ("nats", "rounding"),
    [
        ((2e-5, -2e-5), True),
        ((-2e-5, 2e-5), True),
        ((0.1, -0.1), False),
        ((math.nan, math.nan), False),
        ((0.0, math.nan), False),
    ],
)
def test_references_may_differ_by_rounding_alone(
    nats: tuple[float, float],
    rounding: bool,
    references: Path,
    tiny_model_folder: Path,
    pairs_file: Path,
    tmp_path: Path,
) -> None:
    """Another machine, or this one with other threads, rounds otherwise: all pairs still tie."""
    tokenizer, pairs, tokens = tokenised(tiny_model_folder, pairs_file)
    given = [
        replace(pair, reference=(pair.reference[0] + nats[0], pair.reference[1] + nats[1]))
        for pair in with_references(pairs, tokens, tiny_model_folder, references)
        if pair.reference is not None
    ]
    model = runner.load_model(tiny_model_folder, CONFIG)
    plan = plan_batches(2, 1, 1)
    trainer = dpo.make_trainer(model, tokenizer, given, CONFIG, plan, tmp_path, 0)
    log = runner.StepLog("DPO", CONFIG)
    if not rounding:
        with pytest.raises(UserError, match="implicit rewards must be 0"):
            runner.train(trainer, tmp_path, log)
        return
    first = runner.train(trainer, tmp_path, log)[0]
    assert 0 < abs(first["rewards/margins"]) < 1e-5
    assert first["rewards/accuracies"] == 0.5


def test_references_of_other_pairs_tokens_or_models_are_refused(
    references: Path, tiny_model_folder: Path, other_folder: Path, pairs_file: Path, tmp_path: Path
) -> None:
    _, pairs, tokens = tokenised(tiny_model_folder, pairs_file)
    records = list(read_records(references, ReferenceRecord))
    assert len(records) == len(pairs)

    def refused(path: Path, folder: Path = tiny_model_folder) -> str:
        with pytest.raises(UserError) as caught:
            with_references(pairs, tokens, folder, path)
        return str(caught.value)

    write_records(tmp_path / "few.jsonl", records[1:])
    assert f"few.jsonl: the pair of problem {pairs[0].problem_id} is not in it" in refused(
        tmp_path / "few.jsonl"
    )
    cut = records[0].model_copy(update={"tokens": (1, 2, 3)})
    write_records(tmp_path / "cut.jsonl", [cut, *records[1:]])
    assert "of another model or other tokens" in refused(tmp_path / "cut.jsonl")
    assert "of another model or other tokens" in refused(references, other_folder)


def test_a_pair_that_cannot_be_trained_on_is_not_scored(
    tiny_model_folder: Path, tmp_path: Path
) -> None:
    write_records(tmp_path / "pairs.jsonl", [make_pair(0)])
    with pytest.raises(UserError, match="pairs are longer than max_length 16"):
        score_references(
            tiny_model_folder,
            tmp_path / "pairs.jsonl",
            DpoConfig(max_length=16),
            tmp_path / "work",
            tmp_path / "r.jsonl",
        )
    assert not (tmp_path / "r.jsonl").exists() and not (tmp_path / "work").exists()
