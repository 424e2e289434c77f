"""The memory that a training takes, from a model's size, before anything is submitted.

Weights, gradients and optimizer state are fp32 and sharded over the GPUs (FSDP2); bf16 copies of
what is computed on are gathered, layer by layer. The parts were checked against trainings of a 7B
model's width on one GPU and against the bytes of tensors in processes of a tiny model.
"""

from dataclasses import dataclass

from codepref.planning.architecture import Architecture

STATE_BYTES = 16
"""Per parameter: weight, gradient and Adam's two moments in fp32, on all GPUs together."""
RESERVED_GB = 5.0
"""What PyTorch's allocator holds beyond tensors (3.4 to 3.9 on one GPU), CUDA and NCCL."""
PROCESS_GB = 3.0
"""Host memory of a process without a model: its libraries and CUDA's."""


@dataclass(frozen=True)
class TrainingMemory:
    """Peaks of one training, in 10^9 bytes.

    Attributes:
        gpu: of each GPU.
        host: of all processes of the job together.
        gpu_parts: what the GPU's peak is made of.
    """

    gpu: float
    host: float
    gpu_parts: dict[str, float]


def training_memory(
    size: Architecture, gpus: int, row_tokens: int, rows: int, checkpointing: bool = True
) -> TrainingMemory:
    """Return the peaks of full fine-tuning.

    Args:
        size: the model.
        gpus: processes that share the training.
        row_tokens: the longest row, prompt and response.
        rows: rows of one pass on one GPU: two per pair.
        checkpointing: whether activations are computed again in the backward pass.
    """
    tokens = row_tokens * rows
    parts = {
        "weights, gradients, Adam": STATE_BYTES * size.parameters / gpus,
        "gathered": _gathered(size, gpus),
        "activations": _activations(size, tokens, checkpointing),
    }
    in_layers = sum(parts.values())
    # The step's last part: the gradients of embedding and LM head are added up over the GPUs.
    at_root = parts["weights, gradients, Adam"] + (8 if gpus > 1 else 4) * size.root_parameters
    gpu_parts = {name: part / 1e9 for name, part in parts.items()} | {"reserved": RESERVED_GB}
    return TrainingMemory(
        gpu=max(in_layers, at_root) / 1e9 + RESERVED_GB,
        host=_host(size, gpus) / 1e9,
        gpu_parts=gpu_parts,
    )


def _gathered(size: Architecture, gpus: int) -> float:
    """Bytes of unsharded tensors while a layer's gradients are computed.

    Embedding and LM head in bf16 and the LM head's gradient, which waits for the embedding's; the
    layer and its gradient in bf16. Several GPUs add the next layer, gathered early, and the layer's
    gradient in fp32, to be summed.
    """
    layer = 4 if gpus == 1 else 4 + 2 + 4
    return 3 * size.root_parameters + layer * size.layer_parameters


def _activations(size: Architecture, tokens: int, checkpointing: bool) -> float:
    """Bytes of activations: each layer's input, and all of a layer that is differentiated.

    A layer keeps about eight vectors of its width and five of its MLP's, in bf16.
    """
    whole = 2 * tokens * (8 * size.hidden_size + 5 * size.intermediate_size)
    if not checkpointing:
        return size.num_hidden_layers * whole
    return 2 * tokens * size.hidden_size * size.num_hidden_layers + whole


def _host(size: Architecture, gpus: int) -> float:
    """Bytes of host memory: every process reads the weights in fp32 before they are sharded.

    The first gathers the finished model in fp32, too, and stores it.
    """
    return size.parameters * (4 * gpus + 4) + gpus * PROCESS_GB * 1e9


def sampling_memory(size: Architecture, memory_gb: float, share: float) -> float:
    """Return what a GPU has left for the key-value cache beside bf16 weights, in 10^9 bytes.

    Args:
        size: the model.
        memory_gb: of the GPUs that an engine takes, together.
        share: of it, that the engine takes.
    """
    return memory_gb * share - 2 * size.parameters / 1e9
