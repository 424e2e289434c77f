"""Rounds in the job graph: what each round's jobs read, of a graph that is known beforehand."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from helpers.records import make_pair
from helpers.snakemake_runs import CORES, Snakemake

from codepref.config_loading import load_config
from codepref.files import read_json, write_records
from codepref.models import model_revision
from codepref.provenance.record import mark_layout, read_provenance
from codepref.workflow.job_graph import JobGraph

KEPT = {"label": "DPO, kept", "trainer": "dpo", "after": "dpo", "dpo": {"reference": "base"}}


def graph(methods: dict[str, Any], used: list[str], **more: Any) -> JobGraph:
    experiments = [{"model": "codeqwen", "methods": used, "off_policy_from": "deepseek"}]
    return JobGraph(
        load_config({"run": "r", "methods": methods, "experiments": experiments} | more)
    )


def of(method: str, seed: int = 0) -> Any:
    return SimpleNamespace(model="codeqwen", method=method, seed=seed)


def test_each_round_starts_from_the_checkpoint_before_and_its_samples() -> None:
    found = graph({"dpo": {"rounds": 3}}, ["base", "dpo"], training={"seeds": [4, 5]})
    assert found.models == ["codeqwen", "codeqwen_after_dpo", "codeqwen_after_dpo_round2"]
    assert found.weights == ["codeqwen"]  # nothing else is fetched
    starts = ["models/codeqwen", "checkpoints/codeqwen/dpo/seed4"]
    starts += ["checkpoints/codeqwen/dpo_round2/seed4"]
    for seed in (4, 5):  # both seeds of a later round start from the first seed's checkpoint
        for method, model, start in zip(
            ("dpo", "dpo_round2", "dpo_round3"), found.models, starts, strict=True
        ):
            assert found.start_folder(of(method, seed)) == f"results/r/{start}"
            assert found.model_folder(model) == f"results/r/{start}"
            assert found.training_data(of(method, seed)) == f"results/r/pairs/{model}.jsonl"
            assert found.references(of(method)) == [f"results/r/references/{model}/{model}.jsonl"]
            assert found.kept_reference(of(method)) == []
    rows = [row[1:] for row in found.rows]
    assert rows == [
        ("base", 0),
        *((m, s) for m in ("dpo", "dpo_round2", "dpo_round3") for s in (4, 5)),
    ]
    assert (
        found.policy_folder(of("dpo_round3", 5))
        == "results/r/checkpoints/codeqwen/dpo_round3/seed5"
    )
    assert [row[1] for row in found.rewarded] == ["dpo"]


def test_a_kept_reference_is_scored_on_the_new_pairs_by_the_model_as_it_came() -> None:
    found = graph({"kept": KEPT}, ["dpo", "kept"])
    references = ["results/r/references/codeqwen/codeqwen_after_dpo.jsonl"]
    assert found.references(of("kept")) == references
    assert found.kept_reference(of("kept")) == ["results/r/models/codeqwen"]
    assert found.start_folder(of("kept")) == "results/r/checkpoints/codeqwen/dpo/seed0"
    given = SimpleNamespace(
        data="p.jsonl", references=references, kept=found.kept_reference(of("kept"))
    )
    options = found.training_options(of("kept"), given)
    assert "--pairs-from codeqwen_after_dpo " in options and "--reference=base" in options
    assert f"--references {references[0]} --reference-folder results/r/models/codeqwen" in options


def test_a_first_round_has_one_reference_whatever_the_later_ones_do() -> None:
    found = graph({}, ["dpo"], training={"dpo": {"reference": "base"}})
    given = SimpleNamespace(data="p.jsonl", references=[], kept=found.kept_reference(of("dpo")))
    assert given.kept == [] and "--reference=start" in found.training_options(of("dpo"), given)


def test_a_method_after_another_may_take_what_others_take() -> None:
    """A part of its own new pairs, another model's, or problems instead of pairs."""
    methods = {
        "half": {"label": "Half", "trainer": "dpo", "after": "rft", "max_pairs": 5},
        "other": {"label": "Other", "trainer": "dpo", "after": "rft", "pairs": "off_policy"},
        "online": {"label": "Online", "trainer": "ppo", "after": "rft"},
    }
    found = graph(methods, ["rft", *methods])
    start = "results/r/checkpoints/codeqwen/rft/seed0"
    assert {found.start_folder(of(method)) for method in methods} == {start}
    assert found.models == ["codeqwen", "codeqwen_after_rft", "deepseek"]
    assert found.drawn_pairs(of("half")) == "results/r/pairs/codeqwen_after_rft.jsonl"
    assert found.training_data(of("half")) == "results/r/pairs/codeqwen/half.jsonl"
    assert found.training_data(of("other")) == "results/r/pairs/deepseek.jsonl"
    assert found.references(of("other")) == [
        "results/r/references/codeqwen_after_rft/deepseek.jsonl"
    ]
    experiment = found.config.experiments[0]
    off = {name: found.config.is_off_policy(experiment, name) for name in methods}
    assert off == {"half": False, "other": True, "online": False}


