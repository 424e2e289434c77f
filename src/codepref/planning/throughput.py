"""Tokens per second of a GPU, by arithmetic: what is read, what is multiplied, what is sent."""

from dataclasses import dataclass

from codepref.planning.architecture import Architecture
from codepref.planning.costs import Costs, CpuCosts, Gpu
from codepref.planning.memory import sampling_memory


def decode_rate(
    size: Architecture, gpu: Gpu, memory_share: float, at_most: int, prompt: float, response: float
) -> float:
    """Return generated tokens per second if a GPU reached its limits; 0: the model does not fit.

    Each step reads the weights and the cache of all responses under way, half done on average, and
    multiplies every response's token with all weights. As many responses are under way as the cache
    holds, so a model whose heads share no keys (multi-head attention) has far fewer.

    Args:
        size: the model.
        gpu: the hardware.
        memory_share: of its memory, for weights and cache.
        at_most: responses under way.
        prompt: tokens of one prompt that its response needs in the cache.
        response: tokens of one response.
    """
    free = 1e9 * sampling_memory(size, gpu.memory_gb, memory_share)
    running = min(at_most, free / (size.cache_bytes * (prompt + response)))
    if running < 1:
        return 0.0
    read = 2 * size.parameters + running * (prompt + response / 2) * size.cache_bytes
    multiplied = 2 * size.multiplied_parameters * running
    seconds = read / (1e9 * gpu.memory_gb_per_second) + multiplied / (1e12 * gpu.tflops)
    return running / seconds


def sampling_rate(
    size: Architecture, gpu: Gpu, costs: Costs, prompt: float, response: float
) -> float:
    """Return generated tokens per second of one GPU, at the share of its limits that is published.

    GPUs with batch-invariant kernels pay for them.
    """
    sampling, shown = costs.sampling, costs.sampling.published
    limit = decode_rate(
        *(shown.architecture, costs.of_gpu(shown.gpu), shown.memory_share),
        *(sampling.running_at_most, shown.prompt, shown.response),
    )
    mine = decode_rate(
        *(size, gpu, sampling.memory_share, sampling.running_at_most, prompt, response)
    )
    slowdown = sampling.invariant_slowdown if gpu.tflops >= costs.of_gpu(shown.gpu).tflops else 1.0
    return mine * shown.tokens_per_second / limit / slowdown


@dataclass(frozen=True)
class TrainingRate:
    """Seconds of training on one of ``gpus`` GPUs.

    A pass multiplies each token with all weights: forward, backward with respect to inputs and to
    weights, and forward again where activations are recomputed (2 operations each). Whatever its
    length, it casts, gathers and adds the weights and gradients; between several GPUs it sends the
    weights twice in bf16 and the gradients in fp32, while it computes.
    """

    size: Architecture
    gpu: Gpu
    gpus: int
    costs: Costs

    def update(self, tokens: float, checkpointing: bool = True) -> float:
        """Return the seconds of one pass over so many tokens, forward and backward."""
        constants = self.costs.training
        operations = (8 if checkpointing else 6) * self.size.multiplied_parameters * tokens
        computed = operations / (1e12 * self.gpu.tflops * constants.flops_share)
        moved = constants.bytes_per_parameter_and_pass * self.size.parameters
        local = computed + moved / (1e9 * self.gpu.memory_gb_per_second)
        sent = 8 * self.size.parameters * (self.gpus - 1) / self.gpus
        return max(local, sent / (1e9 * self.gpu.link_gb_per_second))

    def scoring(self, tokens: float) -> float:
        """Return the seconds of one GPU for a forward pass over so many tokens."""
        operations = 2 * self.size.multiplied_parameters * tokens
        return operations / (1e12 * self.gpu.tflops * self.costs.training.flops_share)


@dataclass(frozen=True)
class CpuRate:
    """The same on so many cores of a machine without a GPU."""

    size: Architecture
    cpu: CpuCosts
    cores: int

    def sampled(self) -> float:
        """Return generated tokens per second."""
        return self._scaled(self.cpu.sampled_tokens)

    def update(self, tokens: float) -> float:
        """Return the seconds of one pass over so many tokens, forward and backward."""
        return tokens / self._scaled(self.cpu.trained_tokens)

    def scoring(self, tokens: float) -> float:
        """Return the seconds of a forward pass over so many tokens."""
        return tokens / self._scaled(self.cpu.scored_tokens)

    def _scaled(self, rate: float) -> float:
        return rate * self.cores * self.cpu.parameters / self.size.parameters
