"""Settings of training: seeds, hyperparameters of each trainer, and methods."""

from copy import copy
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    create_model,
    field_validator,
    model_serializer,
    model_validator,
)

from codepref.strict import FieldError, Line, Name, Section, nearest
from codepref.training.trainers import TRAINERS, TrainerConfig


class RewardsConfig(Section):
    """Scoring samples with DPO's implicit reward (paper, eq. 4 and Figure 1)."""

    max_problems: int | None = Field(
        default=None,
        ge=1,
        description="score only the samples of so many problems, drawn at random",
    )
    held_out: Name | None = Field(
        default=None,
        description="a sampled benchmark: the untrained model's answers to its tasks are scored, "
        "too, as pairs that no policy was trained on",
    )


class _Training(Section):
    """Seeds and hyperparameters of the trained methods."""

    seeds: list[Annotated[int, Field(ge=0, lt=2**31)]] = Field(
        default=[0, 1, 2, 3, 4, 5],
        min_length=1,
        description="six, so that what can be found is found (make plan); the paper has one",
    )
    launch: Literal["auto", "fsdp2", "zero3", "ddp"] = Field(
        default="auto",
        description="how several GPUs share a training (envs/accelerate): fsdp2, zero3 (DeepSpeed) "
        "or ddp; auto: ddp for LoRA, else fsdp2",
    )
    rewards: RewardsConfig = RewardsConfig()

    def of(self, trainer: str) -> TrainerConfig:
        """Return the section of a trainer."""
        return getattr(self, trainer)


class _OnlyWhatIsSet(Section):
    """A section that is written without the keys that were not given: they mean no default."""

    @model_serializer(mode="wrap")
    def _without_defaults(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {key: value for key, value in handler(self).items() if key in self.model_fields_set}


class _Method(_OnlyWhatIsSet):
    """One way to a checkpoint; its name is part of file names."""

    label: Line = Field(description="how tables name it")
    trainer: str = Field(
        default="none",
        description=f"none (the model as it came), {', '.join(TRAINERS)}",
        json_schema_extra={"enum": ["none", *TRAINERS]},
    )
    pairs: Literal["own", "off_policy", "rated"] = Field(
        default="own",
        description="whose: the model's own; off_policy: another model's; rated: of responses of "
        "several models that a judge has rated",
    )
    pairs_from: Name | None = Field(
        default=None,
        description="the other model, for off_policy and controls (default: the experiment's "
        "'off_policy_from'); the name in 'rated_pairs', for rated",
    )
    control: Literal["none", "shared_problems", "length_matched"] = Field(
        default="none",
        description="keep only pairs that match one of the other model in problem or in length",
    )
    max_pairs: int | None = Field(
        default=None, ge=1, description="train on a random subset of this size; subsets are nested"
    )
    problem_sources: list[Name] = Field(
        default=[],
        description="train on the pairs of problems whose 'source' is one of these; empty: all",
    )
    pairs_seed: int | None = Field(
        default=None, ge=0, description="draw the pairs with this seed instead of 'seed'"
    )
    after: Name | None = Field(
        default=None,
        description="start from the checkpoint of this method (at the first training seed), and "
        "draw samples and pairs from that; default: from the model as it came",
    )
    rounds: int = Field(
        default=1,
        ge=1,
        le=99,
        description="train this often, each time after the time before, on samples of that "
        "checkpoint; adds the methods <name>_round2, <name>_round3, ...",
    )

    @field_validator("trainer")
    @classmethod
    def _trainer_is_known(cls, name: str) -> str:
        if name not in ("none", *TRAINERS):
            raise ValueError(f"there is no such trainer{nearest(name, ['none', *TRAINERS])}")
        return name

    @model_validator(mode="after")
    def _every_key_does_something(self) -> "_Method":
        useful = {"label", "trainer", self.trainer}
        if self.trainer != "none":
            useful.add("after")
        if self.trainer != "none" and TRAINERS[self.trainer].data == "pairs":
            useful |= {"pairs", "pairs_from", "control", "max_pairs"}
            useful |= {"problem_sources", "pairs_seed", "rounds"}
        if useless := sorted(self.model_fields_set - useful):
            raise FieldError(
                useless[0],
                f"it does nothing here: the method's trainer is '{self.trainer}'; remove it",
            )
        if self.rounds > 1 and self.pairs != "own":
            raise FieldError(
                "rounds",
                "each round is on samples of the checkpoint before, but the method takes pairs of "
                f"other responses; remove 'pairs: {self.pairs}' or 'rounds'",
            )
        if self.pairs_from and self.pairs == "own" and self.control == "none":
            raise FieldError(
                "pairs_from",
                "it does nothing here: the method takes the model's own pairs; set "
                "'pairs: off_policy' or remove it",
            )
        if self.pairs == "rated":
            if not self.pairs_from:
                raise FieldError("pairs_from", "name the source in 'rated_pairs' here")
            for name in ("control", "problem_sources", "pairs_seed"):
                if name in self.model_fields_set:
                    text = "it does nothing here: rated pairs are of no problems and no samples"
                    raise FieldError(name, f"{text}; remove it")
        return self

    @property
    def takes_part(self) -> bool:
        """Whether it trains on a part of the pairs that were drawn."""
        return self.control != "none" or self.max_pairs is not None or bool(self.problem_sources)

    def settings(self, training: "_Training") -> TrainerConfig:
        """Return the hyperparameters: the trainer's section with what this method overrides.

        What belongs to an overridden setting (a loss's weights) is not taken from the section.

        Raises:
            ValidationError: a value is out of range beside the others.
        """
        section = training.of(self.trainer)
        own = getattr(self, self.trainer)
        values = {name: getattr(own, name) for name in own.model_fields_set} if own else {}
        replaced = {part for name in values for part in section.BELONGS_TO.get(name, ())}
        return type(section).model_validate(section.model_dump(exclude=replaced) | values)


def _overrides(name: str, settings: type[TrainerConfig]) -> Any:
    """Return the field of a method that overrides settings of its trainer: each is optional."""
    fields: dict[str, Any] = {}
    for key, field in settings.model_fields.items():
        optional = copy(field)
        optional.default, optional.default_factory = None, None
        annotation: Any = field.annotation
        fields[key] = (annotation | None, optional)
    section = create_model(
        f"{settings.__name__}Overrides",
        __base__=_OnlyWhatIsSet,
        __doc__=f"Settings of training.{name} that a method overrides.",
        **fields,
    )
    about = f"overrides settings of training.{name} for this method"
    return (section | None, Field(default=None, description=about))


if TYPE_CHECKING:
    TrainingConfig = _Training
    MethodConfig = _Method
else:  # the fields named after trainers come from the registry
    TrainingConfig = create_model(
        "TrainingConfig",
        __base__=_Training,
        __doc__=_Training.__doc__,
        **{name: (trainer.settings, trainer.settings()) for name, trainer in TRAINERS.items()},
    )
    MethodConfig = create_model(
        "MethodConfig",
        __base__=_Method,
        __doc__=_Method.__doc__,
        **{name: _overrides(name, trainer.settings) for name, trainer in TRAINERS.items()},
    )
