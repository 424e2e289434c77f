"""The power that is stated beforehand is what simulated runs have."""

import re

import numpy as np
import pytest
from helpers.places import PAPER, ROOT
from helpers.small_runs import demo_config

from codepref.config import Config
from codepref.files import read_yaml
from codepref.planning.costs import Costs
from codepref.planning.power_plan import (
    describe,
    expected_tasks,
    gpu_hours,
    has_the_test,
    hours_of_parts,
)
from codepref.planning.work import Setting, Work
from codepref.tables import power as powers
from codepref.tables.comparisons import answer, joined
from codepref.tables.paper import Claims, PaperTables
from codepref.tables.power import (
    PLANNED,
    Design,
    generated_section,
    paper_effects,
    pooled_tasks,
    power,
    step_chances,
)
from codepref.tables.statistics import holm, sign_flip_p
from codepref.workflow.runs import architectures

PAPERS = read_yaml(PAPER / "tables.yaml", PaperTables)
EFFECTS = paper_effects(PAPERS)
SAMPLES = Config().evaluation.samples_per_task
DESIGN = Design(pooled_tasks(PAPERS), len(Config().training.seeds), SAMPLES)
COSTS = read_yaml(ROOT / "envs/costs.yaml", Costs)
SETTING = Setting(
    *(Config(), COSTS, COSTS.gpu, expected_tasks(Config(), PAPERS), architectures(Config(), COSTS))
)


def test_the_papers_effects_are_those_of_its_tables() -> None:
    assert EFFECTS == {"codeqwen": 16, "deepseek": 11, "codellama": 15}
    assert DESIGN.tasks == 542


@pytest.mark.parametrize("persisting", [0.0, 0.5, 1.0])
def test_simulated_tasks_have_the_discordance_and_the_effect(persisting: float) -> None:
    chances = step_chances(11 / 542, 0.08, persisting, 4)
    steps = np.arange(-4, 5)
    assert chances @ steps / 4 == pytest.approx(11 / 542)
    assert step_chances(11 / 542, 0.08, persisting, 1)[1] == pytest.approx(0.92)
    if persisting == 1:
        assert chances[1:4].sum() + chances[5:8].sum() == pytest.approx(0)


def answers(effects: list[float], persisting: float, seeds: int, count: int) -> list[list[str]]:
    """The answers of simulated runs of three models: of each model, and the joint one."""
    generator = np.random.default_rng(0)
    steps = np.arange(-seeds, seeds + 1) / seeds
    models = [
        generator.choice(steps, (count, 542), p=step_chances(effect, 0.08, persisting, seeds))
        for effect in effects
    ]
    found = []
    for three in zip(*models, strict=True):
        adjusted = holm([sign_flip_p(differences) for differences in three])
        each = [answer(p, bool(d.mean() > 0)) for p, d in zip(adjusted, three, strict=True)]
        found.append([*each, joined(each)])
    return found


def shares(found: list[list[str]], word: str) -> list[float]:
    return [sum(row[n] == word for row in found) / len(found) for n in range(4)]


@pytest.mark.parametrize("persisting", [0.5, 1.0])
def test_the_papers_effect_is_found_as_often_as_stated(persisting: float) -> None:
    found = answers([e / 542 for e in EFFECTS.values()], persisting, DESIGN.seeds, 300)
    stated = power(EFFECTS, DESIGN, "greedy", 0.08, persisting).found
    assert shares(found, "supported")[:3] == pytest.approx([*stated.values()], abs=0.08)


def test_without_an_effect_no_claim_is_supported() -> None:
    found = answers([0.0, 0.0, 0.0], 0.5, DESIGN.seeds, 300)
    # Holm: that any model is found, in either direction, has at most 5%.
    wrong = sum(set(row[:3]) != {"inconclusive"} for row in found) / len(found)
    assert wrong <= 0.05 + 0.03  # the error of 300 runs
    assert shares(found, "supported")[3] == 0


