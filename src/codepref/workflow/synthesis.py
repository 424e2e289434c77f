"""Which files the jobs read that write problems with a model (``rules/synthesis.smk``)."""

from types import SimpleNamespace
from typing import Any

from snakemake.io import ancient

from codepref.cli import flags, options_of
from codepref.config import Config
from codepref.problems.settings import SynthesisedSource
from codepref.sampling.settings import SamplingConfig
from codepref.synthesis.parts import parts
from codepref.synthesis.wording import BEFORE
from codepref.workflow.given_files import GivenFiles


class SynthesisGraph:
    """What the synthesised sources of a configuration ask for, as files.

    Attributes:
        sources: wildcard pattern of the synthesised sources.
        others: wildcard pattern of the other sources.
    """

    def __init__(self, config: Config, run: str) -> None:
        self.config, self.run = config, run
        self._given = GivenFiles(config)
        every = config.problem_sources
        mine = [n for n, one in every.items() if isinstance(one, SynthesisedSource)]
        self.sources = "|".join(mine) or "no-such-source"
        self.others = "|".join(name for name in every if name not in mine) or "no-such-source"

    def source(self, wildcards: Any) -> SynthesisedSource:
        """Return a source's settings."""
        source = self.config.problem_sources[wildcards.source]
        assert isinstance(source, SynthesisedSource)
        return source

    def seeds(self, wildcards: Any) -> dict[str, str | list[str]]:
        """Return what a source starts from: its own file, or another source's problems."""
        source = self.source(wildcards)
        if source.seeds_from is None:
            return {"given": self._given.of_source(wildcards)}
        return {"collected": f"{self.run}/problems/{source.seeds_from}.jsonl"}

    def model(self, wildcards: Any) -> Any:
        """Return the folder of the model that writes; its source decides, not its time.

        Who enters a run at its samples fetches the model after the problems.
        """
        return ancient(f"{self.run}/models/{self._weights(wildcards)}")

    def model_source(self, wildcards: Any) -> str:
        """Return where that model comes from; what lies at its path is ``model_given``."""
        return flags(self.config.models[self._weights(wildcards)].source, leave_out=("path",))

    def model_given(self, wildcards: Any) -> list[str]:
        """Return the files of that model, if the configuration names them by a path."""
        return self._given.of_model(SimpleNamespace(model=self.source(wildcards).model))

    def _weights(self, wildcards: Any) -> str:
        return self.config.weights_of(self.source(wildcards).model)

    def sampling(self, wildcards: Any) -> SamplingConfig:
        """Return how a stage's answers are drawn: as samples are, several of solutions only."""
        source = self.source(wildcards)
        count = source.solutions if wildcards.stage == "solution" else 1
        return self.config.sampling_of(source.model).model_copy(
            update={"samples_per_problem": count}
        )

    def before(self, wildcards: Any) -> list[str]:
        """Return the answers of the stage before, if there is one."""
        stage = BEFORE.get(wildcards.stage)
        return [self.answers(wildcards, stage)] if stage else []

    def before_options(self, wildcards: Any, input: Any) -> str:
        """Return the same as an option."""
        return options_of({"before": input.before})

    def answers(self, wildcards: Any, stage: str) -> str:
        """Return the model's answers of a stage to one part of the seeds."""
        return f"{self.run}/synthesis/{wildcards.source}/{stage}/{wildcards.part}.jsonl"

    def tried(self, wildcards: Any) -> list[str]:
        """Return what came of the seeds, part by part."""
        names = parts(self.source(wildcards).items, self.config.problems_per_shard)
        return [f"{self.run}/synthesis/{wildcards.source}/tried/{name}.jsonl" for name in names]

    def not_to_copy(self, wildcards: Any) -> list[str]:
        """Return the problems that none that is written may be a copy of."""
        names = [*self.config.problems.sources, self.source(wildcards).seeds_from]
        collected = [
            name
            for name in dict.fromkeys(filter(None, names))
            if not isinstance(self.config.problem_sources[name], SynthesisedSource)
        ]
        return [f"{self.run}/problems/{name}.jsonl" for name in collected]
