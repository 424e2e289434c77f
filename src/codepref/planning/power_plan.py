"""What a design finds and costs, in words and tables for ``make plan``."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from codepref.compute import JobConfig
from codepref.config import Config
from codepref.planning.schedule import Job
from codepref.planning.work import Setting, Work
from codepref.tables.labels import benchmark_note, tasks_of
from codepref.tables.paper import PaperModel, PaperTables, Power
from codepref.tables.power import (
    MOVED,
    PLANNED,
    WANTED,
    Design,
    Test,
    paper_effects,
    power,
    power_table,
)
from codepref.text_table import text_table
from codepref.training.trainers import TRAINERS

SEED_OPTIONS = (1, 3, 6, 10)
SAMPLE_OPTIONS = (16, 32, 64)
GREEDY: Test = "greedy"
SAMPLED: Test = "sampled"

Effects = Mapping[PaperModel, int]


def describe(setting: Setting, paper: PaperTables, design: Design) -> str:
    """Return the power of a design, what other designs would have, and what the answer can be."""
    effects = paper_effects(paper)
    options = _options(design)
    parts = [
        _assumptions(paper, effects, design),
        _option_table(setting, effects, options),
        _conclusion(paper, effects, options, design),
    ]
    return "\n\n".join(parts)


def expected_tasks(config: Config, paper: PaperTables) -> dict[str, int]:
    """Return how many tasks each benchmark of a run has: as configured, else as in the paper."""
    return {
        name: tasks_of(config, paper, name) or paper.totals.get(config.benchmarks[name].dataset, 0)
        for name in config.use_benchmarks
    }


def has_the_test(config: Config, paper: PaperTables) -> bool:
    """Return whether a run has what C1 compares: base and DPO of the paper's models, all tasks."""
    compared = {
        config.models[experiment.model].paper_model
        for experiment in config.experiments
        if {"base", "dpo"} <= set(experiment.methods)
    }
    full = {
        config.benchmarks[name].dataset
        for name in config.use_benchmarks
        if not benchmark_note(config, paper, name)
    }
    papers = {name for name in paper.totals if not name.endswith("+")}
    return papers <= full and paper_effects(paper).keys() <= compared


def _options(design: Design) -> list[Design]:
    seeds = sorted({*SEED_OPTIONS, design.seeds})
    samples = sorted({*SAMPLE_OPTIONS, design.samples} - {0})
    return [Design(design.tasks, s, k) for s in seeds for k in samples]


def gpu_hours(setting: Setting, design: Design) -> float:
    """Return the GPU hours of training and benchmarking every row of the tables by a design."""
    evaluation = setting.config.evaluation.model_copy(update={"samples_per_task": design.samples})
    config = setting.config.model_copy(update={"evaluation": evaluation})
    work = Work(replace(setting, config=config))
    hours = 0.0
    for experiment in config.experiments:
        for method in experiment.methods:
            trained = config.methods[method].trainer != "none"
            hours += (design.seeds if trained else 1) * hours_of_row(work, experiment.model, method)
    return hours


def hours_of_row(work: Work, model: str, method: str) -> float:
    """Return the GPU hours of one row of the tables with one seed: training and benchmarks."""
    config, compute = work.config, work.config.compute
    jobs = [_job("benchmarks_generate", compute.generate, model, method)]
    if (trainer := config.methods[method].trainer) != "none":
        online = TRAINERS[trainer].data == "problems"
        rule = "policies_train_online" if online else "policies_train"
        jobs.append(_job(rule, compute.train, model, method))
    return sum(map(work.gpu_hours, jobs))


def hours_of_parts(work: Work) -> dict[str, float]:
    """Return the GPU hours of each part of an experiment, for one model (the mean) and one seed.

    Parts are its samples, a method's row, and the scoring of its samples by an implicit reward.
    """
    config, generate = work.config, work.config.compute.generate
    models = sorted({experiment.model for experiment in config.experiments})
    parts: dict[str, float] = {}
    for model in models:
        whole = Job("samples_draw", generate.gpus, 1, wildcards={"model": model} | _ONE_SHARD)
        found = {"samples": work.gpu_hours(whole)}
        found |= {m: hours_of_row(work, model, m) for m in ("base", "rft", "dpo", "ppo")}
        found["rewards"] = work.gpu_hours(_job("rewards_score", generate, model, "dpo"))
        for name, hours in found.items():
            parts[name] = parts.get(name, 0.0) + hours / len(models)
    return parts


_ONE_SHARD = {"scatteritem": "1-of-1"}


def _job(rule: str, request: JobConfig, model: str, method: str) -> Job:
    wildcards = {"model": model, "method": method, "seed": "0"}
    return Job(rule, request.gpus, request.threads, wildcards=wildcards)


def _assumptions(paper: PaperTables, effects: Effects, design: Design) -> str:
    table = power_table(effects, design)
    tests = dict.fromkeys(one.test for one in table)
    found = {(one.test, one.discordance, one.persisting): _percents(one) for one in table}
    lines = [
        [f"{discordance:.0%}", f"{persisting:.0%}"]
        + [found[test, discordance, persisting] for test in tests]
        for test, discordance, persisting in found
        if test == GREEDY
    ]
    models = ", ".join(f"{paper.models[model]} +{effect}" for model, effect in effects.items())
    title = f"Power with {design.seeds} training seeds"
    title += f" and {design.samples} samples a task" if design.samples else ""
    heads = ["discordant", "persists", *tests]
    return f"{text_table(heads, [lines], title)}\nEach cell: {models}, in percent."


def _option_table(setting: Setting, effects: Effects, options: Sequence[Design]) -> str:
    lines, greedy = [], {}
    for design in options:
        if design.seeds not in greedy:
            greedy[design.seeds] = _percents(power(effects, design, GREEDY, *PLANNED))
        sampled = _percents(power(effects, design, SAMPLED, *PLANNED))
        hours = f"{gpu_hours(setting, design):.0f}"
        lines.append([str(design.seeds), str(design.samples), greedy[design.seeds], sampled, hours])
    title = "Options at {:.0%} discordant tasks, {:.0%} of them at every seed".format(*PLANNED)
    return text_table(["seeds", "samples", GREEDY, SAMPLED, "GPU hours"], [lines], title)


def _percents(found: Power) -> str:
    return " / ".join(f"{100 * value:.0f}" for value in found.found.values())


def _conclusion(
    paper: PaperTables, effects: Effects, options: Sequence[Design], design: Design
) -> str:
    """Say which tests reach the wanted power, and where no option does."""
    said = [
        "How often the sign-flip test of C1, after Holm's correction, finds the paper's own gains "
        "on the tasks\nof both base benchmarks. Greedy answers decide. Sampled ones are the second "
        f"answer; for them a flip of\ngreedy verdicts is taken to move the pass rates of "
        f"{1 / MOVED:g} tasks by {MOVED:g}. "
        f"GPU hours: training and benchmarks.\n{design.seeds} seeds, {design.samples} samples:"
    ]
    most = max(options, key=lambda one: (one.seeds, one.samples))
    for test in (GREEDY, SAMPLED) if design.samples else (GREEDY,):
        at_most = power(effects, most, test, *PLANNED).found
        for model, found in power(effects, design, test, *PLANNED).found.items():
            text = f"- {test}, {paper.models[model]}: {found:.0%}"
            if found < WANTED and at_most[model] < WANTED:
                text += (
                    f"; no option reaches {WANTED:.0%} ({most.seeds} seeds, {most.samples} "
                    f"samples: {at_most[model]:.0%}), so expect no decision"
                )
            said.append(text)
    return "\n".join(said)
