"""The configuration: one strict model whose defaults are the paper's experiment.

Each part's settings live beside its code (``sampling/settings.py``, ``training/settings.py``, ...);
this module puts them together, ``config_loading.py`` loads and checks them. ``config.yaml`` (the
defaults, with their descriptions as comments) and ``config.schema.json`` are generated from it by
``config_files.py``; a test keeps them in step. Sections that a script needs become its
command-line options (``codepref.cli.add_section``), so a field is declared, validated, documented
and passed on in one place.
"""

import functools
from collections.abc import Callable
from importlib.resources import files
from typing import Any, Literal

import yaml
from pydantic import Field, TypeAdapter

from codepref.compute import ComputeConfig
from codepref.errors import UserError
from codepref.evaluation.settings import BenchmarkConfig, EvaluationConfig, GradingConfig
from codepref.models.settings import ModelConfig
from codepref.pairs.settings import PairsConfig, RatedPairs
from codepref.problems.settings import ProblemsConfig, ProblemSource, SynthesisedSource
from codepref.sampling.settings import GenerationConfig, SamplingConfig
from codepref.sandbox.settings import ExecutionConfig
from codepref.strict import Name, Section
from codepref.training.settings import MethodConfig, TrainingConfig
from codepref.training.trainers import ALIKE, TRAINERS, TrainerConfig, unsaid

_OF_REFERENCES = {
    *("max_length", "allow_truncation", "precision", "attention", "liger", "share_prefix"),
    *("per_device_batch_size", "precompute_reference", "lora_rank"),
}
"""What the reference's log-probabilities depend on, but for the model and the pairs."""


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


CATALOGUES = ("models", "methods", "rated_pairs", "problem_sources", "benchmarks")


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
        "many times its start of 1.5 to 2.5 minutes: 1,500 x 8 samples of a 7B model are half an "
        "hour of an H100 (make plan). Jobs of N engines: N times as many",
    )
    compute: ComputeConfig = ComputeConfig()
    models: dict[Name, ModelConfig] = Field(
        default_factory=_catalogue("models", ModelConfig), description="policies by name"
    )
    methods: dict[Name, MethodConfig] = Field(
        default_factory=_catalogue("methods", MethodConfig),
        description="ways to a checkpoint by name",
    )
    rated_pairs: dict[Name, RatedPairs] = Field(
        default_factory=_catalogue("rated_pairs", RatedPairs),
        description="responses that a judge has rated, by name",
    )
    problem_sources: dict[Name, ProblemSource] = Field(
        default_factory=_catalogue("problem_sources", ProblemSource), description="sources by name"
    )
    benchmarks: dict[Name, BenchmarkConfig] = Field(
        default_factory=_catalogue("benchmarks", BenchmarkConfig), description="data sets by name"
    )

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

    def base_of(self, model: str) -> str | None:
        """Return the method that is a model as it came; None: no row is that."""
        names = (name for one in self.experiments if one.model == model for name in one.methods)
        return next((name for name in names if self.methods[name].trainer == "none"), None)

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
        if self.methods[method].pairs != "off_policy":
            return self.methods[method].pairs == "rated"
        partner = self.partner(experiment, method)
        return partner is not None and (
            self.models[partner].source != self.models[experiment.model].source
        )

    @property
    def rated_sources(self) -> list[str]:
        """The sources of rated pairs that some row is trained on."""
        methods = [self.methods[method] for _, method, _ in self.rows]
        return sorted({str(one.pairs_from) for one in methods if one.pairs == "rated"})

    def start_of(self, model: str, method: str) -> str:
        """Return the model that a method of a model starts from: itself, or a checkpoint of it."""
        after = self.methods[method].after
        return f"{model}_after_{after}" if after else model

    def weights_of(self, model: str) -> str:
        """Return the model whose folder holds a model's weights: the first of the same source."""
        source = self.models[model].source
        return next(name for name, one in self.models.items() if one.source == source)

    @property
    def pilot_model(self) -> str | None:
        """The model whose samples choose the problems; None: there is no pilot."""
        return self.experiments[0].model if self.problems.pilot else None

    @property
    def writers(self) -> list[str]:
        """The models that write problems of this run."""
        used = [self.problem_sources[name] for name in self.problems.sources]
        return sorted({one.model for one in used if isinstance(one, SynthesisedSource)})

    def sampling_of(self, model: str) -> SamplingConfig:
        """Return how a model's samples are drawn."""
        temperature = self.models[model].temperature
        own = {} if temperature is None else {"temperature": temperature}
        return self.sampling.model_copy(update=own)

    @property
    def pilot_sampling(self) -> SamplingConfig:
        """How the pilot's samples are drawn: as many of them in a call as of the others."""
        pilot, model = self.problems.pilot, self.pilot_model
        assert pilot is not None and model is not None
        usual = self.sampling_of(model)
        prompts = usual.prompts_per_call * usual.samples_per_problem // pilot.samples
        changed = {"samples_per_problem": pilot.samples, "prompts_per_call": prompts}
        return usual.model_copy(update=changed)

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

    def own_settings(self, method: str) -> dict[str, Any]:
        """Return the settings that a method overrides and that change what it learns."""
        trainer = self.methods[method].trainer
        own = getattr(self.methods[method], trainer, None)
        if own is None:
            return {}
        values = {name: getattr(own, name) for name in own.model_fields_set - ALIKE}
        usual = self.training.of(trainer)
        return {name: v for name, v in sorted(values.items()) if v != getattr(usual, name)}

    def method_label(self, method: str) -> str:
        """Return how tables and figures name a method.

        That is its label, and the settings of its own that the label does not give (a value is
        given if it stands in it), so that no row hides one; marked if it is LoRA.
        """
        label = self.methods[method].label
        trained = self.methods[method].trainer != "none"
        parts = [label, "LoRA"] if trained and self.settings_of(method).lora_rank else [label]
        return ", ".join([*parts, *unsaid(label, self.own_settings(method))])

    def policy_label(self, model: str, method: str) -> str:
        """Return how tables and figures name a model trained by a method."""
        return f"{self.models[model].label}, {self.method_label(method)}"

    def settings_of(self, method: str) -> TrainerConfig:
        """Return the hyperparameters of a trained method: its trainer's, and what it overrides."""
        settings = self.methods[method].settings(self.training)
        if self.methods[method].after is None and hasattr(settings, "reference"):
            return settings.model_copy(update={"reference": "start"})  # it is the base
        return settings

    def shares_references(self, method: str) -> bool:
        """Return whether a method takes the reference's log-probabilities from a file.

        They are of all pairs that it starts from, and of trainings with the settings of
        ``training.dpo`` and one pair in each micro-batch, which round alike.
        """
        trainer = self.methods[method].trainer
        if trainer == "none" or not TRAINERS[trainer].takes_references:
            return False
        shared = self.training.of("dpo").model_dump(include=_OF_REFERENCES)
        mine = self.settings_of(method).model_dump(include=_OF_REFERENCES)
        able = shared["precompute_reference"] and shared["per_device_batch_size"] == 1
        return mine == shared and able and not shared["lora_rank"]

    def keeps_reference(self, method: str) -> bool:
        """Return whether a method's reference is the model as it came, not what it starts from."""
        if self.methods[method].trainer == "none":
            return False
        return getattr(self.settings_of(method), "reference", "start") == "base"

    def reference_of(self, model: str, method: str) -> str:
        """Return the model that a policy's implicit reward is against (eq. 4)."""
        return model if self.keeps_reference(method) else self.start_of(model, method)
