"""Rounds: methods that start from a checkpoint of this run, and what they need to be complete.

``rounds: 3`` of the method ``dpo`` is short for the methods ``dpo_round2`` (``after: dpo``) and
``dpo_round3`` (``after: dpo_round2``). What a method with ``after`` starts from is an entry of the
catalogue of models (``kind: trained``), which is sampled as any other model is. All of these are
written out when a configuration is loaded: jobs, tables and the run's ``config.json`` know no more
than methods and models.
"""

from collections.abc import Iterator
from typing import Any

from codepref.config import Config
from codepref.models.settings import DerivedModel, ModelConfig, TrainedModel
from codepref.strict import LONGEST_NAME, Key
from codepref.training.settings import MethodConfig

Found = Iterator[tuple[Key, str]]
"""what is wrong: its key, and the text"""


def with_rounds(config: Config) -> Config:
    """Return a configuration without mistakes with its rounds written out; again: the same."""
    whole = _with_methods(config)
    starts = {name: start for _, name, start in _starts(whole)}
    return whole.model_copy(update={"models": {**config.models, **starts}})


def _with_methods(config: Config) -> Config:
    methods = dict(config.methods)
    experiments = list(config.experiments)
    for name, method in config.methods.items():
        later = _rounds_of(name, method)
        methods |= {name: _first_round(method), **later}
        experiments = [
            one.model_copy(update={"methods": _inserted(one.methods, name, list(later))})
            for one in experiments
        ]
    return config.model_copy(update={"methods": methods, "experiments": experiments})


def _rounds_of(name: str, method: MethodConfig) -> dict[str, MethodConfig]:
    """Return the methods of the second round and later ones, by their names."""
    values = _values(method)
    found, before = {}, name
    for number in range(2, method.rounds + 1):
        later = values | {"label": f"{method.label}, round {number}", "after": before}
        before = round_name(name, number)
        found[before] = MethodConfig.model_validate(later)
    return found


def _first_round(method: MethodConfig) -> MethodConfig:
    if method.rounds == 1:
        return method
    values = _values(method)
    own = values.get(method.trainer, {})
    if method.after is None and "reference" in own:  # there, both references are the same
        values[method.trainer] = {key: own[key] for key in own if key != "reference"}
    return MethodConfig.model_validate(values)


def _values(method: MethodConfig) -> dict[str, Any]:
    return {key: value for key, value in method.model_dump().items() if key != "rounds"}


def _inserted(names: list[str], after: str, new: list[str]) -> list[str]:
    if after not in names:
        return names
    place = names.index(after) + 1
    return [*names[:place], *new, *names[place:]]


def _starts(config: Config) -> Iterator[tuple[str, str, ModelConfig]]:
    """Yield the checkpoints that methods start from: the method, the name, the model."""
    for model, method in _rows(config):
        if after := config.methods[method].after:
            label = f"{config.models[model].label} after {config.method_label(after)}"
            source = TrainedModel(kind="trained", model=model, method=after)
            warm = config.models[model].temperature
            start = ModelConfig(label=label, temperature=warm, source=source)
            yield method, config.start_of(model, method), start


def _rows(config: Config) -> Iterator[tuple[str, str]]:
    for experiment in config.experiments:
        for method in experiment.methods:
            yield experiment.model, method


def before(config: Config, model: str) -> str | None:
    """Return the model that the round before sampled; None: the model is no checkpoint."""
    source = config.models[model].source
    return (
        config.start_of(source.model, source.method) if isinstance(source, TrainedModel) else None
    )


def round_of(config: Config, model: str) -> int:
    """Return how many trainings of the run a model has behind it, one after another."""
    if model not in config.models:  # no row of the run starts from it
        return 0
    source = config.models[model].source
    if isinstance(source, DerivedModel):
        return round_of(config, source.base)
    if not isinstance(source, TrainedModel):
        return 0
    return 1 + round_of_row(config, source.model, source.method)


def round_of_row(config: Config, model: str, method: str) -> int:
    """Return the same of what a row is trained from: its start, and the model of its pairs."""
    rows = [row for row in config.experiments if row.model == model]
    partners = {config.partner(row, method) for row in rows} - {None}
    needed = {config.start_of(model, method), *filter(None, partners)}
    return max(round_of(config, name) for name in needed)


# --- What is wrong ----------------------------------------------------------------------------


def names_taken(config: Config) -> Found:
    """Find entries whose names rounds need, and names that are too long with what rounds add."""
    found = list(_names_of_rounds(config))
    yield from found
    if found:
        return
    starts: dict[str, ModelConfig] = {}
    made = round_names(config)
    for method, name, start in _starts(_with_methods(config)):
        key = ("methods", made.get(method, method))
        taken = config.models.get(name)
        if taken and taken.source != start.source:
            text = f"the name is that of a checkpoint ({start.label}); choose another"
            yield ("models", name), text
        elif starts.setdefault(name, start).source != start.source:
            text = (
                f"it would start from '{name}' ({start.label}), the name of another checkpoint "
                f"({starts[name].label}); give a method or a model another name"
            )
            yield key, text
        elif len(name) > LONGEST_NAME:
            yield key, _too_long(name, "the checkpoint that it starts from")


