"""Which tasks of a benchmark a model is asked: all, or those newer than its training data."""

from typing import Any

from codepref.cli import options_of
from codepref.config import Config
from codepref.evaluation.benchmarks import BENCHMARKS


def tasks_file(config: Config, run: str, model: str, benchmark: str) -> str:
    """Return the file of the tasks that a model is asked."""
    if BENCHMARKS[config.benchmarks[benchmark].dataset].dated:
        return f"{run}/benchmarks/windows/{model}/{benchmark}.jsonl"
    return f"{run}/benchmarks/data/{benchmark}.jsonl"


class TaskWindows:
    """Input and params functions of the rules about benchmarks."""

    def __init__(self, config: Config, run: str) -> None:
        self.config, self.run = config, run

    def of_benchmark(self, wildcards: Any) -> str:
        """Return the tasks of one benchmark that a model is asked."""
        return tasks_file(self.config, self.run, wildcards.model, wildcards.benchmark)

    def of_every_benchmark(self, wildcards: Any) -> list[str]:
        """Return the tasks of each benchmark of the run that a model is asked."""
        names = self.config.use_benchmarks
        return [tasks_file(self.config, self.run, wildcards.model, name) for name in names]

    def of_held_out(self, wildcards: Any) -> str:
        """Return those of the benchmark whose answers implicit rewards are tried on."""
        name = self.config.training.rewards.held_out
        return tasks_file(self.config, self.run, wildcards.model, str(name))

    def named(self, wildcards: Any, input: Any) -> list[str]:
        """Return name, data set and tasks of each benchmark, as options."""
        return [
            options_of({"benchmark": f"{name}:{self.config.benchmarks[name].dataset}={path}"})
            for name, path in zip(self.config.use_benchmarks, input.data, strict=True)
        ]

    def after(self, wildcards: Any) -> str:
        """Return the last day of a model's training data."""
        return str(self.config.models[wildcards.model].released_after)
