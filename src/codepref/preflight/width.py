"""One DPO training at a model's real width but of one and of two layers, with random weights.

What a layer adds to memory and time, times all layers, is what the whole model needs: the GPUs,
their number, and the longest pairs are those of the real trainings. Without GPUs the width is
shrunk, so that only the path itself is tried.
"""

import math
import resource
import shutil
from pathlib import Path
from typing import Any

from codepref.chat_template import end_of_turn
from codepref.files import read_json, whole_folder, write_records
from codepref.models import load_tokenizer, write_source
from codepref.models.folder import copy_all_but_weights, weights_sha256
from codepref.preflight.findings import Finding, Found, not_done
from codepref.preflight.place import GIVE_GPUS, NO_GPUS, Place
from codepref.prompts import prompt_sha256, render
from codepref.records import Message, Pair, PairSide
from codepref.training.trainers import NO_CHECKPOINT, DpoConfig

GB = 1e9
# Of a state to resume from (fp32 weights, two moments) and a finished model in bf16.
_BYTES_PER_PARAMETER = 12 + 2
_STEPS = 3  # the first has what happens once
_SHRUNK = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "head_dim": 16,
}
_SHRUNK_LENGTH = 256
_USABLE = 0.94  # of a GPU's memory: the rest is fragments, and NCCL's and CUDA's own


def look_for_room(place: Place) -> Found:
    """Return whether the files of a training of the whole model find room.

    Raises:
        UserError: the model is of a kind that transformers does not know.
    """
    need = _parameters(place) * _BYTES_PER_PARAMETER / GB
    free = shutil.disk_usage(place.work).free / GB
    found = Finding(
        check=f"{place.model}: room for one training's files",
        found=f"{need:,.0f} GB of {free:,.0f} free",
    )
    if need > free:
        mend = (
            "make room, or put the results on another file system; make plan says what a run takes"
        )
        found = found.model_copy(update={"verdict": "failed", "mend": mend})
    return Found(findings=[found])


def _parameters(place: Place) -> int:
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.from_pretrained(place.folder, local_files_only=True)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    return sum(tensor.numel() for tensor in model.parameters())


def prepare(place: Place) -> Found:
    """Write the two model folders and the pairs; return the number of the model's layers."""
    from transformers import AutoConfig

    for layers in (1, 2):
        _write_model(place, layers)
    tokenizer = load_tokenizer(place.work / "layers1")
    settings = settings_of(place)
    pairs = longest_pairs(tokenizer, settings.max_length, _STEPS * settings.batch_size)
    write_records(place.work / "pairs.jsonl", pairs)
    config = AutoConfig.from_pretrained(place.folder, local_files_only=True)
    return Found(figures={"layers": config.num_hidden_layers})


def _write_model(place: Place, layers: int) -> None:
    """Write a model folder of random weights with so many layers."""
    import torch
    from transformers import AutoModelForCausalLM

    config = short_config(place.folder, layers)
    if not place.gpus:
        config.update({name: size for name, size in _SHRUNK.items() if hasattr(config, name)})
    torch.manual_seed(0)
    with torch.device("cuda" if place.gpus else "cpu"):  # a minute on a CPU for each 10^9 numbers
        model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    with whole_folder(place.work / f"layers{layers}") as folder:
        copy_all_but_weights(place.folder, folder)
        model.save_pretrained(folder)
        write_source(folder, "random", weights_sha256(folder), layers=layers)


def short_config(folder: Path, layers: int) -> Any:
    """Return a model's configuration with so many layers."""
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    config.num_hidden_layers = layers
    if getattr(config, "layer_types", None):  # one entry for each layer
        config.layer_types = config.layer_types[:layers]
    return config


def settings_of(place: Place) -> DpoConfig:
    """Return the run's settings of DPO, as they are tried here."""
    context = read_json(place.folder / "config.json").get("max_position_embeddings") or math.inf
    longest = min(place.training.max_length, context)
    tried: dict[str, Any] = {"epochs": 1.0, "checkpoint_minutes": NO_CHECKPOINT}
    if not place.gpus:
        longest = min(longest, _SHRUNK_LENGTH)
        tried |= {"batch_size": 1, "per_device_batch_size": 1}
    return place.training.model_copy(update={**tried, "max_length": int(longest)})


