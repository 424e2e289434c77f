"""Settings of models: the policies of the catalogue and where each comes from."""

from typing import Annotated, Literal

from pydantic import Field

from codepref.strict import Line, Name, Repository, Section


class HubModel(Section):
    """A model of the Hugging Face hub, pinned to a revision."""

    kind: Literal["hub"] = "hub"
    repo: Repository
    revision: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]


class PackagedModel(Section):
    """A GGUF file that an installed Python package carries (no hub needed)."""

    kind: Literal["package"]
    package: Line
    file: Line
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class DerivedModel(Section):
    """Another model of the catalogue after a short supervised run on reference solutions."""

    kind: Literal["derived"]
    base: Name
    references: int = Field(default=16, ge=1, description="solutions trained on")
    epochs: float = Field(default=1.0, gt=0)
    learning_rate: float = Field(default=2e-5, gt=0)
    batch_size: int = Field(default=4, ge=1)


class FolderModel(Section):
    """A model folder on this machine (config.json, weights, tokenizer)."""

    kind: Literal["folder"]
    path: Line


SOURCES = (HubModel, PackagedModel, DerivedModel, FolderModel)
ModelSource = Annotated[
    HubModel | PackagedModel | DerivedModel | FolderModel, Field(discriminator="kind")
]


class ModelConfig(Section):
    """One policy of the catalogue."""

    label: Line = Field(description="how tables name it")
    paper_model: Literal["codeqwen", "deepseek", "codellama"] | None = Field(
        default=None, description="the paper's rows it is compared with"
    )
    temperature: float | None = Field(
        default=None, gt=0, description="of its samples, instead of sampling.temperature"
    )
    source: ModelSource
