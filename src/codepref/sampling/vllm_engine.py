"""Sampling with vLLM: all prompts of a call at once, each prompt computed once (prefix cache).

A prompt's samples are requests of their own (vLLM splits ``n=8`` into the same eight requests), so
that each has its own seed and can end where its code block closes.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from codepref.devices import Precision
from codepref.errors import UserError, is_out_of_memory
from codepref.models import configured_end, load_tokenizer
from codepref.sampling.completion import CompletionBuilder, TextDecoder, end_tokens
from codepref.sampling.engine import Completion, Decoding, OnStep, Prompt

_BATCH_INVARIANT = "VLLM_BATCH_INVARIANT"
_BATCH_INVARIANT_CAPABILITY = (9, 0)  # compute capability from which vLLM has such kernels
_CPU_ROWS = 128
# The prefix cache keeps whole blocks. vLLM's default on the CPU is 128 tokens: more than prompts of
# benchmark tasks have in common, and half a prompt is computed for each of its samples.
_CPU_BLOCK = 32


class VllmEngine:
    """A model folder loaded with vLLM on GPUs or on the CPU.

    Args:
        folder: a complete model folder.
        longest: tokens of the longest prompt plus the longest response.
        rows: completions under way at once, at most.
        gpus: over how many the model is split (tensor parallel); 0: it runs on the CPU.
        precision: the number format of weights and computation.
        random_weights: the folder has none; they take random values.

    Raises:
        UserError: this build of vLLM finds no GPU, the model and its cache do not fit into memory,
            or cannot be loaded.
    """

    def __init__(
        self,
        folder: Path,
        longest: int,
        rows: int,
        gpus: int,
        precision: Precision,
        random_weights: bool = False,
    ) -> None:
        self._gpus = gpus
        _set_environment(gpus)
        from vllm import LLM
        from vllm.platforms import current_platform

        if current_platform.is_unspecified():
            raise UserError(
                "this vllm is built for GPUs, and the job sees none; give it one "
                "(compute.generate.gpus, a partition with GPUs, --nv), or set engine: transformers"
            )
        self._folder, tokenizer = folder, load_tokenizer(folder, weights=not random_weights)
        self._decoder = TextDecoder(tokenizer, end_tokens(tokenizer, configured_end(folder)))
        if gpus:
            options: dict[str, Any] = {"tensor_parallel_size": gpus}
        else:
            # Chunked prefill breaks per-request seeds on the CPU ("CPU Generator does not use
            # offset"); without it a whole prompt has to fit into one step.
            options = {
                "enforce_eager": True,
                "enable_chunked_prefill": False,
                "max_num_seqs": min(rows, _CPU_ROWS),
                "max_num_batched_tokens": max(longest, 4096),
                "block_size": _CPU_BLOCK,
            }
        try:
            self._llm = LLM(
                model=str(folder),
                load_format="dummy" if random_weights else "auto",
                dtype={"bf16": "bfloat16", "fp32": "float32"}[precision],
                max_model_len=longest,
                enable_prefix_caching=True,
                disable_log_stats=True,
                **options,
            )
        except (RuntimeError, ValueError, MemoryError) as error:
            raise _explain(error, folder, gpus) from error

    def complete(
        self,
        prompts: Sequence[Prompt],
        decoding: Decoding,
        on_step: OnStep = lambda tokens, finished: None,
    ) -> list[list[Completion]]:
        """See ``Engine.complete``."""
        try:
            return self._complete(prompts, decoding, on_step)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            raise _explain(error, self._folder, self._gpus) from error

    def _complete(
        self, prompts: Sequence[Prompt], decoding: Decoding, on_step: OnStep
    ) -> list[list[Completion]]:
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind

        engine = self._llm.llm_engine
        engine.reset_prefix_cache()  # what an earlier call left must not change this one
        under_way: dict[str, CompletionBuilder] = {}
        rows: list[list[CompletionBuilder]] = []
        for number, prompt in enumerate(prompts):
            rows.append([])
            for index, seed in enumerate(prompt.seeds):
                greedy = decoding.temperature == 0
                settings = SamplingParams(
                    temperature=decoding.temperature,
                    top_p=decoding.top_p,
                    max_tokens=decoding.max_tokens,
                    seed=None if greedy else seed,
                    stop_token_ids=sorted(self._decoder.end_tokens),
                    ignore_eos=True,  # these alone end a response, as in the other engine
                    detokenize=False,  # our own decoder does it, the same for both engines
                    output_kind=RequestOutputKind.DELTA,
                )
                name = f"{number}/{index}"
                engine.add_request(name, {"prompt_token_ids": prompt.tokens}, settings)
                under_way[name] = CompletionBuilder(
                    self._decoder, prompt.tokens, decoding, prompt.entry_point
                )
                rows[-1].append(under_way[name])
        while engine.has_unfinished_requests():
            tokens, closed, finished = 0, [], 0
            for output in engine.step():
                row = under_way.get(output.request_id)
                if row is None:  # a last step of a request that was ended
                    continue
                tokens += len(output.outputs[0].token_ids)
                done = any(row.add(token) for token in output.outputs[0].token_ids)
                if done and not output.finished:
                    closed.append(output.request_id)
                if done or output.finished:
                    del under_way[output.request_id]
                    finished += 1
            if closed:
                engine.abort_request(closed)
            on_step(tokens, finished)
        return [[row.completion() for row in some] for some in rows]


def describe_gpus(gpus: int) -> list[str]:
    """Return how vLLM uses so many GPUs for one engine, as far as it changes roundings."""
    invariant = os.environ.get(_BATCH_INVARIANT, str(int(_has_batch_invariance())))
    return [
        f"tensor parallel {gpus}",
        "batch-invariant" if int(invariant) else "not batch-invariant",
    ]


def _has_batch_invariance() -> bool:
    import torch

    return torch.cuda.get_device_capability() >= _BATCH_INVARIANT_CAPABILITY


def _set_environment(gpus: int) -> None:
    """Set what vLLM reads from the environment when it is imported; the user's own wins."""
    wanted = {
        # The engine's loop runs in this process: nothing is scheduled by chance, and a second run
        # forms the same batches.
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
        "VLLM_LOGGING_LEVEL": "WARNING",
        "VLLM_NO_USAGE_STATS": "1",
        # It would be compiled at start-up, by a CUDA compiler that the image does not have. Seeded
        # and greedy requests, all of ours, never use it.
        "VLLM_USE_FLASHINFER_SAMPLER": "0",
    }
    if gpus and _has_batch_invariance():
        wanted[_BATCH_INVARIANT] = "1"
    if not gpus:
        wanted["VLLM_CPU_KVCACHE_SPACE"] = "4"  # GiB; for 128 rows of a 1.5B model in fp32
        # By default vLLM keeps a core for its front end, which shares this process's cores here.
        cores = sorted(os.sched_getaffinity(0))
        wanted["VLLM_CPU_OMP_THREADS_BIND"] = ",".join(str(core) for core in cores)
    for name, value in wanted.items():
        os.environ.setdefault(name, value)


def _explain(error: Exception, folder: Path, gpus: int) -> UserError:
    """Return an error of vLLM as one that tells the user what to do."""
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if is_out_of_memory(error):
        advice = (
            "let more GPUs share a model (compute.generate.gpus_per_engine), or lower max_tokens"
            if gpus
            else "lower max_tokens, or set VLLM_CPU_KVCACHE_SPACE to less than the free GiB"
        )
        return UserError(
            f"{folder}: vllm is out of memory ({text}); {advice}, then run again: finished groups "
            "of prompts are kept"
        )
    return UserError(
        f"{folder}: vllm cannot load the model ({text}); try engine: transformers, or another "
        "version of vllm"
    )
