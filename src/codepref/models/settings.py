"""Settings of models: the policies of the catalogue and where each comes from."""

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from codepref.strict import SHA256, Line, Name, Repository, Section

_PACKAGED_FILE = re.compile(
    r"(?P<package>[\w.-]+)==(?P<version>[\w.!+-]+)/(?P<file>[^/].*)", re.ASCII
)


class HubModel(Section):
    """A model of the Hugging Face hub, pinned to a revision."""

    kind: Literal["hub"] = "hub"
    repo: Repository
    revision: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]


class PackagedModel(Section):
    """A GGUF file that installed Python packages carry, one of them or in parts (no hub needed)."""

    kind: Literal["package"]
    files: list[str] = Field(
        min_length=1,
        description="PACKAGE==VERSION/FILE; of a file in parts, each part in its order",
    )
    sha256: Annotated[str, Field(pattern=SHA256)] = Field(
        description="of the file, or of all parts joined"
    )

    @field_validator("files")
    @classmethod
    def _each_names_a_packages_file(cls, files: list[str]) -> list[str]:
        for file in files:
            if not _PACKAGED_FILE.fullmatch(file):
                raise ValueError(f"expected PACKAGE==VERSION/FILE, not '{file}'")
        return files

    @property
    def parts(self) -> list[tuple[str, str, str]]:
        """Package, version and file of each part."""
        found = [_PACKAGED_FILE.fullmatch(file) for file in self.files]
        return [(one["package"], one["version"], one["file"]) for one in found if one]


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


class TrainedModel(Section):
    """The checkpoint of a row of this run, at the first training seed."""

    kind: Literal["trained"]
    model: Name
    method: Name


SOURCES = (HubModel, PackagedModel, DerivedModel, FolderModel)
"""of models that have a folder of their own in ``models/``"""
ModelSource = Annotated[
    HubModel | PackagedModel | DerivedModel | FolderModel | TrainedModel,
    Field(discriminator="kind"),
]


class ModelConfig(Section):
    """One policy of the catalogue."""

    label: Line = Field(description="how tables name it")
    paper_model: Literal["codeqwen", "deepseek", "codellama"] | None = Field(
        default=None, description="the paper's rows it is compared with"
    )
    published_as: str | None = Field(
        default=None,
        description="the hub's repository whose weights these are, where the source is another: "
        "its published scores stand beside the base row's",
    )
    temperature: float | None = Field(
        default=None, gt=0, description="of its samples, instead of sampling.temperature"
    )
    released_after: date | None = Field(
        default=None,
        description="the last day of its training data, as far as is known: of benchmarks with "
        "dates (LiveCodeBench) it is asked only what was released after it",
    )
    source: ModelSource

    @field_validator("released_after", mode="before")
    @classmethod
    def _is_a_day(cls, value: Any) -> Any:
        if isinstance(value, int | float):
            raise ValueError(f"expected a day, YYYY-MM-DD, found {value}")
        return value

    @property
    def repository(self) -> str | None:
        """The repository of the hub that published scores of it are known by, if any is."""
        return self.source.repo if isinstance(self.source, HubModel) else self.published_as
