"""What one section of the configuration cannot check: settings that must fit together.

Every function here takes a configuration whose keys and types are right and returns what is wrong.
"""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from pydantic import ValidationError

from codepref import config_rounds
from codepref.config import Config, Experiment
from codepref.config_names import (
    families_are_known,
    mistake,
    names_are_known,
    no_name_is_taken,
    nothing_is_listed_twice,
)
from codepref.errors import UserError
from codepref.evaluation.benchmarks import BENCHMARKS, check_data_kind
from codepref.models.settings import DerivedModel, TrainedModel
from codepref.problems.settings import JsonlSource, SynthesisedSource
from codepref.strict import Key, Mistake, explain, nearest
from codepref.training.trainers import TRAINERS, PpoConfig


def mistakes_in(config: Config) -> list[Mistake]:
    """Return what is wrong; how settings fit together is looked at when all names are right."""
    for checks in (_OF_NAMES, _OF_SETTINGS):
        if found := list(chain.from_iterable(check(config) for check in checks)):
            return found
    return []


# --- Models and experiments -------------------------------------------------------------------


def _a_model_has_one_experiment(config: Config) -> Iterator[Mistake]:
    models = [experiment.model for experiment in config.experiments]
    for number, model in enumerate(models):
        if (first := models.index(model)) < number:
            yield mistake(
                ("experiments", number, "model"),
                f"'{model}' is the model of experiments.{first} already; expected one experiment "
                "for each model, put all of its methods there",
            )


def _no_model_is_derived_from_itself(config: Config) -> Iterator[Mistake]:
    for name in config.models:
        chain_of = [name]
        while isinstance(source := config.models[chain_of[-1]].source, DerivedModel):
            chain_of.append(source.base)
            if source.base == name:
                yield mistake(
                    ("models", name, "source", "base"),
                    f"'{name}' would be derived from itself ({' from '.join(chain_of)}); expected "
                    "a model of another kind at the chain's end",
                )
            if source.base in chain_of[:-1]:
                break


def _problems_are_written_from_what_is_there(config: Config) -> Iterator[Mistake]:
    for name, source in config.problem_sources.items():
        if not isinstance(source, SynthesisedSource):
            continue
        key = ("problem_sources", name)
        if isinstance(config.models[source.model].source, DerivedModel | TrainedModel):
            text = (
                f"'{source.model}' is itself made from the run's problems; expected another model"
            )
            yield mistake((*key, "model"), text)
        if source.seeds_from and isinstance(
            config.problem_sources[source.seeds_from], SynthesisedSource
        ):
            text = f"'{source.seeds_from}' is synthesised, too; expected a source of another kind"
            yield mistake((*key, "seeds_from"), text)


def _borrowed_pairs_are_another_models(config: Config) -> Iterator[Mistake]:
    for number, experiment in enumerate(config.experiments):
        key = ("experiments", number)
        if experiment.off_policy_from == experiment.model:
            text = f"'{experiment.model}' is the experiment's own model; expected another one"
            yield mistake((*key, "off_policy_from"), text)
            continue
        for position, method in enumerate(experiment.methods):
            partner, where = config.partner(experiment, method), (*key, "methods", position)
            if partner == experiment.model:
                text = f"method '{method}' has no other model than its own; set its 'pairs_from'"
                yield mistake(where, text)
            elif config.needs_partner(method) and not partner:
                text = f"method '{method}' needs 'off_policy_from', another model; add it here"
                yield mistake(where, text)


def _a_model_as_it_came_is_one_row(config: Config) -> Iterator[Mistake]:
    for number, experiment in enumerate(config.experiments):
        untrained = [m for m in experiment.methods if config.methods[m].trainer == "none"]
        for method in untrained[1:]:
            position = experiment.methods.index(method)
            yield mistake(
                ("experiments", number, "methods", position),
                f"'{method}' and '{untrained[0]}' are both the model as it came (trainer: none); "
                "expected one of them, remove the other",
            )


def _labels_tell_rows_apart(config: Config) -> Iterator[Mistake]:
    experiments = config.experiments
    methods = dict.fromkeys(m for experiment in experiments for m in experiment.methods)
    labels = {
        "models": {e.model: config.models[e.model].label for e in experiments},
        "methods": {name: config.method_label(name) for name in methods},
        "benchmarks": {name: config.benchmarks[name].label for name in config.use_benchmarks},
    }
    for catalogue, of_names in labels.items():
        names = list(of_names)
        for number, name in enumerate(names):
            for other in names[:number]:
                if of_names[name] == of_names[other]:
                    yield mistake(
                        (catalogue, name, "label"),
                        f"'{of_names[name]}' is the label of '{other}' too; expected another, "
                        "since tables tell them apart by it",
                    )