def test_what_a_second_round_is_compared_with() -> None:
    found = graph({"dpo": {"rounds": 2}}, ["base", "dpo"])
    assert found.of_rounds == {
        "round_executions": [f"results/r/executions/{name}.jsonl" for name in found.models],
        "round_statistics": [f"results/r/pairs/{name}.stats.json" for name in found.models],
    }
    assert graph({}, ["base", "dpo"]).of_rounds == {}
    online = {"mine": {"label": "M", "trainer": "dpo", "after": "ppo"}}
    assert graph(online, ["ppo", "mine"]).of_rounds == {}  # the model as it came is not sampled


RUN = Path("results/mine")


@pytest.mark.slow
def test_three_trainings_of_two_rounds_by_the_rules_commands(
    snakemake: Snakemake, checkout: Path, tiny_model_folder: Path
) -> None:
    """With pairs made by hand: a random model writes no program that passes."""
    config = {
        "run": "mine",
        "models": {
            "own": {"label": "Own", "source": {"kind": "folder", "path": str(tiny_model_folder)}}
        },
        "methods": {"dpo": {"rounds": 2}, "kept": KEPT},
        "experiments": [{"model": "own", "methods": ["dpo", "kept"]}],
        "training": {
            "seeds": [0],
            "dpo": {
                "precision": "fp32",
                "max_length": 512,
                "batch_size": 4,
                "learning_rate": 1e-3,
                "warmup_ratio": 0,
            },
        },
        "compute": {kind: {"gpus": 0} for kind in ("generate", "train")},
    }
    (checkout / "mine.json").write_text(json.dumps(config))
    mark_layout(checkout / RUN)
    (checkout / RUN / "pairs").mkdir(parents=True)
    for number, model in enumerate(("own", "own_after_dpo")):
        pairs = [make_pair(4 * number + i).model_copy(update={"model": model}) for i in range(4)]
        write_records(checkout / RUN / f"pairs/{model}.jsonl", pairs)
    rules = ["models_fetch", "references_score", "policies_train"]
    wanted = [f"{RUN}/checkpoints/own/{method}/seed0" for method in ("dpo_round2", "kept")]
    options = ["--cores", CORES, "--configfile", "mine.json", "--allowed-rules", *rules, "--"]
    done = snakemake(*options, *wanted, timeout=900)
    assert done.returncode == 0, done.stdout[-5000:]

    trained = {
        m: checkout / RUN / f"checkpoints/own/{m}/seed0" for m in ("dpo", "dpo_round2", "kept")
    }
    facts = {method: read_json(folder / "training.json") for method, folder in trained.items()}
    came, first = model_revision(checkout / RUN / "models/own"), model_revision(trained["dpo"])
    assert [one["base"] for one in facts.values()] == [came, first, first]
    assert [one["pairs_from"] for one in facts.values()] == ["own", *["own_after_dpo"] * 2]
    made_from = {Path(item.path) for item in read_provenance(trained["kept"]).inputs}
    assert made_from == {
        *(RUN / "models/own", RUN / "checkpoints/own/dpo/seed0"),
        *(RUN / "pairs/own_after_dpo.jsonl", RUN / "references/own/own_after_dpo.jsonl"),
    }
    rewards = {
        method: json.loads((folder / "training_log.jsonl").read_text().splitlines()[0])
        for method, folder in trained.items()
    }
    reset, kept = (rewards[method]["rewards/chosen"] for method in ("dpo_round2", "kept"))
    assert reset == 0.0 and abs(kept) > 1e-4  # one step of the first round has moved the policy

    again = snakemake(*options, *wanted)
    assert "Nothing to be done" in again.stdout
