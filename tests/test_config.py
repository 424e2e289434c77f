"""The configuration: strict, with messages that name the key, and in step with its files."""

import json
import shlex
from pathlib import Path

import pytest
import yaml
from helpers.places import CONFIGS, PAPER, ROOT, overlays
from hypothesis import given
from hypothesis import strategies as st

from codepref.cli import add_section, flags, section_from
from codepref.config import Config
from codepref.config_files import commented_yaml, schema_json
from codepref.config_loading import load_config
from codepref.errors import UserError
from codepref.files import read_yaml
from codepref.pairs.settings import PairsConfig
from codepref.problems.builtin import builtin_problems
from codepref.problems.settings import BUILTIN_PROBLEMS
from codepref.sampling.settings import GenerationConfig, SamplingConfig
from codepref.tables.deviations import check_reasons
from codepref.tables.paper import PaperTables
from codepref.training.trainers import DpoConfig, RftConfig


def test_config_yaml_and_schema_are_what_the_model_says() -> None:
    assert (ROOT / "config.yaml").read_text(encoding="utf-8") == commented_yaml(), "make config"
    assert (ROOT / "config.schema.json").read_text(encoding="utf-8") == schema_json()


def test_config_yaml_reads_back_as_the_defaults() -> None:
    assert load_config(yaml.safe_load(commented_yaml())) == Config()


@pytest.mark.parametrize(("name", "files"), overlays().items(), ids=overlays())
def test_every_overlay_is_valid_on_top_of_the_defaults(name: str, files: list[Path]) -> None:
    def merge(base: dict, extra: dict) -> dict:
        merged = dict(base)
        for key, value in extra.items():
            both = isinstance(value, dict) and isinstance(base.get(key), dict)
            merged[key] = merge(base[key], value) if both else value
        return merged

    values = yaml.safe_load(commented_yaml())
    for file in files:
        values = merge(values, yaml.safe_load(file.read_text()))
    config = load_config(values, name)
    named = {file.relative_to(CONFIGS).with_suffix("").as_posix() for file in files}
    assert config.run in {one.replace("/", "_") for one in named}, (
        "a run is named after its overlay"
    )
    check_reasons(config, read_yaml(PAPER / "tables.yaml", PaperTables))


def test_defaults_are_tables_3_and_4() -> None:
    for trainer in (Config().training.dpo, Config().training.rft):
        assert (trainer.epochs, trainer.learning_rate) == (1, 5e-6)
        assert (trainer.lr_scheduler, trainer.warmup_ratio) == ("cosine", 0.05)
        assert trainer.batch_size == 16
    assert Config().training.dpo.beta == 0.1
    assert Config().sampling.samples_per_problem == 8


@pytest.mark.parametrize(
    ("values", "shards"),
    [
        ({}, 4),  # problems.limit is 6000
        ({"problems_per_shard": 1501}, 4),
        ({"problems_per_shard": 6000}, 1),
        ({"problems": {"limit": 1501}}, 2),
        # Sources that say how many they have: 64, fifty, both.
        ({"problems": {"sources": ["templates"]}, "problems_per_shard": 32}, 2),
        ({"problems": {"sources": ["templates", "builtin"]}, "problems_per_shard": 38}, 3),
        ({"problems": {"sources": ["builtin"], "limit": 8}, "problems_per_shard": 4}, 2),
        (
            {
                "problems": {"sources": ["builtin"]},
                "problem_sources": {"builtin": {"limit": 20}},
                "problems_per_shard": 10,
            },
            2,
        ),
        # Sources that do not say it count as 6,000 each where there is no limit.
        ({"problems": {"sources": ["apps"], "limit": None}}, 4),
        ({"problems": {"sources": ["apps", "taco"], "limit": None}}, 8),
        ({"problems": {"sources": ["apps"], "limit": 9000}}, 6),
    ],
)
def test_shards_follow_the_number_of_problems(values: dict, shards: int) -> None:
    assert load_config(values).shards == shards