# --- Settings that must fit together ----------------------------------------------------------


def _trained(config: Config) -> Iterator[tuple[str, Any]]:
    """Yield the trained methods that are used, each with its hyperparameters."""
    used = dict.fromkeys(m for experiment in config.experiments for m in experiment.methods)
    for method in used:
        if config.methods[method].trainer != "none":
            yield method, config.settings_of(method)


def _overrides_fit(config: Config) -> Iterator[Mistake]:
    for name, method in config.methods.items():
        if method.trainer == "none":
            continue
        try:
            method.settings(config.training)
        except ValidationError as error:
            key: Key = ("methods", name, method.trainer)
            for text in explain(error, TRAINERS[method.trainer].settings):
                yield Mistake(key, f"{'.'.join(map(str, key))}.{text}")


def _reranking_has_samples(config: Config) -> Iterator[Mistake]:
    most = max(map(config.samples_per_task, config.use_benchmarks))
    if config.evaluation.rerank and most < 2:
        yield mistake(
            ("evaluation", "rerank"),
            "there is nothing to choose from: set samples_per_task to 2 or more, or remove it",
        )


def _passed_tests_are_counted(config: Config) -> Iterator[Mistake]:
    if config.pairs.choice == "most_tests_rejected" and not config.execution.run_all_tests:
        yield mistake(
            ("pairs", "choice"),
            "'most_tests_rejected' compares how many tests passed, so all must be run: set "
            "execution.run_all_tests to true",
        )


def _samples_can_make_pairs(config: Config) -> Iterator[Mistake]:
    samples = config.sampling.samples_per_problem
    for method, _ in _trained(config):
        if samples < 2 and TRAINERS[config.methods[method].trainer].data == "pairs":
            yield mistake(
                ("sampling", "samples_per_problem"),
                f"expected 2 or more, found {samples}: method '{method}' trains on pairs of a "
                "passing and a failing sample",
            )
            return


def _a_pilot_is_part_of_the_samples(config: Config) -> Iterator[Mistake]:
    pilot, key = config.problems.pilot, ("problems", "pilot")
    model = config.pilot_model
    if pilot is None or model is None:
        return
    each = config.sampling.samples_per_problem
    if pilot.samples >= each:
        text = f"expected less than sampling.samples_per_problem ({each}), found {pilot.samples}"
        yield mistake((*key, "samples"), text)
    if isinstance(config.models[model].source, DerivedModel | TrainedModel):
        text = f"'{model}' is made from the problems, so it cannot choose them; put another first"
        yield mistake(("experiments", 0, "model"), text)


def _pairs_of_sources_exist(config: Config) -> Iterator[Mistake]:
    sources = [config.problem_sources[name] for name in config.problems.sources]
    if any(isinstance(source, JsonlSource) for source in sources):
        return  # its records say what their source is
    kinds = {source.kind for source in sources}
    for method, _ in _trained(config):
        for number, name in enumerate(config.methods[method].problem_sources):
            if name not in kinds:
                yield mistake(
                    ("methods", method, "problem_sources", number),
                    f"no problem of this run is of '{name}'{nearest(name, kinds)}",
                )


def _training_fits_the_devices(config: Config) -> Iterator[Mistake]:
    devices, launch = max(1, config.compute.train.gpus), config.training.launch
    for method, settings in _trained(config):
        name = config.methods[method].trainer
        sharded = devices > 1 and launch in ("fsdp2", "zero3")
        if devices > 1 and launch == "zero3" and TRAINERS[name].data == "problems":
            yield mistake(
                ("training", "launch"),
                f"'zero3' cannot train a '{method}' method, which samples from the sharded "
                "weights: set it to 'auto' or 'fsdp2'",
            )
        elif sharded and settings.lora_rank:
            text = f"'{launch}' cannot train '{method}' with LoRA: set it to 'auto' or 'ddp'"
            yield mistake(("training", "launch"), text)
        own = getattr(config.methods[method], name)
        key = _key_of(method, name, "batch_size", own)
        if settings.batch_size % (devices * settings.per_device_batch_size):
            yield mistake(
                key,
                f"{settings.batch_size} cannot be made from {devices} devices "
                f"(compute.train.gpus) x {settings.per_device_batch_size} examples each (method "
                f"'{method}'); expected a multiple of their product",
            )
        if isinstance(settings, PpoConfig) and settings.batch_size % settings.samples_per_problem:
            yield mistake(
                key,
                f"{settings.batch_size} responses are not a whole number of problems with "
                f"{settings.samples_per_problem} each (samples_per_problem); expected a multiple",
            )


