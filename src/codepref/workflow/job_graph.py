"""The job graph's logic: which rows a run has, and which file each job of a row needs.

Paths are relative to the run's folder ``results/<run>/`` in their names here, whole in what is
returned. Methods that take ``wildcards`` are Snakemake's input and params functions.
"""

import shlex
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from codepref.cli import flags, options_of
from codepref.config import Config
from codepref.evaluation.benchmarks import BENCHMARKS
from codepref.models.settings import DerivedModel, TrainedModel
from codepref.training.settings import MethodConfig
from codepref.training.trainers import TRAINERS, DpoConfig, Trainer, TrainerConfig
from codepref.workflow.given_files import GivenFiles
from codepref.workflow.starts import Starts
from codepref.workflow.task_windows import tasks_file

Row = tuple[str, str, int]
"""One row of the tables: model, method, training seed."""


class JobGraph(Starts):
    """What a configuration asks for, as files."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.user_files = GivenFiles(config)
        self.run = f"results/{config.run}"

    # --- Rows -----------------------------------------------------------------------------------

    @cached_property
    def models(self) -> list[str]:
        """The models that are sampled: those with a row trained on pairs, and those it borrows."""
        sampled: set[str | None] = set()
        for experiment in self.config.experiments:
            for method in experiment.methods:
                own = self.config.methods[method].pairs != "rated"
                if own and (trainer := self.trainer_of(method)) and trainer.data == "pairs":
                    start = self.config.start_of(experiment.model, method)
                    sampled |= {start, self.config.partner(experiment, method)}
        return sorted(filter(None, sampled))

    @property
    def weights(self) -> list[str]:
        """The models that are fetched: of those that are the same weights, the first."""
        rows = {experiment.model for experiment in self.config.experiments}
        found = set(map(self.config.weights_of, {*rows, *self.models, *self.config.writers}))
        models = self.config.models
        return sorted(m for m in found if not isinstance(models[m].source, TrainedModel))

    @cached_property
    def rows(self) -> list[Row]:
        """Every row of the tables; a model as it came has one, a trained one as many as seeds."""
        return self.config.rows

    @cached_property
    def trained(self) -> list[Row]:
        """The rows that are checkpoints."""
        return [row for row in self.rows if self.trainer_of(row[1])]

    @cached_property
    def rewarded(self) -> list[Row]:
        """The rows whose policy's implicit reward scores its own model's samples (Figure 1).

        They are those whose trainer gives one, on the model's own pairs, at the first seed.
        """
        first = self.config.training.seeds[0]
        return [
            row
            for row in self.trained
            if row[2] == first and self._has_reward(self.config.methods[row[1]])
        ]

    def _has_reward(self, method: MethodConfig) -> bool:
        own = method.pairs == "own" and method.pairs_seed is None and not method.takes_part
        return TRAINERS[method.trainer].implicit_reward and own and method.after is None

    @property
    def held_out_accuracies(self) -> list[str]:
        """The accuracies of implicit rewards on held-out pairs; none if no benchmark is named."""
        if self.config.training.rewards.held_out is None:
            return []
        return self.of_rows("rewards/{model}/{method}/seed{seed}.held_out.json", self.rewarded)

    @property
    def unread(self) -> list[str]:
        """The files that no rule reads and that one wants: reports, disagreements, accuracies."""
        sources = [f"{self.run}/problems/{name}" for name in self.config.problems.sources]
        redrawn = [
            self.drawn_pairs(SimpleNamespace(model=model, method=method))
            for model, method, _ in self.trained
            if self.config.methods[method].pairs_seed is not None
        ]
        return [
            *(f"{path}.{kind}" for path in sources for kind in ("report.json", "manifest.jsonl")),
            *self.of_gradings(".judges.json", second_judge=True),
            *self.held_out_accuracies,
            *(path.removesuffix("jsonl") + "stats.json" for path in redrawn),
        ]

    def held_out_files(self, wildcards: Any) -> dict[str, str]:
        """Return the answers of the untrained model that a policy's reward is tried on."""
        name, base = self.config.training.rewards.held_out, self.config.base_of(wildcards.model)
        assert name is not None
        answers = f"{self.run}/benchmarks/{wildcards.model}/{base}/seed0/{name}"
        return {
            "data": tasks_file(self.config, self.run, wildcards.model, name),
            "answers": f"{answers}.sampled.jsonl",
            "verdicts": f"{answers}.sampled_verdicts.json",
        }

    def trainer_of(self, method: str) -> Trainer | None:
        """Return how a method is trained; None: it is the model as it came."""
        name = self.config.methods[method].trainer
        return None if name == "none" else TRAINERS[name]

    def methods(self, having: Callable[[Trainer], bool]) -> str:
        """Return the wildcard pattern of the trained methods whose trainer satisfies ``having``."""
        names = [
            name
            for name in self.config.methods
            if (trainer := self.trainer_of(name)) and having(trainer)
        ]
        return "|".join(names) or "no-such-method"

    # --- Files ----------------------------------------------------------------------------------

    def of_rows(self, pattern: str, rows: list[Row] | None = None) -> list[str]:
        """Return the paths that a pattern of {model}, {method}, {seed} has for rows (all)."""
        return [
            f"{self.run}/{pattern.format(model=model, method=method, seed=seed)}"
            for model, method, seed in (self.rows if rows is None else rows)
        ]

    def of_gradings(self, suffix: str, second_judge: bool = False) -> list[str]:
        """Return a file of each grading of greedy answers: of every row on every benchmark.

        Args:
            suffix: what the file's name ends with, for example ``.verdicts.json``.
            second_judge: only of benchmarks that have one.
        """
        return [
            f"{folder}/{name}{suffix}"
            for folder in self.of_rows("benchmarks/{model}/{method}/seed{seed}")
            for name in self.greedy
            if not second_judge or BENCHMARKS[self.config.benchmarks[name].dataset].second_judge
        ]

    def of_sampled(self, suffix: str) -> list[str]:
        """Return a file of the samples of every row on every benchmark that is sampled."""
        folders = self.of_rows("benchmarks/{model}/{method}/seed{seed}")
        return [f"{folder}/{name}{suffix}" for folder in folders for name in self.sampled]

    @cached_property
    def greedy(self) -> list[str]:
        """The benchmarks whose tasks are answered greedily."""
        return [name for name in self.config.use_benchmarks if self.config.is_greedy(name)]

    @cached_property
    def sampled(self) -> dict[str, int]:
        """The benchmarks whose tasks are sampled: how many samples each task gets."""
        counts = {name: self.config.samples_per_task(name) for name in self.config.use_benchmarks}
        return {name: count for name, count in counts.items() if count}

    @property
    def sample_table(self) -> dict[str, str]:
        """The verdicts on all samples, as a named file of a rule; none without samples."""
        return {"sampled": f"{self.run}/benchmarks/samples.csv"} if self.sampled else {}

    @property
    def reranked(self) -> list[str]:
        """Best of n of every row's samples; none where it is not asked for."""
        return self.of_sampled(".reranked.json") if self.config.evaluation.rerank else []

    def reranking_files(self, wildcards: Any) -> dict[str, str]:
        """Return what a policy's samples are chosen by."""
        of = f"{self.run}/benchmarks/{wildcards.model}/{wildcards.method}/seed{wildcards.seed}"
        ways, trainer = self.config.evaluation.rerank, self.trainer_of(wildcards.method)
        by_reward = trainer is not None and trainer.implicit_reward and "implicit_reward" in ways
        return {
            **(
                {"runs": f"{of}/{wildcards.benchmark}.visible.jsonl"} if "agreement" in ways else {}
            ),
            **({"rewards": f"{of}/{wildcards.benchmark}.rewards.jsonl"} if by_reward else {}),
        }

    @property
    def answering_options(self) -> str:
        """How the benchmarks' tasks are answered, as options of ``generate_solutions.py``."""
        counts = [f"--samples {name}={count}" for name, count in self.sampled.items()]
        others = [name for name in self.config.use_benchmarks if name not in self.greedy]
        parts = [*counts, *(["--not-greedy", *others] if others else [])]
        for name in self.config.use_benchmarks:
            style = self.config.benchmarks[name].prompt_style
            parts += [f"--own-prompt-style {name}={style}"] if style else []
        if self.sampled:
            parts += [f"--seed {self.config.seed}"]
            parts += [flags(self.config.evaluation, ("greedy", "samples_per_task"))]
        return " ".join(parts)

    @property
    def compared(self) -> bool:
        """Whether some model has a trained row beside itself as it came."""
        untrained = {model for model, method, _ in self.rows if self.trainer_of(method) is None}
        return any(model in untrained for model, _, _ in self.trained)

    @property
    def _losses(self) -> set[tuple[str, ...]]:
        """The losses of the run's trainings on pairs."""
        methods = {method for _, method, _ in self.trained}
        settings = [self.config.settings_of(method) for method in methods]
        return {tuple(one.loss_type) for one in settings if isinstance(one, DpoConfig)}

    @cached_property
    def figures(self) -> list[str]:
        """The names of the figures that this run has."""
        sweep = any(
            self.trainer_of(method)
            and self.config.methods[method].max_pairs
            and self.config.methods[method].pairs != "rated"
            for _, method, _ in self.rows
        )
        return [
            *(["figure1"] if self.rewarded else []),
            "figure2",
            *(["learning_curves"] if self.trained else []),
            *(["log_probs"] if len(self._losses) > 1 else []),
            *(["pair_yield"] if self.models else []),
            *("verdict_classes", "scores"),
            *(["pass_at_k"] if self.sampled else []),
            *(["differences"] if self.compared else []),
            *(["data_size"] if sweep else []),
            "workflow",
        ]

    # --- Models ---------------------------------------------------------------------------------

    def model_inputs(self, wildcards: Any) -> dict[str, str]:
        """Return what a model is made from: a folder of this machine, or a base and solutions."""
        source = self.config.models[wildcards.model].source
        if given := self.user_files.of_model(wildcards):
            return {"path": given[0]}
        if not isinstance(source, DerivedModel):
            return {}
        return {
            "base_folder": self.model_folder(source.base),
            "problems": f"{self.run}/problems/all.jsonl",
        }

    def policy_folder(self, wildcards: Any) -> str:
        """Return the folder of a policy: the model as it came, or its checkpoint."""
        if self.trainer_of(wildcards.method) is None:
            return self.model_folder(wildcards.model)
        return f"{self.run}/checkpoints/{wildcards.model}/{wildcards.method}/seed{wildcards.seed}"

    # --- Pairs ----------------------------------------------------------------------------------

    def partner(self, wildcards: Any) -> str | None:
        """Return the model whose pairs a method of this model borrows or is matched with."""
        model, method = wildcards.model, wildcards.method
        for experiment in self.config.experiments:
            if experiment.model == model and method in experiment.methods:
                return self.config.partner(experiment, method)
        return None

    def pairs_from(self, wildcards: Any) -> str | None:
        """Return whose pairs a method trains on: its start's, its partner's, or a judge's."""
        method = self.config.methods[wildcards.method]
        if method.pairs == "rated":
            return method.pairs_from
        start = self.config.start_of(wildcards.model, wildcards.method)
        return self.partner(wildcards) if method.pairs == "off_policy" else start

    def drawn_pairs(self, wildcards: Any) -> str:
        """Return the pairs that a method starts from, as they were drawn."""
        again = self.config.methods[wildcards.method].pairs_seed
        part = "" if again is None else f"/redrawn/{again}"
        return f"{self.run}/pairs/{self.pairs_from(wildcards)}{part}.jsonl"

    def matched_pairs(self, wildcards: Any) -> list[str]:
        """Return the pairs that a control matches the others with; none if it is no control."""
        method = self.config.methods[wildcards.method]
        if method.control == "none":
            return []
        start = self.config.start_of(wildcards.model, wildcards.method)
        other = start if method.pairs == "off_policy" else self.partner(wildcards)
        return [f"{self.run}/pairs/{other}.jsonl"]

    def problems_of_pairs(self, wildcards: Any) -> list[str]:
        """Return the problems, where a method takes only those of some sources."""
        asked = self.config.methods[wildcards.method].problem_sources
        return [f"{self.run}/problems/all.jsonl"] if asked else []

    def filter_options(self, wildcards: Any, input: Any) -> str:
        """Return which part of the pairs a method trains on."""
        method = self.config.methods[wildcards.method]
        parts = [f"--control {method.control}", options_of({"other": input.other})]
        parts += [f"--max-pairs {method.max_pairs}"] if method.max_pairs else []
        if method.problem_sources:
            parts += [options_of({"problems": input.problems}), "--problem-sources"]
            parts += map(shlex.quote, method.problem_sources)
        return " ".join(filter(None, parts))

    # --- Training -------------------------------------------------------------------------------

    def training_data(self, wildcards: Any) -> str:
        """Return what a method learns from: problems, or pairs as drawn or as filtered."""
        trainer = self.trainer_of(wildcards.method)
        if trainer and trainer.data == "problems":
            return f"{self.run}/problems/all.jsonl"
        method = self.config.methods[wildcards.method]
        if not method.takes_part:
            return self.drawn_pairs(wildcards)
        return f"{self.run}/pairs/{wildcards.model}/{wildcards.method}.jsonl"

    def references(self, wildcards: Any) -> list[str]:
        """Return the file of what the reference gives the pairs; none: the training computes it."""
        if not self.config.shares_references(wildcards.method):
            return []
        reference = self.config.reference_of(wildcards.model, wildcards.method)
        pairs = Path(self.drawn_pairs(wildcards)).relative_to(f"{self.run}/pairs")
        return [f"{self.run}/references/{reference}/{pairs}"]

    @property
    def reference_settings(self) -> TrainerConfig:
        """The settings with which references are scored."""
        return self.config.training.of("dpo")

    def training_options(self, wildcards: Any, input: Any) -> str:
        """Return the trainer's name and the options that it takes."""
        trainer = self.trainer_of(wildcards.method)
        assert trainer is not None
        parts = [self.config.methods[wildcards.method].trainer]
        if trainer.data == "pairs":
            parts += [options_of({"pairs": input.data})]
            parts += [f"--pairs-from {self.pairs_from(wildcards)}"]
            parts += [options_of({"references": input.references, "reference_folder": input.kept})]
        else:
            parts += [options_of({"problems": input.data}), flags(self.config.execution)]
        parts += [flags(self.config.settings_of(wildcards.method))]
        return " ".join(filter(None, parts))

    def launch(self, wildcards: Any, settings: str) -> str:
        """Return what starts a training: python, or one process per GPU.

        Args:
            wildcards: name the method; without one, it is the scoring of references.
            settings: the folder of accelerate's settings for each way to share a training.
        """
        method = getattr(wildcards, "method", None)
        return self.launch_of(self.config.settings_of(method) if method else None, settings)

    def launch_of(self, trainer: TrainerConfig | None, settings: str) -> str:
        """Return the same for a training with these hyperparameters; None: without LoRA."""
        gpus, how = self.config.compute.train.gpus, self.config.training.launch
        if gpus < 2:
            return "python"
        if how == "auto":
            how = "ddp" if trainer and trainer.lora_rank else "fsdp2"
        file = shlex.quote(f"{settings}/{how}.yaml")
        # Port 0: a free one, so that two trainings can share a node.
        free_port = "--main_process_port 0"
        return f"accelerate launch --config_file {file} --num_processes {gpus} {free_port}"

    # --- Preflight ------------------------------------------------------------------------------

    @property
    def preflight_jobs(self) -> list[str]:
        """What every job of a preflight found."""
        folder = f"{self.run}/preflight"
        kinds, models = ("sample", "train"), self.config.preflight
        of_models = [f"{folder}/{kind}/{model}.json" for kind in kinds for model in models]
        return [f"{folder}/execute.json", *of_models]

    def preflight_model(self, wildcards: Any) -> str:
        """Return the folder that a site is tried with: of a model of this run with its weights."""
        own = self.config.weights_of(wildcards.model)
        if own in self.weights:
            return f"{self.run}/models/{own}"
        return f"{self.run}/preflight/models/{wildcards.model}"

    def fetched_by_other_runs(self, wildcards: Any) -> str:
        """Return the folders in which other runs have a model already, as an option."""
        found = Path("results").glob(f"*/models/{wildcards.model}")
        return options_of({"fetched": sorted(str(folder) for folder in found)})
