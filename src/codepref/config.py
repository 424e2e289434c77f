"""The configuration: one strict model whose defaults are the paper's experiment.

Each part's settings live beside its code (``sampling/settings.py``, ``training/settings.py``, ...);
this module puts them together and loads them. ``config.yaml`` (the defaults, with their
descriptions as comments) and ``config.schema.json`` are generated from it by
``config_files.py``; a test keeps them in step. Sections that a script needs become its
command-line options (``codepref.cli.add_section``), so a field is declared, validated, documented
and passed on in one place.
"""

import functools
from collections.abc import Callable
from importlib.resources import files
from typing import Any, Literal

import yaml
from pydantic import Field, TypeAdapter, ValidationError, model_validator

from codepref.compute import ComputeConfig
from codepref.errors import UserError
from codepref.evaluation.benchmarks import BENCHMARKS, check_data_kind
from codepref.evaluation.settings import BenchmarkConfig, EvaluationConfig, GradingConfig
from codepref.models.settings import DerivedModel, ModelConfig
from codepref.pairs.settings import PairsConfig
from codepref.problems.settings import ProblemsConfig, ProblemSource
from codepref.sampling.settings import GenerationConfig, SamplingConfig
from codepref.sandbox.settings import ExecutionConfig
from codepref.strict import Name, Section, explain, nearest
from codepref.training.settings import MethodConfig, TrainingConfig
from codepref.training.trainers import TRAINERS, TrainerConfig


class Experiment(Section):
    """The rows of one model in the tables."""

    model: Name
    methods: list[Name] = Field(min_length=1)
    off_policy_from: Name | None = Field(default=None, description="whose pairs off_policy takes")


def _paper_experiments() -> list[Experiment]:
    every = ["base", "rft", "dpo"]
    both = [*every, "dpo_off_policy"]
    return [
        Experiment(model="codeqwen", methods=both, off_policy_from="deepseek"),
        Experiment(model="deepseek", methods=both, off_policy_from="codeqwen"),
        Experiment(model="codellama", methods=every),
    ]


CATALOGUES = ("models", "methods", "problem_sources", "benchmarks")


def catalogue_text() -> str:
    """Return ``catalogue.yaml``: the entries that ``config.yaml`` ends with."""
    return files("codepref").joinpath("catalogue.yaml").read_text(encoding="utf-8")


def _catalogue(name: str, kind: Any) -> Callable[[], Any]:
    """Return what makes the default of a catalogue: its entries in ``catalogue.yaml``."""
    read = TypeAdapter(dict[str, kind]).validate_python
    return functools.cache(lambda: read(yaml.safe_load(catalogue_text())[name]))


