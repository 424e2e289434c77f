"""The figure of both sides' log-probabilities: the logs' rewards without beta, by method."""

import json
from pathlib import Path

import pytest

from codepref.config import Config
from codepref.config_loading import load_config
from codepref.errors import UserError
from codepref.figures.log_probs import POINTS, Change, changes, draw
from codepref.figures.style import line_look


def write(folder: Path, method: str, seed: int, beta: float, rewards: list[tuple]) -> list[Path]:
    """Write a training's record and log; return both paths."""
    folder = folder / method / str(seed)
    folder.mkdir(parents=True)
    record = {"model": "codeqwen", "method": method, "seed": seed, "trainer": "dpo"}
    record |= {"hyperparameters": {"beta": beta}, "global_batch": 1}
    lines = [
        {"step": n, "loss": 1.0}
        | dict(zip(("rewards/chosen", "rewards/rejected"), two, strict=False))
        for n, two in enumerate(rewards, start=1)
    ]
    files = [folder / "training.json", folder / "training_log.jsonl"]
    for path, rows in zip(files, ([record], lines), strict=True):
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return files


def test_a_line_is_the_mean_log_ratio_over_seeds(tmp_path: Path) -> None:
    config = Config.model_validate(
        {"experiments": [{"model": "codeqwen", "methods": ["base", "dpo", "dpo_ipo", "rft"]}]}
    )
    files = [
        write(tmp_path, "dpo", 0, 0.1, [(0.0, 0.0), (-0.1, -0.3)]),
        write(tmp_path, "dpo", 1, 0.1, [(0.0, 0.0), (-0.3, -0.5)]),
        write(tmp_path, "dpo_ipo", 0, 0.5, [(0.0, 0.0), (0.5, -1.0)]),
        write(tmp_path, "rft", 0, 0.1, [(), ()]),
    ]
    found = changes(config, *zip(*files, strict=True))
    assert [(one.model, one.method) for one in found] == [
        ("codeqwen", "dpo"),
        ("codeqwen", "dpo_ipo"),
    ]
    assert found[0].points[1] == pytest.approx((2, -2.0, -4.0))
    assert found[1].points[1] == pytest.approx((2, 1.0, -2.0))
    figure = draw(config, found)
    assert "log(policy / initial model)" in figure.axes[0].get_ylabel()
    chosen, rejected = figure.axes
    lines = [line for line in chosen.lines if not line.get_label().startswith("_")]
    assert [line.get_label() for line in lines] == ["DPO", "DPO, loss ipo"]
    assert list(lines[1].get_ydata()) == pytest.approx([0.0, 1.0])
    assert rejected.get_title(loc="left") == "Rejected responses"
    with pytest.raises(UserError, match="nothing to plot"):
        changes(config, *zip(*files[3:], strict=True))


@pytest.mark.parametrize(
    ("reference", "said"), [("start", "reference of its training"), ("base", "initial model")]
)
def test_a_later_rounds_reference_is_not_called_the_initial_model(
    reference: str, said: str, tmp_path: Path
) -> None:
    config = load_config(
        {
            "methods": {"dpo": {"rounds": 2, "dpo": {"reference": reference}}},
            "experiments": [{"model": "codeqwen", "methods": ["base", "dpo"]}],
        }
    )
    files = write(tmp_path, "dpo_round2", 0, 0.1, [(0.0, 0.0), (-0.1, -0.3)])
    figure = draw(config, changes(config, *([path] for path in files)))
    assert f"log(policy / {said})" in figure.axes[0].get_ylabel()


def test_long_trainings_are_thinned_by_means(tmp_path: Path) -> None:
    config = Config()
    files = write(tmp_path, "dpo", 0, 1.0, [(float(n), 0.0) for n in range(1, 101)])
    (one,) = changes(config, *([path] for path in files))
    assert isinstance(one, Change) and len(one.points) == POINTS
    assert one.points[0] == (3.0, 3.0, 0.0) and one.points[-1][0] == 98.0


def test_no_two_lines_of_a_figure_look_alike() -> None:
    looks = [tuple(line_look(number).items()) for number in range(49)]
    assert len({*map(str, looks)}) == 49
