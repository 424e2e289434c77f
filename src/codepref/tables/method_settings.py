"""The hyperparameters of a method in words."""

from codepref.config import Config
from codepref.training.trainers import unsaid

_LISTED = ("learning_rate", "epochs", "batch_size", "beta")


def main_settings(config: Config, method: str) -> str:
    """Return the hyperparameters that the paper's Tables 3 and 4 list, and the method's own."""
    if config.methods[method].trainer == "none":
        return ""
    used = config.settings_of(method).model_dump()
    listed = {name: used[name] for name in _LISTED if name in used}
    parts = unsaid("", listed | config.own_settings(method))
    if most := config.methods[method].max_pairs:
        parts.append(f"at most {most} pairs")
    return ", ".join(parts)
