"""Methods override their trainer's settings, and nothing that does nothing is accepted."""

from typing import Any

import pytest

from codepref.cli import flags
from codepref.config import Config
from codepref.config_loading import load_config
from codepref.errors import UserError
from codepref.training.trainers import TRAINERS, DpoConfig


def with_methods(**methods: dict[str, Any]) -> Config:
    labelled = {name: {"label": name, **method} for name, method in methods.items()}
    experiments = [{"model": "codeqwen", "methods": list(methods)}]
    return load_config({"methods": labelled, "experiments": experiments})


def test_a_sweep_is_methods_that_override_one_setting() -> None:
    config = with_methods(
        plain={"trainer": "dpo"},
        low={"trainer": "dpo", "dpo": {"beta": 0.05}},
        high={"trainer": "dpo", "dpo": {"beta": 0.5, "epochs": 2}},
    )
    settings = {name: config.settings_of(name) for name in ("plain", "low", "high")}
    assert settings["plain"] == DpoConfig() == config.training.of("dpo")
    assert settings["low"] == DpoConfig(beta=0.05)
    assert settings["high"] == DpoConfig(beta=0.5, epochs=2)
    assert "--beta=0.05" in flags(settings["low"]).split()


def test_what_a_method_leaves_out_follows_the_trainers_section() -> None:
    config = load_config(
        {
            "training": {"dpo": {"learning_rate": 1e-6, "beta": 0.3}},
            "methods": {"m": {"label": "m", "trainer": "dpo", "dpo": {"beta": 0.1}}},
            "experiments": [{"model": "codeqwen", "methods": ["m"]}],
        }
    )
    assert config.settings_of("m") == DpoConfig(learning_rate=1e-6, beta=0.1)


def test_overrides_survive_the_runs_copy_of_the_configuration() -> None:
    config = with_methods(
        m={"trainer": "rft", "rft": {"epochs": 3.0, "lora_rank": 8}, "max_pairs": 5},
        base={"trainer": "none"},
        p={"trainer": "ppo", "ppo": {"steps": 4}},
    )
    again = Config.model_validate_json(config.model_dump_json())
    assert again == config
    assert again.settings_of("m") == config.settings_of("m")
    assert again.methods["m"].model_fields_set == config.methods["m"].model_fields_set


@pytest.mark.parametrize("trainer", list(TRAINERS))
def test_every_setting_of_a_trainer_can_be_overridden(trainer: str) -> None:
    section = TRAINERS[trainer].settings()
    values = section.model_dump()
    config = with_methods(m={"trainer": trainer, trainer: values})
    assert config.settings_of("m") == section


@pytest.mark.parametrize(
    ("method", "message"),
    [
        (
            {"trainer": "dpo", "dpo": {"bta": 0.2}},
            "unknown key 'methods.m.dpo.bta'; did you mean 'beta'?",
        ),
        (
            {"trainer": "dpo", "rft": {"epochs": 2}},
            "methods.m.rft: it does nothing here: the method's trainer is 'dpo'; remove it",
        ),
        (
            {"trainer": "dpo", "dpo": {"beta": -1}},
            "methods.m.dpo.beta: expected more than 0, found -1",
        ),
        (
            {"trainer": "dpo", "dpo": {"lr_scheduler": "step"}},
            "methods.m.dpo.lr_scheduler: expected 'cosine', 'linear' or 'constant', found",
        ),
        (
            {"trainer": "dpo", "dpo": {"batch_size": 3, "per_device_batch_size": 2}},
            "methods.m.dpo.batch_size: 3 cannot be made from",
        ),
        ({"trainer": "dop"}, "methods.m.trainer: there is no such trainer; did you mean 'dpo'?"),
        ({"dpo": {"beta": 0.1}}, "methods.m.dpo: it does nothing here: the method's trainer is"),
        (
            {"trainer": "ppo", "max_pairs": 3},
            "methods.m.max_pairs: it does nothing here: the method's trainer is 'ppo'",
        ),
        (
            {"trainer": "none", "control": "shared_problems"},
            "methods.m.control: it does nothing here: the method's trainer is 'none'",
        ),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_what_does_nothing_or_is_out_of_range_is_refused_by_name(
    method: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError) as error:
        with_methods(m=method)
    assert message in str(error.value)
