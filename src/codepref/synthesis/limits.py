"""How long a program may take for inputs that a model wrote, some of which nothing answers."""

from codepref.records import Limits

_SHARED = 4  # times the limit of one input: the time of all inputs of a program together
_LEAST_SECONDS = 0.5


def shared_limits(limits: Limits, inputs: int) -> Limits:
    """Return the limits of each of so many inputs.

    Models write inputs such as 10**18, which may cost every solution its whole time. So all inputs
    share a bounded time, in equal parts. To give up after some losses instead would let the order
    of inputs decide which of them count.
    """
    share = max(_LEAST_SECONDS, _SHARED * limits.cpu_seconds / max(1, inputs))
    return limits.model_copy(update={"cpu_seconds": min(limits.cpu_seconds, share)})
