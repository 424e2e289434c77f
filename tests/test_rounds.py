"""Rounds written out: methods and models of a configuration, and what is refused."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepref.config import Config
from codepref.config_loading import load_config
from codepref.config_places import Places
from codepref.errors import UserError

KEPT = {"label": "Kept", "trainer": "dpo", "after": "dpo", "dpo": {"reference": "base"}}


def loaded(methods: dict[str, Any], used: list[str], **more: Any) -> Config:
    experiments = [{"model": "codeqwen", "methods": used}]
    return load_config({"methods": methods, "experiments": experiments, **more})


def test_rounds_are_methods_after_each_other_in_the_place_of_the_first() -> None:
    own = {"dpo": {"rounds": 3, "max_pairs": 7, "dpo": {"beta": 0.3}}}
    config = loaded(own, ["base", "dpo", "rft"])
    rows = ["base", "dpo", "dpo_round2", "dpo_round3", "rft"]
    assert config.experiments[0].methods == rows
    assert [config.methods[name].after for name in rows[1:4]] == [None, "dpo", "dpo_round2"]
    assert [config.settings_of(name).beta for name in rows[1:4]] == [0.3] * 3
    assert {config.methods[name].max_pairs for name in rows[1:4]} == {7}
    assert config.method_label("dpo_round3") == "DPO, round 3, beta 0.3"
    first, second = (config.models[f"codeqwen_after_{name}"] for name in ("dpo", "dpo_round2"))
    assert (first.source.model, first.source.method) == ("codeqwen", "dpo")
    assert first.label == "CodeQwen1.5 7B after DPO, beta 0.3"
    assert second.label == "CodeQwen1.5 7B after DPO, round 2, beta 0.3"
    assert len([name for name in config.models if "_after_" in name]) == 2


@given(st.integers(1, 6), st.booleans())
def test_what_a_run_keeps_of_its_configuration_is_loaded_as_it_is(rounds: int, rft: bool) -> None:
    used = ["base", "dpo", *(["rft"] if rft else [])]
    config = loaded({"dpo": {"rounds": rounds}, "rft": {"rounds": 2}}, used)
    assert len(config.experiments[0].methods) == len(used) + rounds - 1 + rft
    assert load_config(config.model_dump(mode="json")) == config
    assert Config.model_validate_json(config.model_dump_json()) == config


def test_samples_of_a_checkpoint_are_drawn_as_its_models_are() -> None:
    own = {"label": "Warm", "temperature": 0.7, "source": {"kind": "folder", "path": "own"}}
    config = load_config(
        {
            "models": {"warm": own},
            "methods": {"dpo": {"rounds": 2}},
            "experiments": [{"model": "warm", "methods": ["dpo"]}],
        }
    )
    assert config.sampling_of("warm_after_dpo").temperature == 0.7


def test_the_reference_is_kept_from_the_second_round_on() -> None:
    config = loaded({"dpo": {"rounds": 2, "dpo": {"reference": "base"}}}, ["dpo", "dpo_nll"])
    kept = {name: config.keeps_reference(name) for name in config.experiments[0].methods}
    assert kept == {"dpo": False, "dpo_round2": True, "dpo_nll": False}


USE = "experiments:\n- model: codeqwen\n  methods: %s\n"
WRONG = {
    "rounds of no training": (
        "methods:\n  base:\n    rounds: 2\n",
        *(3, "methods.base.rounds: it does nothing here: the method's trainer is 'none'"),
    ),
    "rounds online": (
        "methods:\n  ppo:\n    rounds: 2\n",
        *(3, "methods.ppo.rounds: it does nothing here: the method's trainer is 'ppo'"),
    ),
    "no round": ("methods: {dpo: {rounds: 0}}\n", 1, "methods.dpo.rounds: expected 1 or more"),
    "rounds on another model's pairs": (
        "methods:\n  dpo_off_policy: {rounds: 2}\n",
        *(2, "methods.dpo_off_policy.rounds: each round is on samples of the checkpoint before"),
    ),
    "rounds on rated pairs": (
        "methods:\n  dpo_judge: {rounds: 2}\n",
        *(2, "methods.dpo_judge.rounds: each round is on samples of the checkpoint before"),
    ),
    "after a round": (
        "methods:\n  dpo: {rounds: 3}\n  mine: {label: M, trainer: dpo, after: dpo_round2}\n",
        *(3, "methods.mine.after: 'dpo_round2' is made by 'methods.dpo.rounds', with every 'dpo'"),
    ),
    "a name that a round makes too long": (
        f"methods:\n  {'a' * 58}: {{label: A, trainer: dpo, rounds: 2}}\n",
        *(2, f"methods.{'a' * 58}: its round 2 would be '{'a' * 58}_round2', 65 characters;"),
    ),
    "a name that a checkpoint makes too long": (
        f"methods:\n  {'a' * 50}: {{label: A, trainer: dpo, rounds: 2}}\n" + USE % f"[{'a' * 50}]",
        *(2, f"methods.{'a' * 50}: the checkpoint that it starts from would be 'codeqwen_after"),
    ),
    "after no method": (
        "methods:\n  mine: {label: M, trainer: dpo, after: dpoo}\n",
        *(2, "methods.mine.after: 'dpoo' is not in 'methods'; did you mean 'dpo'?"),
    ),
    "after a method that the model does not have": (
        "methods:\n  mine: {label: M, trainer: dpo, after: rft}\n" + USE % "[mine]",
        *(
            5,
            "experiments.0.methods.0: 'mine' starts from the checkpoint of 'rft', which is no tra",
        ),
    ),
    "after the model as it came": (
        "methods:\n  mine: {label: M, trainer: dpo, after: base}\n" + USE % "[base, mine]",
        *(
            5,
            "experiments.0.methods.1: 'mine' starts from the checkpoint of 'base', which is no tr",
        ),
    ),
    "after itself": (
        "methods:\n  a: {label: A, trainer: dpo, after: a}\n",
        *(2, "methods.a.after: it would start from itself (a after a)"),
    ),
    "a name that a round needs": (
        "methods:\n  dpo: {rounds: 2}\n  dpo_round2: {label: Mine, trainer: dpo}\n",
        *(3, "methods.dpo_round2: the name is that of a round of 'dpo'; choose another"),
    ),
    "a name that a checkpoint needs": (
        "methods:\n  dpo: {rounds: 2}\n"
        "models:\n  codeqwen_after_dpo: {label: M, source: {kind: folder, path: m}}\n",
        *(
            4,
            "models.codeqwen_after_dpo: the name is that of a checkpoint (CodeQwen1.5 7B after DP",
        ),
    ),
    "a label that a round needs": (
        "methods:\n  dpo: {rounds: 2}\n  mine: {label: 'DPO, round 2', trainer: dpo}\n"
        + USE % "[dpo, mine]",
        *(3, "methods.mine.label: 'DPO, round 2' is the label of 'dpo_round2' too"),
    ),
    "a reference that is kept from nowhere": (
        "methods:\n  dpo: {dpo: {reference: base}}\n",
        *(2, "methods.dpo.dpo.reference: it does nothing here: the method starts from the model"),
    ),
    "a kept reference with LoRA": (
        "methods:\n  dpo:\n    rounds: 2\n    dpo: {reference: base, lora_rank: 8}\n",
        *(2, "methods.dpo: with 'reference: base' the reference is scored apart"),
    ),
    "a checkpoint that nobody makes": (
        "models:\n  other: {label: O, source: {kind: trained, model: deepseek, method: ppo}}\n"
        + "experiments:\n- {model: codeqwen, methods: [dpo_off_policy], off_policy_from: other}\n",
        *(2, "models.other.source.method: 'ppo' is no trained method of an experiment with 'deeps"),
    ),
    "a checkpoint that needs its own pairs": (
        "models:\n  other:\n    label: O\n"
        "    source: {kind: trained, model: codeqwen, method: dpo_off_policy}\n"
        "experiments:\n- {model: codeqwen, methods: [dpo_off_policy], off_policy_from: other}\n",
        *(4, "models.other.source.method: 'dpo_off_policy' needs 'other' itself"),
    ),
    "a site tried with a checkpoint": (
        "models:\n  other: {label: O, source: {kind: trained, model: codeqwen, method: dpo}}\n"
        "preflight: [other]\n",
        *(3, "preflight: 'other' is made in the run; try the model that it starts from"),
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_refused_with_its_place(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import yaml

    text, line, message = WRONG[case]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(UserError) as caught:
        load_config(yaml.safe_load(text), places=Places.read(["mine.yaml"]))
    found = str(caught.value).splitlines()[1:]
    assert len(found) == 1, found
    assert found[0].startswith(f"  mine.yaml:{line}: {message}"), found[0]


def test_two_checkpoints_of_one_name_are_refused() -> None:
    models = {"codeqwen_after_a": {"label": "A", "source": {"kind": "folder", "path": "m"}}}
    methods = {"a": None, "b": None, "a_after_b": "a", "c": "a_after_b", "d": "b"}
    given = {n: {"label": n, "trainer": "dpo", "after": m} for n, m in methods.items()}
    experiments = [
        {"model": "codeqwen", "methods": ["a", "a_after_b", "c"]},
        {"model": "codeqwen_after_a", "methods": ["b", "d"]},
    ]
    del given["a_after_b"]["after"], given["c"]["after"]
    given["c"]["after"] = "a_after_b"
    with pytest.raises(UserError, match=r"methods.d: it would start from .* of another checkpoint"):
        load_config({"models": models, "methods": given, "experiments": experiments})


def test_methods_after_each_other_in_a_circle_are_each_named() -> None:
    ring = {n: {"label": n, "trainer": "dpo", "after": m} for n, m in ("ab", "bc", "ca")}
    with pytest.raises(UserError) as caught:
        load_config({"methods": ring})
    assert "methods.a.after: it would start from itself (a after b after c after a)" in str(
        caught.value
    )
    assert len(str(caught.value).splitlines()) == 1 + 3