def longest_pairs(tokenizer: Any, longest: int, count: int) -> list[Pair]:
    """Return pairs whose sides have as nearly ``longest`` tokens as whole lines of code allow."""
    prompt = [Message(role="user", content="Write a long program.")]
    room = longest - len(render(tokenizer, prompt)) - 1  # the end of the turn

    def side(letter: str) -> str:
        line = f"{letter} = {letter} + 17\n"

        def length(lines: int) -> int:
            return len(tokenizer(line * lines, add_special_tokens=False)["input_ids"])

        lines = max(1, room * 8 // max(length(8), 1))
        while lines > 1 and length(lines) > room:
            lines -= max(1, (length(lines) - room) * lines // (2 * length(lines)))
        return line * lines

    assert end_of_turn(tokenizer) is not None
    chosen, rejected = side("x"), side("y")
    counts: dict[str, Any] = {"tests_total": 1, "index": 0}
    return [
        Pair(
            problem_id=f"preflight/{number}",
            model="random",
            prompt=prompt,
            chosen=[Message(role="assistant", content=chosen)],
            rejected=[Message(role="assistant", content=rejected)],
            prompt_sha256=prompt_sha256(prompt),
            chosen_from=PairSide(verdict="passed", tests_passed=1, **counts),
            rejected_from=PairSide(verdict="wrong_answer", tests_passed=0, **counts),
        )
        for number in range(count)
    ]


def train_one_layer(place: Place) -> Found:
    """Return the memory and time of a training of one layer."""
    return Found(figures=_train(place, 1))


def train_two_layers(place: Place) -> Found:
    """Return the same of two layers, and what both say of all layers."""
    two = _train(place, 2)
    one = _figures(place, "one_layer")
    found = whole_model(place, one, two, round(_figures(place, "prepare")["layers"]))
    return found.model_copy(update={"figures": {**two, **found.figures}})


def _figures(place: Place, step: str) -> dict[str, float]:
    return Found.model_validate(read_json(place.work / f"{step}.json")).figures


def _train(place: Place, layers: int) -> dict[str, float]:
    """Train; return what it took, the most that any process of this launch saw.

    Keys: ``gpu_gb`` (allocated) and ``gpu_total_gb`` (0 without GPUs), ``host_gb``, ``devices``,
    ``seconds`` of a step, ``tokens`` of a step's pairs, ``sharded`` (1 or 0).
    """
    import torch

    from codepref.training.data import load_pairs, tokenise
    from codepref.training.on_pairs import train_on_pairs
    from codepref.training.runner import Run

    settings = settings_of(place)
    run = Run(
        trainer="dpo",
        model_folder=place.work / f"layers{layers}",
        data_file=place.work / "pairs.jsonl",
        output=place.work / f"trained{layers}",
        work=place.work / f"state{layers}",
        seed=0,
        config=settings,
    )
    with run.explain_out_of_memory():
        train_on_pairs(run)
    gpu = total = 0.0
    if torch.cuda.is_available():
        gpu = torch.cuda.max_memory_allocated() / GB
        total = torch.cuda.mem_get_info()[1] / GB
    host = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / GB
    gpu, host = _most(gpu, host)
    facts = read_json(run.output / "training.json")
    steps = _step_seconds(run.output / "training_log.jsonl")
    tokenizer = load_tokenizer(run.model_folder)
    sides = tokenise(tokenizer, load_pairs(run.data_file)[:1], settings.max_length, False)[0]
    tokens = 2 * len(sides.prompt) + len(sides.chosen) + len(sides.rejected)
    return {
        "gpu_gb": gpu,
        "gpu_total_gb": total,
        "host_gb": host,
        "devices": facts["devices"],
        "seconds": sum(steps[1:]) / len(steps[1:]),
        "tokens": tokens * settings.batch_size,
        "sharded": float(facts["distributed"] != "no"),
    }


def _step_seconds(log: Path) -> list[float]:
    import json

    return [json.loads(line)["seconds"] for line in log.read_text("utf-8").splitlines()]


def _most(*values: float) -> list[float]:
    """Return the largest of each value over all processes of this launch."""
    import torch

    if not torch.distributed.is_initialized():
        return list(values)
    others: list[Any] = [None] * torch.distributed.get_world_size()
    torch.distributed.all_gather_object(others, values)
    return [max(column) for column in zip(*others, strict=True)]


def whole_model(place: Place, one: dict[str, float], two: dict[str, float], layers: int) -> Found:
    """Return what trainings of one and of two layers say of all: each layer adds the same.

    Args:
        place: the job.
        one, two: what they took (see ``_train``).
        layers: of the model.
    """

    def all_layers(key: str) -> float:
        return one[key] + max(two[key] - one[key], 0.0) * (layers - 1)

    devices, tokens = round(two["devices"]), two["tokens"]
    shared = "sharded" if two["sharded"] else "not sharded"
    step = f"{place.model}: DPO step, random weights"
    memory = f"{place.model}: GPU memory of a training"
    if not place.gpus:
        found = f"runs on the CPU, 2 layers of width {_SHRUNK['hidden_size']}, not the real width"
        nothing = not_done(memory, NO_GPUS, GIVE_GPUS)
        return Found(findings=[Finding(check=step, found=found), nothing])
    seconds = all_layers("seconds")
    rate = tokens / devices / seconds
    found = (
        f"real width, {devices} GPUs, {shared}: {one['seconds']:.2f} s with 1 layer, "
        f"{two['seconds']:.2f} s with 2; {layers} layers: {seconds:.0f} s a step, "
        f"{rate:,.0f} tokens/s a GPU"
    )
    gpu, host = all_layers("gpu_gb"), devices * all_layers("host_gb")
    findings = [
        Finding(check=step, found=found),
        _enough(
            *(memory, gpu, two["gpu_total_gb"] * _USABLE),
            f"pairs of {settings_of(place).max_length} tokens a side",
            "lower training.dpo.max_length or per_device_batch_size (1), or give a training more "
            "GPUs (compute.train.gpus)",
        ),
        _enough(
            *(f"{place.model}: main memory of a training", host, place.memory_mb * 1.048576e-3),
            f"at most, {devices} processes",
            "raise compute.train.memory_mb_per_gpu",
        ),
    ]
    return Found(findings=findings, figures={"trained_tokens_per_second": rate})


def _enough(check: str, need: float, have: float, what: str, mend: str) -> Finding:
    found = f"{need:.0f} of {have:.0f} GB ({what}; from 1 and 2 layers)"
    if need <= have:
        return Finding(check=check, found=found)
    return Finding(check=check, found=found, verdict="failed", mend=mend)
