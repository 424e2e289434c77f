"""Settings of decoding: samples of the problems, answers to the benchmarks."""

from typing import Literal

from pydantic import Field, model_validator

from codepref.devices import Wanted
from codepref.sandbox.solution_end import StopAt
from codepref.strict import Section

_PRECISION = (
    "number format of weights and computation; auto: bf16 on GPUs and on processors with "
    "AVX512-BF16 or AMX, else fp32"
)


class SamplingConfig(Section):
    """On-policy samples of each problem (paper, section 2.2: eight distinct responses)."""

    engine: Literal["auto", "vllm", "transformers"] = Field(
        default="auto", description="auto: vllm where it is installed and runs, else transformers"
    )
    precision: Wanted = Field(default="auto", description=_PRECISION)
    samples_per_problem: int = Field(default=8, ge=1)
    temperature: float = Field(default=0.8, gt=0, description="the paper does not state it")
    top_p: float = Field(default=0.95, gt=0, le=1, description="the paper does not state it")
    max_tokens: int = Field(default=2048, ge=1, description="longer responses are cut and counted")
    stop_after_code: bool = Field(
        default=False, description="end a response when its first fenced code block closes"
    )
    batch_size: int = Field(
        default=64,
        ge=1,
        description="responses under way at once (transformers engine); changes them",
    )
    prompts_per_call: int = Field(
        default=128,
        ge=1,
        description="prompts that the engine is given at once; a killed job repeats these",
    )
    distinct_attempts: int = Field(
        default=0,
        ge=0,
        description="redraw duplicate programs up to this many times; 0: keep and count them",
    )


PromptStyle = Literal["chat", "evalplus"]
"""how benchmark tasks are worded"""


class GenerationConfig(Section):
    """Decoding of benchmark tasks: greedy answers (paper, section 3.1) and samples."""

    engine: Literal["auto", "vllm", "transformers"] = Field(
        default="auto", description="auto: vllm where it is installed and runs, else transformers"
    )
    precision: Wanted = Field(default="auto", description=_PRECISION)
    prompt_style: PromptStyle = Field(
        default="evalplus",
        description="evalplus: EvalPlus's own wording with the answer begun, as in published "
        "numbers; chat: worded like the training problems",
    )
    max_tokens: int = Field(default=1024, ge=1)
    stop_after_code: bool = Field(
        default=False, description="end a response when its first fenced code block closes"
    )
    stop_at: StopAt = Field(
        default="end",
        description="style evalplus, tasks with an entry point. end: the model ends its answer; "
        "block: where its block closes or its 'if __name__' begins behind a complete solution; "
        "tests: also before print(, assert and main of its own, so tests that fail do not count",
    )
    batch_size: int = Field(
        default=64, ge=1, description="answers under way at once (transformers engine)"
    )
    prompts_per_call: int = Field(
        default=256,
        ge=1,
        description="prompts that the engine is given at once; a killed job repeats these",
    )

    @model_validator(mode="after")
    def _stops_in_a_block(self) -> "GenerationConfig":
        if self.stop_at != "end" and self.prompt_style != "evalplus":
            raise ValueError(
                f"stop_at: {self.stop_at} needs prompt_style: evalplus, whose prompts open the "
                "answer's block; set stop_at: end"
            )
        return self