class Config(Section):
    """The experiment. Every default is the paper's, or says that the paper is silent."""

    run: Name = Field(default="paper", description="names the folder of the results")
    reasons: dict[str, str] | None = Field(
        default=None,
        description="why this run deviates from the paper, by a deviation's key; which there are "
        "is derived from what is run (tables/deviations.csv has them with their keys)",
    )
    paper_rows: bool | Literal["auto"] = Field(
        default="auto",
        description="the paper's own rows in Tables 1 and 2: all (true), none (false), or those of "
        "models that are the paper's (auto)",
    )
    seed: int = Field(default=0, ge=0, description="everything random derives from it")
    experiments: list[Experiment] = Field(
        default_factory=_paper_experiments, min_length=1, description="the rows of Tables 1 and 2"
    )
    use_benchmarks: list[Name] = Field(
        default=["mbpp", "humaneval"],
        min_length=1,
        description="names from the catalogue 'benchmarks'; the columns of Tables 1 and 2",
    )
    own_claims: str | None = Field(
        default=None,
        description="a file (path in this project) of claims about the run's own models, fixed "
        "beforehand; own_claims.md says which are won or lost (the demo's)",
    )
    preflight: list[Name] = Field(
        default=[],
        description="models to try the site with before a first run (configs/preflight.yaml); "
        "empty: no such checks",
    )
    problems: ProblemsConfig = ProblemsConfig()
    sampling: SamplingConfig = SamplingConfig()
    execution: ExecutionConfig = ExecutionConfig()
    pairs: PairsConfig = PairsConfig()
    training: TrainingConfig = TrainingConfig()
    generation: GenerationConfig = GenerationConfig()
    evaluation: EvaluationConfig = EvaluationConfig()
    grading: GradingConfig = GradingConfig()
    keep_checkpoints: bool = Field(
        default=True,
        description="false: delete a checkpoint when nothing needs it any more; its training's "
        "record and log stay",
    )
    problems_per_shard: int = Field(
        default=1500,
        ge=1,
        description="problems that one job samples, and one executes: a model has as many jobs as "
        "problems.limit needs, or the sources without a limit. With 1,500 an engine works for "
        "several times its start of 1.5 to 2.5 minutes: 1,500 x 8 samples x 600 tokens are 10 "
        "minutes of a 7B model on an H100 at 12,500 tokens/s. Jobs of N engines: N times as many",
    )
    compute: ComputeConfig = ComputeConfig()
    models: dict[Name, ModelConfig] = Field(
        default_factory=_catalogue("models", ModelConfig), description="policies by name"
    )
    methods: dict[Name, MethodConfig] = Field(
        default_factory=_catalogue("methods", MethodConfig),
        description="ways to a checkpoint by name",
    )
    problem_sources: dict[Name, ProblemSource] = Field(
        default_factory=_catalogue("problem_sources", ProblemSource), description="sources by name"
    )
    benchmarks: dict[Name, BenchmarkConfig] = Field(
        default_factory=_catalogue("benchmarks", BenchmarkConfig), description="data sets by name"
    )

    @model_validator(mode="before")
    @classmethod
    def _what_is_derived_is_not_declared(cls, values: Any) -> Any:
        for key in ("scale", "deviations"):
            if isinstance(values, dict) and key in values:
                raise ValueError(
                    f"{key}: this is derived from what is run now; remove it (the reasons for "
                    "deviations go into 'reasons')"
                )
        return values

    @model_validator(mode="after")
    def _passed_tests_are_counted(self) -> "Config":
        if self.pairs.choice == "most_tests_rejected" and not self.execution.run_all_tests:
            raise ValueError(
                "pairs.choice: 'most_tests_rejected' compares how many tests passed, so all must "
                "be run: set execution.run_all_tests to true"
            )
        return self

    @model_validator(mode="after")
    def _training_fits_the_devices(self) -> "Config":
        devices = max(1, self.compute.train.gpus)
        used = {method for experiment in self.experiments for method in experiment.methods}
        for method in sorted(used & self.methods.keys()):
            name = self.methods[method].trainer
            if name == "none":
                continue
            online = TRAINERS[name].data == "problems"
            if online and devices > 1 and self.training.launch == "zero3":
                raise ValueError(
                    f"training.launch: 'zero3' cannot train a '{method}' method, which samples "
                    "from the sharded weights: set it to 'auto' or 'fsdp2'"
                )
            settings = self.settings_of(method)
            if settings.batch_size % (devices * settings.per_device_batch_size):
                raise ValueError(
                    f"training.{name}.batch_size: {settings.batch_size} cannot be made from "
                    f"{devices} devices (compute.train.gpus) x {settings.per_device_batch_size} "
                    f"examples each (method '{method}')"
                )
        return self

    @model_validator(mode="after")
    def _tasks_are_answered(self) -> "Config":
        used = [name for name in self.use_benchmarks if name in self.benchmarks]
        for name in used:
            if not self.is_greedy(name) and not self.samples_per_task(name):
                raise ValueError(
                    f"benchmarks.{name}: without greedy answers it needs samples: set "
                    "samples_per_task, of evaluation or of this benchmark, to 1 or more"
                )
        if used and not any(map(self.is_greedy, used)):
            raise ValueError(
                "evaluation.greedy: Tables 1 and 2 are made of greedy answers: set it to true, or "
                f"benchmarks.{used[0]}.greedy"
            )
        return self

    @model_validator(mode="after")
    def _held_out_pairs_are_sampled(self) -> "Config":
        name = self.training.rewards.held_out
        if name is None:
            return self
        sampled = [n for n in self.use_benchmarks if n in self.benchmarks]
        if name not in [n for n in sampled if self.samples_per_task(n) > 1]:
            raise ValueError(
                f"training.rewards.held_out: '{name}' is no benchmark of 'use_benchmarks' with two "
                "samples a task or more"
            )
        for experiment in self.experiments:
            untrained = [m for m in experiment.methods if m in self.methods]
            if all(self.methods[m].trainer != "none" for m in untrained):
                raise ValueError(
                    f"training.rewards.held_out: it scores answers of the untrained model, but "
                    f"{experiment.model} has no such method (base)"
                )
        return self

    @model_validator(mode="after")
    def _names_are_known(self) -> "Config":
        def check(key: str, name: str, catalogue: dict[str, Any], where: str) -> None:
            if name not in catalogue:
                raise ValueError(f"{key}: '{name}' is not in '{where}'{nearest(name, catalogue)}")

        for number, experiment in enumerate(self.experiments):
            key = f"experiments.{number}"
            check(f"{key}.model", experiment.model, self.models, "models")
            for method in experiment.methods:
                check(f"{key}.methods", method, self.methods, "methods")
                if self.partner(experiment, method) == experiment.model:
                    raise ValueError(f"{key}: method '{method}' has no other model than its own")
                if self.needs_partner(method) and not self.partner(experiment, method):
                    raise ValueError(f"{key}: method '{method}' needs 'off_policy_from'")
            if experiment.off_policy_from:
                check(f"{key}.off_policy_from", experiment.off_policy_from, self.models, "models")
        for name in self.use_benchmarks:
            check("use_benchmarks", name, self.benchmarks, "benchmarks")
        for name, benchmark in self.benchmarks.items():
            check(f"benchmarks.{name}.dataset", benchmark.dataset, BENCHMARKS, "dataset")
            try:
                check_data_kind(benchmark.dataset, benchmark.data.kind)
            except UserError as error:
                raise ValueError(f"benchmarks.{name}: {error}") from error
        for name in self.preflight:
            check("preflight", name, self.models, "models")
        for name in self.problems.sources:
            check("problems.sources", name, self.problem_sources, "problem_sources")
        for name, method_config in self.methods.items():
            if method_config.pairs_from:
                where = f"methods.{name}.pairs_from"
                check(where, method_config.pairs_from, self.models, "models")
        for name, model in self.models.items():
            if isinstance(model.source, DerivedModel):
                check(f"models.{name}.source.base", model.source.base, self.models, "models")
        return self

    @property
    def shards(self) -> int:
        """The jobs that sample, and that execute, one model's problems."""
        return -(-self.problems.most(self.problem_sources) // self.problems_per_shard)

    @property
    def rows(self) -> list[tuple[str, str, int]]:
        """The rows of the tables (model, method, seed).

        A model as it came has one, a trained one as many as there are seeds.
        """
        return [
            (experiment.model, method, seed)
            for experiment in self.experiments
            for method in experiment.methods
            for seed in ([0] if self.methods[method].trainer == "none" else self.training.seeds)
        ]

    def check_row(self, where: str, model: str, method: str, seed: int) -> None:
        """Refuse a result that is no row of this run: tables would drop it without a word.

        Args:
            where: the file, for the message.
            model, method, seed: what it is a result of.

        Raises:
            UserError: names what the run does not have, and what it has.
        """
        if (model, method, seed) in self.rows:
            return
        rows = self.rows
        methods = {name for own, name, _ in rows if own == model}
        seeds = {str(s) for own, name, s in rows if (own, name) == (model, method)}
        for what, known in (
            (f"model '{model}'", {own for own, _, _ in rows}),
            (f"method '{method}' of {model}", methods),
            (f"seed '{seed}' of {model} {method}", seeds),
        ):
            if what.split("'")[1] not in known:
                raise UserError(
                    f"{where}: {what} is not one of this run's: {', '.join(sorted(known))} (see "
                    "experiments and training.seeds in its configuration)"
                )

    def is_off_policy(self, experiment: Experiment, method: str) -> bool:
        """Return whether a method trains on what other weights than its own have sampled."""
        if self.methods[method].pairs == "own":
            return False
        partner = self.partner(experiment, method)
        return partner is not None and (
            self.models[partner].source != self.models[experiment.model].source
        )

    def weights_of(self, model: str) -> str:
        """Return the model whose folder holds a model's weights: the first of the same source."""
        source = self.models[model].source
        return next(name for name, one in self.models.items() if one.source == source)

    def sampling_of(self, model: str) -> SamplingConfig:
        """Return how a model's samples are drawn."""
        temperature = self.models[model].temperature
        own = {} if temperature is None else {"temperature": temperature}
        return self.sampling.model_copy(update=own)

    def needs_partner(self, method: str) -> bool:
        """Return whether a method needs the pairs of a second model."""
        return self.methods[method].pairs == "off_policy" or self.methods[method].control != "none"

    def partner(self, experiment: Experiment, method: str) -> str | None:
        """Return the model whose pairs a method borrows or is matched with, if it has one."""
        if not self.needs_partner(method):
            return None
        return self.methods[method].pairs_from or experiment.off_policy_from

    def is_greedy(self, benchmark: str) -> bool:
        """Return whether a benchmark's tasks are answered greedily."""
        own = self.benchmarks[benchmark].greedy
        return self.evaluation.greedy if own is None else own

    def samples_per_task(self, benchmark: str) -> int:
        """Return how many samples each task of a benchmark gets; 0: none."""
        own = self.benchmarks[benchmark].samples_per_task
        return self.evaluation.samples_per_task if own is None else own

    def method_label(self, method: str) -> str:
        """Return how tables and figures name a method: its label, marked if it is LoRA."""
        label = self.methods[method].label
        trained = self.methods[method].trainer != "none"
        return f"{label}, LoRA" if trained and self.settings_of(method).lora_rank else label

    def policy_label(self, model: str, method: str) -> str:
        """Return how tables and figures name a model trained by a method."""
        return f"{self.models[model].label}, {self.method_label(method)}"

    def settings_of(self, method: str) -> TrainerConfig:
        """Return the hyperparameters of a trained method: its trainer's, and what it overrides."""
        try:
            return self.methods[method].settings(self.training)
        except ValidationError as error:
            trainer = self.methods[method].trainer
            mistakes = "; ".join(explain(error, TRAINERS[trainer].settings))
            raise ValueError(f"methods.{method}.{trainer}: {mistakes}") from error


def _merged(values: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Return ``values`` with those of ``over``, mappings merged, as Snakemake merges overlays."""
    nested = {
        key: _merged(values[key], over[key])
        for key in values.keys() & over.keys()
        if isinstance(values[key], dict) and isinstance(over[key], dict)
    }
    return values | over | nested


def load_config(values: dict[str, Any], where: str = "configuration") -> Config:
    """Validate a configuration; what it does not say is as in ``config.yaml``, catalogues too.

    Raises:
        UserError: lists every wrong key with its path, what was expected, and the nearest valid
            key if it looks like a slip of the pen.
    """
    catalogues = yaml.safe_load(catalogue_text())
    given = {name: values[name] for name in CATALOGUES if isinstance(values.get(name), dict)}
    try:
        return Config.model_validate(
            values | {name: _merged(catalogues[name], entries) for name, entries in given.items()}
        )
    except ValidationError as error:
        lines = "".join(f"\n  {line}" for line in explain(error, Config))
        raise UserError(f"{where} is not valid:{lines}") from None
