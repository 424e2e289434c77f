"""The hyperparameters of a method in words: what its own block of the configuration sets."""

from typing import Any

from codepref.config import Config


def own_settings(config: Config, method: str) -> str:
    """Return what a method sets otherwise than its trainer, as in ``beta 0.05``; else nothing."""
    if config.methods[method].trainer == "none":
        return ""
    usual = config.training.of(config.methods[method].trainer).model_dump()
    used = config.settings_of(method).model_dump()
    changed = [_said(name, value) for name, value in used.items() if usual.get(name) != value]
    if most := config.methods[method].max_pairs:
        changed.append(f"at most {most} pairs")
    return ", ".join(changed)


def main_settings(config: Config, method: str) -> str:
    """Return the hyperparameters that the paper's Tables 3 and 4 list, and the method's own."""
    if config.methods[method].trainer == "none":
        return ""
    used = config.settings_of(method).model_dump()
    listed = ("learning_rate", "epochs", "batch_size", "beta")
    parts = [_said(name, used[name]) for name in listed if name in used]
    own = own_settings(config, method)
    parts += [part for part in own.split(", ") if own and part not in parts]
    return ", ".join(parts)


def _said(name: str, value: Any) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{name.replace('_', ' ')} {f'{value:g}' if number else value}"
