"""The arithmetic of memory and speed, against PyTorch's own count and trainings on a real GPU."""

import json
from pathlib import Path

import pytest
import torch
from helpers.places import ROOT
from transformers import AutoConfig, AutoModelForCausalLM

from codepref.errors import UserError
from codepref.files import read_yaml
from codepref.planning.architecture import Architecture, architecture_of
from codepref.planning.costs import Costs
from codepref.planning.memory import RESERVED_GB, training_memory
from codepref.planning.throughput import TrainingRate, decode_rate, sampling_rate

COSTS = read_yaml(ROOT / "envs/costs.yaml", Costs)
H100 = json.loads((Path(__file__).parent / "h100.json").read_text("utf-8"))
KINDS = {
    "Qwen/CodeQwen1.5-7B-Chat": "qwen2",
    "deepseek-ai/deepseek-coder-6.7b-instruct": "llama",
    "codellama/CodeLlama-7b-Instruct-hf": "llama",
    "Qwen/Qwen2.5-Coder-0.5B-Instruct": "qwen2",
    "Qwen/Qwen2.5-Coder-1.5B-Instruct": "qwen2",
    "deepseek-ai/deepseek-coder-1.3b-instruct": "llama",
}


@pytest.mark.parametrize("repo", COSTS.architectures)
@pytest.mark.parametrize("tied", [True, False])
def test_parameters_are_those_of_the_real_model(repo: str, tied: bool) -> None:
    size = COSTS.architectures[repo].model_copy(update={"tie_word_embeddings": tied})
    fields = size.model_dump(exclude={"head_dim", "attention_bias"})
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(AutoConfig.for_model(KINDS[repo], **fields))
    assert size.parameters == sum(parameter.numel() for parameter in model.parameters())
    layer = model.model.layers[0]
    assert size.layer_parameters == sum(parameter.numel() for parameter in layer.parameters())


def test_a_model_folder_tells_its_size(tiny_model_folder: Path) -> None:
    size = architecture_of(tiny_model_folder)
    model = AutoModelForCausalLM.from_pretrained(tiny_model_folder)
    assert size.parameters == sum(parameter.numel() for parameter in model.parameters())
    assert size.cache_bytes == 2 * 2 * 2 * 2 * 16  # keys and values, bf16, layers, heads, numbers


def test_a_folder_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"config\.json"):
        architecture_of(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "mamba", "hidden_size": 64}')
    with pytest.raises(UserError, match="Llama or Qwen2"):
        architecture_of(tmp_path)


def measured(training: dict) -> tuple[Architecture, int, int]:
    """The size, the tokens of a row, and the rows of a pass of a training on the GPU."""
    shape = H100["shapes"][training["shape"]]
    size = Architecture(num_hidden_layers=training["layers"], **shape)
    return size, training["row_tokens"], 2 if training["trainer"] == "dpo" else 1


@pytest.mark.parametrize("training", H100["trainings"])
def test_peaks_are_those_of_a_real_gpu(training: dict) -> None:
    size, row, rows = measured(training)
    peak = training_memory(size, 1, row, rows)
    tensors = peak.gpu - RESERVED_GB
    assert training["gpu_gb"]["allocated"] <= tensors <= 1.03 * training["gpu_gb"]["allocated"]
    assert training["gpu_gb"]["reserved"] <= peak.gpu  # it would have fitted
    assert training["host_gb"] <= peak.host <= 1.35 * training["host_gb"]


@pytest.mark.parametrize("training", H100["trainings"])
def test_steps_take_the_time_of_a_real_gpu(training: dict) -> None:
    size, row, rows = measured(training)
    rate = TrainingRate(size, COSTS.of_gpu("h100"), 1, COSTS)
    seconds = training["batch"] * rate.update(row * rows)
    assert seconds == pytest.approx(training["step_seconds"][-1], rel=0.12)


def test_states_are_shared_and_whole_copies_are_not() -> None:
    size = COSTS.architectures["Qwen/CodeQwen1.5-7B-Chat"]
    two, four, eight = (training_memory(size, gpus, 2048, 2) for gpus in (2, 4, 8))
    assert two.gpu - four.gpu == pytest.approx(4 * size.parameters / 1e9)
    assert four.gpu - eight.gpu == pytest.approx(2 * size.parameters / 1e9)
    assert eight.host - four.host == pytest.approx(4 * (4 * size.parameters / 1e9 + 3))
    long = training_memory(size, 4, 8192, 2)
    assert 40 < long.gpu < 80  # it does not fit on 40 GB
    without = training_memory(size, 4, 8192, 2, checkpointing=False)
    assert without.gpu > 80


def test_a_model_without_shared_heads_decodes_far_fewer_at_once() -> None:
    qwen, deepseek, *_ = COSTS.architectures.values()
    gpu = COSTS.of_gpu("h100")
    assert deepseek.cache_bytes == 8 * qwen.cache_bytes
    rates = [sampling_rate(size, gpu, COSTS, 600 / 8, 600) for size in (qwen, deepseek)]
    assert rates[0] > 3 * rates[1]
    assert decode_rate(qwen, gpu, 0.1, 1024, 600, 600) == 0  # 8 GB: not even the weights


def test_the_published_throughput_is_met_by_the_published_model() -> None:
    shown = COSTS.sampling.published
    sampling = COSTS.sampling.model_copy(update={"memory_share": shown.memory_share})
    costs = COSTS.model_copy(update={"sampling": sampling})
    rate = sampling_rate(
        shown.architecture, costs.of_gpu(shown.gpu), costs, shown.prompt, shown.response
    )
    assert rate * sampling.invariant_slowdown == pytest.approx(shown.tokens_per_second)


def test_slow_links_are_waited_for() -> None:
    size = COSTS.architectures["Qwen/CodeQwen1.5-7B-Chat"]
    gpu = COSTS.of_gpu("h100")
    slow = gpu.model_copy(update={"link_gb_per_second": 25})
    alone, linked, pcie = (
        TrainingRate(size, kind, gpus, COSTS).update(2600)
        for kind, gpus in ((slow, 1), (gpu, 4), (slow, 4))
    )
    assert alone == linked < pcie == pytest.approx(8 * size.parameters * 0.75 / 25e9)