def test_the_builtin_source_says_how_many_problems_it_has() -> None:
    assert len(list(builtin_problems())) == BUILTIN_PROBLEMS


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            {"training": {"dpo": {"lerning_rate": 1}}},
            "unknown key 'training.dpo.lerning_rate'; did you mean 'learning_rate'?",
        ),
        ({"smapling": {}}, "unknown key 'smapling'; did you mean 'sampling'?"),
        (
            {"models": {"m": {"label": "M", "source": {"kind": "folder", "pth": "x"}}}},
            "unknown key 'models.m.source.pth'; did you mean 'path'?",
        ),
        ({"sampling": {"temperature": -1}}, "sampling.temperature: expected more than 0, found -1"),
        (
            {"evaluation": {"samples_per_task": -1}},
            "evaluation.samples_per_task: expected 0 or more, found -1",
        ),
        (
            {"evaluation": {"samples_per_tasks": 4}},
            "unknown key 'evaluation.samples_per_tasks'; did you mean 'samples_per_task'?",
        ),
        (
            {"evaluation": {"temperature": 0}},
            "evaluation.temperature: expected more than 0, found 0",
        ),
        ({"evaluation": {"greedy": False}}, "evaluation.greedy: Tables 1 and 2 are made of greedy"),
        (
            {"benchmarks": {"mbpp": {"greedy": False, "samples_per_task": 0}}},
            "benchmarks.mbpp: without greedy answers it needs samples: set samples_per_task",
        ),
        (
            {"experiments": [{"model": "codeqen", "methods": ["base"]}]},
            "experiments.0.model: 'codeqen' is not in 'models'; did you mean 'codeqwen'?",
        ),
        (
            {"experiments": [{"model": "codeqwen", "methods": ["dpo_off_policy"]}]},
            "method 'dpo_off_policy' needs 'off_policy_from'",
        ),
        (
            {
                "experiments": [
                    {
                        "model": "codeqwen",
                        "methods": ["dpo_off_policy"],
                        "off_policy_from": "codeqwen",
                    }
                ]
            },
            "experiments.0.off_policy_from: 'codeqwen' is the experiment's own model",
        ),
        (
            {
                "experiments": [{"model": "deepseek", "methods": ["m"]}],
                "methods": {
                    "m": {
                        "label": "M",
                        "trainer": "dpo",
                        "pairs": "off_policy",
                        "pairs_from": "codeqen",
                    }
                },
            },
            "methods.m.pairs_from: 'codeqen' is not in 'models'; did you mean 'codeqwen'?",
        ),
        (
            {
                "pairs": {"choice": "most_tests_rejected"},
                "execution": {"run_all_tests": False},
            },
            "set execution.run_all_tests to true",
        ),
        (
            {"compute": {"train": {"gpus": 3}}},
            "training.dpo.batch_size: 16 cannot be made from 3 devices",
        ),
        (
            {"compute": {"generate": {"gpus": 4, "gpus_per_engine": 3}}},
            "compute.generate.gpus: 4 cannot be divided among engines of 3 each (gpus_per_engine)",
        ),
        (
            {
                "experiments": [{"model": "codeqwen", "methods": ["ppo"]}],
                "training": {"launch": "zero3"},
            },
            "training.launch: 'zero3' cannot train a 'ppo' method",
        ),
    ],
)
def test_mistakes_are_named_with_their_key(values: dict, expected: str) -> None:
    with pytest.raises(UserError) as caught:
        load_config(values)
    assert expected in str(caught.value)


def test_unknown_keys_are_refused_at_every_level() -> None:
    def levels(schema: dict) -> list[dict]:
        return [schema, *schema.get("$defs", {}).values()]

    for level in levels(json.loads(schema_json())):
        assert level.get("additionalProperties") is False, level.get("title")


@pytest.mark.parametrize(
    "section", [DpoConfig, RftConfig, SamplingConfig, PairsConfig, GenerationConfig]
)
def test_a_section_survives_the_trip_through_command_line_options(section: type) -> None:
    import argparse

    parser = argparse.ArgumentParser()
    add_section(parser, section)
    given_section = section()
    assert (
        section_from(parser.parse_args(shlex.split(flags(given_section))), section) == given_section
    )


@given(st.floats(min_value=1e-9, max_value=1e3), st.integers(1, 10**6), st.booleans())
def test_option_values_arrive_exactly(rate: float, batch: int, cut: bool) -> None:
    import argparse

    parser = argparse.ArgumentParser()
    add_section(parser, DpoConfig)
    sent = DpoConfig(learning_rate=rate, batch_size=batch, allow_truncation=cut)
    assert section_from(parser.parse_args(shlex.split(flags(sent))), DpoConfig) == sent


def test_an_option_out_of_range_is_one_message() -> None:
    import argparse

    parser = argparse.ArgumentParser()
    add_section(parser, DpoConfig)
    with pytest.raises(UserError, match="beta"):
        section_from(parser.parse_args(["--beta", "-1"]), DpoConfig)
