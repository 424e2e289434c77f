"""Starting the engine that samples, and how fast it is.

A model whose weights are not there yet gets random ones of its own shape: they take the same time.
"""

import time

from codepref.devices import choose_precision
from codepref.models import load_tokenizer
from codepref.preflight.findings import Finding, Found, not_done
from codepref.preflight.place import GIVE_GPUS, NO_GPUS, Place
from codepref.problems.builtin import builtin_problems
from codepref.prompts import problem_messages, render
from codepref.sampling.engine import Decoding, Prompt
from codepref.sampling.engines import choose_engine, describe_engine, load_engine

# Prompts, samples of each, tokens of each sample: under a minute for 7B on one GPU of the H100
# class, and seconds for the small model on a laptop.
_ON_GPUS, _ON_THE_CPU = (64, 8, 256), (1, 2, 8)
_CONTEXT = 4096  # tokens that the engine makes room for: a long prompt, a response of 2,048


def look(place: Place) -> Found:
    """Return how long the engine takes to start, and its tokens a second on one GPU."""
    check = f"{place.model}: sampling"
    if not (place.gpus or place.has_weights):
        return Found(findings=[not_done(check, NO_GPUS, GIVE_GPUS)])
    name = choose_engine(place.sampling.engine)
    if name == "transformers" and not place.has_weights:
        why = "the engine is transformers, and the weights are not there"
        return Found(findings=[not_done(check, why, "set sampling.engine: vllm, or fetch them")])
    count, samples, tokens = _ON_GPUS if place.gpus else _ON_THE_CPU
    prompts = _prompts(place, count, samples)
    started = time.monotonic()
    gpus = min(place.gpus, 1)  # a job's engines have one each
    random_weights = not place.has_weights
    precision = choose_precision(place.sampling.precision)
    engine = load_engine(
        *(name, place.folder, _CONTEXT, count * samples, gpus, precision, random_weights)
    )
    ready = time.monotonic()
    decoding = Decoding(place.sampling.temperature, place.sampling.top_p, tokens)
    engine.complete(prompts[:1], decoding)  # what is compiled at first use
    warm = time.monotonic()
    drawn = [one for row in engine.complete(prompts, decoding) for one in row]
    seconds = time.monotonic() - warm
    rate = sum(one.tokens for one in drawn) / seconds
    weights = "" if place.has_weights else ", random weights"
    found = (
        f"{describe_engine(name, gpus, precision)}{weights}: starts in {ready - started:.0f} s, "
    )
    found += f"{rate:,.0f} tokens/s {'a GPU' if place.gpus else 'on the CPU'}"
    return Found(
        findings=[Finding(check=check, found=found)],
        figures={"start_seconds": ready - started, "sampled_tokens_per_second": rate},
    )


def _prompts(place: Place, count: int, samples: int) -> list[Prompt]:
    """Return prompts of easy problems, each with the seeds of its samples."""
    tokenizer = load_tokenizer(place.folder, weights=False)
    rendered = [render(tokenizer, problem_messages(one)) for one in builtin_problems()]
    return [
        Prompt(rendered[n % len(rendered)], [n * samples + k for k in range(samples)])
        for n in range(count)
    ]