def _names_of_rounds(config: Config) -> Found:
    for name, method in config.methods.items():
        for number in range(2, method.rounds + 1):
            later = round_name(name, number)
            if later in config.methods:
                yield ("methods", later), f"the name is that of a round of '{name}'; choose another"
            if len(later) > LONGEST_NAME:
                yield ("methods", name), _too_long(later, f"its round {number}")
                break


def _too_long(name: str, what: str) -> str:
    return (
        f"{what} would be '{name}', {len(name)} characters; expected at most {LONGEST_NAME}: "
        "choose a shorter name"
    )


def round_names(config: Config) -> dict[str, str]:
    """Return the names that rounds of methods will have, each with its method's."""
    return {
        round_name(name, number): name
        for name, method in config.methods.items()
        for number in range(2, method.rounds + 1)
    }


def round_name(method: str, number: int) -> str:
    """Return the name of a method's round, from the second on."""
    return f"{method}_round{number}"


def starts_exist(config: Config) -> Found:
    """Find methods and models that start from a checkpoint that the run does not make."""
    for number, experiment in enumerate(config.experiments):
        for position, method in enumerate(experiment.methods):
            after = config.methods[method].after
            if after and not _is_trained(config, experiment.model, after):
                yield (
                    ("experiments", number, "methods", position),
                    f"'{method}' starts from the checkpoint of '{after}', which is no trained "
                    "method of this experiment; add it",
                )
    for name, model in config.models.items():
        source = model.source
        if not isinstance(source, TrainedModel):
            continue
        used = name in {row.model for row in config.experiments} | _partners(config)
        if used and not _is_trained(config, source.model, source.method):
            yield (
                ("models", name, "source", "method"),
                f"'{source.method}' is no trained method of an experiment with '{source.model}'; "
                "add it there",
            )
        if name in config.preflight:
            yield ("preflight",), f"'{name}' is made in the run; try the model that it starts from"


def _is_trained(config: Config, model: str, method: str) -> bool:
    return (model, method) in _rows(config) and config.methods[method].trainer != "none"


def _partners(config: Config) -> set[str | None]:
    return {config.partner(row, method) for row in config.experiments for method in row.methods}


def starts_come_first(config: Config) -> Found:
    """Find methods and models that would start from themselves."""
    for name in config.methods:
        seen: list[str] = []
        here: str | None = name
        while here and here not in seen:
            seen.append(here)
            here = config.methods[here].after
        if here == name:
            chain = " after ".join([*seen, name])
            yield ("methods", name, "after"), f"it would start from itself ({chain})"
    for name, model in config.models.items():
        if isinstance(model.source, TrainedModel) and name in _needed_for(config, name):
            key = ("models", name, "source", "method")
            yield key, f"'{model.source.method}' needs '{name}' itself; expected another method"


def _needed_for(config: Config, name: str) -> set[str]:
    """Return the models that a model is made from, and those that these are made from."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        source = config.models[waiting.pop()].source
        needed: set[str | None] = set()
        if isinstance(source, DerivedModel):
            needed = {source.base}
        elif isinstance(source, TrainedModel):
            rows = [row for row in config.experiments if row.model == source.model]
            needed = {source.model, *(config.partner(row, source.method) for row in rows)}
        new = {one for one in needed if one} - found
        found |= new
        waiting += new
    return found


def references_can_be_kept(config: Config) -> Found:
    """Find ``reference: base`` where it does nothing, or where the base is not scored apart."""
    for name, method in config.methods.items():
        own = getattr(method, method.trainer, None)
        if own is None or getattr(own, "reference", None) != "base":
            continue
        if method.after is None and method.rounds == 1:
            yield (
                ("methods", name, method.trainer, "reference"),
                "it does nothing here: the method starts from the model as it came; give it "
                "'after' or 'rounds', or remove it",
            )
    for name in dict.fromkeys(method for _, method in _rows(config)):
        method = config.methods[name]
        if method.trainer == "none" or (method.after is None and method.rounds == 1):
            continue
        kept = getattr(method.settings(config.training), "reference", "start") == "base"
        if kept and not config.shares_references(name):
            yield (
                ("methods", name),
                "with 'reference: base' the reference is scored apart, with the settings of "
                "training.dpo: expected its max_length, allow_truncation, precision, attention, "
                "liger and share_prefix here, and per_device_batch_size: 1, precompute_reference: "
                "true, lora_rank: 0",
            )
