"""What jobs start from: a model as it came, or the checkpoint of a round before."""

from typing import Any

from codepref.config import Config
from codepref.config_rounds import before
from codepref.models.settings import TrainedModel


class Starts:
    """The part of the job graph that knows of rounds.

    Attributes:
        config: what is run.
        run: the run's folder.
    """

    config: Config
    run: str

    @property
    def models(self) -> list[str]:
        """The models that are sampled."""
        raise NotImplementedError

    def model_folder(self, model: str) -> str:
        """Return the folder with a model's weights: fetched, or the checkpoint of another row."""
        own = self.config.weights_of(model)
        source = self.config.models[own].source
        if not isinstance(source, TrainedModel):
            return f"{self.run}/models/{own}"
        seed = self.config.training.seeds[0]
        return f"{self.run}/checkpoints/{source.model}/{source.method}/seed{seed}"

    def start_folder(self, wildcards: Any) -> str:
        """Return the folder of the model that a training starts from."""
        return self.model_folder(self.config.start_of(wildcards.model, wildcards.method))

    def reference_folder(self, wildcards: Any) -> str:
        """Return the folder of the model that a policy's implicit reward is against (eq. 4)."""
        return self.model_folder(self.config.reference_of(wildcards.model, wildcards.method))

    def kept_reference(self, wildcards: Any) -> list[str]:
        """Return the folder of the reference where it is not what a training starts from."""
        kept = self.config.keeps_reference(wildcards.method)
        return [self.reference_folder(wildcards)] if kept else []

    @property
    def of_rounds(self) -> dict[str, list[str]]:
        """The verdicts and pair counts of every round's samples; none: there is one round."""
        earlier = {name: before(self.config, name) for name in self.models}
        pairs = [(name, one) for name, one in earlier.items() if one in earlier]
        rounds = sorted({str(name) for pair in pairs for name in pair})
        files = {"executions": "executions/{}.jsonl", "statistics": "pairs/{}.stats.json"}
        return {
            f"round_{kind}": [f"{self.run}/{path.format(name)}" for name in rounds]
            for kind, path in files.items()
            if rounds
        }