def _key_of(method: str, trainer: str, name: str, overrides: Any) -> Key:
    """Return where a setting of a method stands: in its overrides, or in the trainer's section."""
    overridden = overrides is not None and name in overrides.model_fields_set
    return ("methods", method, trainer, name) if overridden else ("training", trainer, name)


def _data_is_of_its_kind(config: Config) -> Iterator[Mistake]:
    for name, benchmark in config.benchmarks.items():
        try:
            check_data_kind(benchmark.dataset, benchmark.data.kind)
        except UserError as error:
            yield mistake(("benchmarks", name, "data", "kind"), str(error))


def _prompts_can_be_worded(config: Config) -> Iterator[Mistake]:
    for name in config.use_benchmarks:
        benchmark = config.benchmarks[name]
        style = benchmark.prompt_style or config.generation.prompt_style
        if style not in (styles := BENCHMARKS[benchmark.dataset].styles):
            yield mistake(
                ("benchmarks", name, "prompt_style"),
                f"expected {' or '.join(styles)} for tasks of '{benchmark.dataset}', found "
                f"'{style}'",
            )


def _tasks_are_answered(config: Config) -> Iterator[Mistake]:
    for name in config.use_benchmarks:
        if not config.is_greedy(name) and not config.samples_per_task(name):
            yield mistake(
                ("benchmarks", name),
                "without greedy answers it needs samples: set samples_per_task, of evaluation or "
                "of this benchmark, to 1 or more",
            )
    if not any(map(config.is_greedy, config.use_benchmarks)):
        yield mistake(
            ("evaluation", "greedy"),
            "Tables 1 and 2 are made of greedy answers: set it to true, or "
            f"benchmarks.{config.use_benchmarks[0]}.greedy",
        )


def _dated_tasks_are_newer_than_training(config: Config) -> Iterator[Mistake]:
    for name in config.use_benchmarks:
        if not BENCHMARKS[config.benchmarks[name].dataset].dated:
            continue
        for experiment in config.experiments:
            if config.models[experiment.model].released_after is None:
                yield mistake(
                    ("models", experiment.model, "released_after"),
                    f"'{name}' has tasks with dates, and is asked of what is newer than a model's "
                    "training data: set this to their last day (1970-01-01 takes every task)",
                )


def _held_out_pairs_are_sampled(config: Config) -> Iterator[Mistake]:
    name, key = config.training.rewards.held_out, ("training", "rewards", "held_out")
    if name is None:
        return
    if name not in [n for n in config.use_benchmarks if config.samples_per_task(n) > 1]:
        text = f"'{name}' is no benchmark of 'use_benchmarks' with two samples a task or more"
        yield mistake(key, text)
    for experiment in config.experiments:
        if not _has_base(config, experiment):
            yield mistake(
                key,
                f"it scores answers of the untrained model, but {experiment.model} has no such "
                "method: add 'base' to its methods",
            )


def _rounds_are_complete(config: Config) -> Iterator[Mistake]:
    checks = (config_rounds.starts_exist, config_rounds.references_can_be_kept)
    for check in (config_rounds.names_taken, config_rounds.starts_come_first, *checks):
        for key, text in check(config):
            yield mistake(key, text)


def _has_base(config: Config, experiment: Experiment) -> bool:
    return config.base_of(experiment.model) is not None


_Check = Callable[[Config], Iterator[Mistake]]
_OF_NAMES: tuple[_Check, ...] = (
    nothing_is_listed_twice,
    no_name_is_taken,
    names_are_known,
    families_are_known,
    _a_model_has_one_experiment,
    _overrides_fit,
)
_OF_SETTINGS: tuple[_Check, ...] = (
    _no_model_is_derived_from_itself,
    _problems_are_written_from_what_is_there,
    _borrowed_pairs_are_another_models,
    _a_model_as_it_came_is_one_row,
    _labels_tell_rows_apart,
    _data_is_of_its_kind,
    _passed_tests_are_counted,
    _reranking_has_samples,
    _samples_can_make_pairs,
    _a_pilot_is_part_of_the_samples,
    _pairs_of_sources_exist,
    _training_fits_the_devices,
    _prompts_can_be_worded,
    _tasks_are_answered,
    _dated_tasks_are_newer_than_training,
    _held_out_pairs_are_sampled,
    _rounds_are_complete,
)
