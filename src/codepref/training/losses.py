"""The losses on pairs that TRL's DPO trainer has: our table of them, without TRL or torch.

Below, c and r are log(policy/reference) of the chosen and the rejected response, summed over its
tokens, s is the logistic function, e the label smoothing, and m = beta (c - r). The next loss of
TRL is a line here; ``tests/training/test_losses.py`` holds the table against the installed TRL.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from codepref.strict import nearest


@dataclass(frozen=True)
class Loss:
    """One loss.

    Attributes:
        formula: per pair, in the words above.
        source: the work that it comes from.
        smoothing: the label smoothing that this work recommends; None: it has none.
        compares_pairs: it sorts the pairs of a micro-batch; of one pair alone it is ``sigmoid``.
    """

    formula: str
    source: str
    smoothing: float | None = None
    compares_pairs: bool = False


LOSSES = {
    "sigmoid": Loss("-log s(m)", "the paper, eq. 3 (Rafailov et al. 2023, eq. 7)"),
    "sigmoid_norm": Loss(
        "-log s(m), c and r divided by their tokens", "Lambert et al. 2024 (Tulu 3), section 5"
    ),
    "ipo": Loss(
        "(c - r - 1 / (2 beta))^2, c and r divided by their tokens", "Azar et al. 2023, eq. 17"
    ),
    "hinge": Loss("max(0, 1 - m)", "Zhao et al. 2023 (SLiC); Liu et al. 2023 (RSO)"),
    "robust": Loss(
        "(-(1 - e) log s(m) + e log s(-m)) / (1 - 2e)",
        "Chowdhury et al. 2024 (labels that are wrong with probability e)",
        smoothing=0.1,
    ),
    "exo_pair": Loss(
        "KL of (s(m), s(-m)) from (1 - e, e)", "Ji et al. 2024 (EXO), eq. 16", smoothing=1e-3
    ),
    "nca_pair": Loss(
        "-log s(beta c) - log s(-beta c) / 2 - log s(-beta r) / 2", "Chen et al. 2024 (NCA)"
    ),
    "bco_pair": Loss("-log s(beta c) - log s(-beta r)", "Jung et al. 2024 (BCO)"),
    "sppo_hard": Loss(
        "(c - 1 / (2 beta))^2 + (r + 1 / (2 beta))^2", "Wu et al. 2024 (SPPO), eq. 4.7"
    ),
    "aot": Loss(
        "-(1 - e) log s(d) - e log s(-d), d = beta times the difference of the sorted log-ratios "
        "chosen/rejected of policy and reference",
        "Melnyk et al. 2024 (AOT, paired)",
        smoothing=0.0,
        compares_pairs=True,
    ),
    "aot_unpaired": Loss(
        "the same, d = beta times the difference of the sorted c and the sorted r",
        "Melnyk et al. 2024 (AOT, unpaired)",
        smoothing=0.0,
        compares_pairs=True,
    ),
    "apo_zero": Loss("1 - s(beta c) + s(beta r)", "D'Oosterlinck et al. 2024 (APO), eq. 7"),
    "apo_down": Loss("s(beta c) + 1 - s(m)", "D'Oosterlinck et al. 2024 (APO), eq. 8"),
    "discopop": Loss(
        "(1 - w)(-log s(m)) + w exp(-m), w = s(m / tau)", "Lu et al. 2024 (DiscoPOP), eq. 5"
    ),
    "sft": Loss(
        "-log p(chosen), mean over a micro-batch's chosen tokens",
        "the supervised loss; beside sigmoid it is DPO + NLL (Pang et al. 2024)",
    ),
}
"""By TRL's name."""


def check_names(names: Sequence[str] | None) -> Sequence[str] | None:
    """Return the names; refuse one that is no loss, and one that comes twice.

    Raises:
        ValueError: with the nearest name.
    """
    for name in names or ():
        if name not in LOSSES:
            raise ValueError(f"there is no loss '{name}'{nearest(name, LOSSES)}")
    if names and len(set(names)) < len(names):
        raise ValueError("a loss is named twice; name it once and give it a weight")
    return names


def smoothing_of(names: Sequence[str], given: float | None) -> float:
    """Return the label smoothing of a training: what is given, or what its losses recommend.

    Raises:
        ValueError: something is given and no loss has label smoothing, or two recommend others.
    """
    recommended = {name: LOSSES[name].smoothing for name in names}
    values = {value for value in recommended.values() if value is not None}
    if given is not None:
        if not values:
            takers = [name for name, loss in LOSSES.items() if loss.smoothing is not None]
            raise ValueError(f"it does nothing here: only {', '.join(takers)} have it; remove it")
        return given
    if len(values) > 1:
        raise ValueError(f"give it: the losses {', '.join(names)} recommend different values")
    return values.pop() if values else 0.0