@pytest.mark.long
def test_the_stated_power_holds_in_many_runs() -> None:
    for persisting in (0.0, 0.5, 1.0):
        found = answers([e / 542 for e in EFFECTS.values()], persisting, DESIGN.seeds, 1500)
        stated = power(EFFECTS, DESIGN, "greedy", 0.08, persisting).found
        assert shares(found, "supported")[:3] == pytest.approx([*stated.values()], abs=0.035)
    nothing = answers([0.0, 0.0, 0.0], 0.5, DESIGN.seeds, 1500)
    assert sum(set(row[:3]) != {"inconclusive"} for row in nothing) / 1500 <= 0.05 + 0.012


def test_sampled_pass_rates_have_the_stated_power() -> None:
    """Rates of 32 samples whose true changes are steps of one half, as the assumption says."""
    generator = np.random.default_rng(0)
    seeds, (discordance, persisting) = 6, PLANNED
    effect, found = EFFECTS["deepseek"] / 542, 0
    for _ in range(120):
        chances = step_chances(2 * effect, 2 * discordance, persisting, seeds)
        change = generator.choice(np.arange(-seeds, seeds + 1) / seeds, 542, p=chances) / 2
        luck = np.sqrt(powers.ANSWER_VARIANCE * (1 + 1 / seeds) / SAMPLES)
        rates = change + generator.normal(0, luck, 542)
        found += sign_flip_p(np.rint(rates * seeds * SAMPLES) / (seeds * SAMPLES)) < 0.05
    alone = power({"deepseek": 11}, DESIGN, "sampled", *PLANNED).found["deepseek"]
    assert found / 120 == pytest.approx(alone, abs=0.1)


def weakest(design: Design, test: powers.Test) -> float:
    """The lowest power of any model under the planned assumptions."""
    return min(power(EFFECTS, design, test, *PLANNED).found.values())


def test_the_configured_design_is_the_cheapest_that_finds_what_can_be_found() -> None:
    fewer = Design(542, DESIGN.seeds - 1, 16)
    assert weakest(DESIGN, "sampled") >= powers.WANTED
    assert weakest(fewer, "sampled") < powers.WANTED
    greedy = power(EFFECTS, DESIGN, "greedy", *PLANNED).found
    assert greedy["codeqwen"] >= 0.8 and greedy["codellama"] >= 0.8
    # What persists no number of seeds averages away.
    assert weakest(Design(542, 50, 0), "greedy") < powers.WANTED


def test_impossible_assumptions_are_refused() -> None:
    with pytest.raises(ValueError, match="16 tasks are more than 2% discordant"):
        power(EFFECTS, DESIGN, "greedy", 0.02, 0.5)
    with pytest.raises(ValueError, match="without samples"):
        power(EFFECTS, Design(542, 3, 0), "sampled", 0.08, 0.5)


def test_the_power_in_claims_yaml_is_generated() -> None:
    text = (PAPER / "claims.yaml").read_text("utf-8")
    hours = hours_of_parts(Work(SETTING))
    assert generated_section(text, PAPERS, DESIGN, hours) == text, "run: make power"
    stated = read_yaml(PAPER / "claims.yaml", Claims).power
    assert (stated.seeds, stated.samples, len(stated.table)) == (DESIGN.seeds, SAMPLES, 18)


def test_a_run_without_the_primary_test_has_no_power_of_it() -> None:
    assert has_the_test(Config(), PAPERS)
    one = {"experiments": [{"model": "codeqwen", "methods": ["base", "dpo"]}]}
    assert not has_the_test(Config.model_validate(one), PAPERS)
    assert not has_the_test(demo_config(), PAPERS)


def test_the_plan_says_what_it_finds_and_costs() -> None:
    text = describe(SETTING, PAPERS, DESIGN)
    assert re.search(r"^8% +50% +85 / 54 / 80 +99 / 83 / 98$", text, re.M)
    assert "greedy, DeepSeek-Coder 6.7B: 54%; no option reaches 80%" in text
    hours = [gpu_hours(SETTING, Design(542, seeds, 32)) for seeds in (1, 2, 3)]
    assert hours[2] - hours[1] == pytest.approx(hours[1] - hours[0])
    assert f"{gpu_hours(SETTING, DESIGN):.0f}" in text
