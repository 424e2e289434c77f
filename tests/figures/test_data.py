"""Figures of training logs and verdicts: what is shown, and that lines can be told apart."""

from codepref.figures.data import learning_curves, verdict_classes
from codepref.gradings import BenchmarkVerdicts, PartVerdict, TaskVerdict

DPO = [
    {
        "step": n,
        "loss": 0.6,
        "log_ratio": 0.1,
        "rewards/chosen": 0.0,
        "logps/chosen": -9.0,
        "epoch": 0.1,
    }
    for n in (1, 2)
]
PPO = [
    {"step": 1, "loss": 0.0, "log_ratio": 0.0, "reward": -0.3, "passed": 0.2},
    {"step": 2, "loss": 0.1},
]


def test_each_quantity_has_a_panel_with_a_line_per_seed_and_one_label_per_method() -> None:
    figure = learning_curves({"DPO": [DPO, DPO, DPO], "PPO": [PPO]}, "initial model")
    panels = {axes.get_title(loc="left"): axes for axes in figure.axes if axes.get_visible()}
    assert set(panels) == {
        "Loss",
        "log p(chosen)",
        "Reward of chosen",
        "log(policy / initial model), nats per response",
        "Rule reward (PPO's samples)",
        "Share passed (PPO's samples)",
    }
    assert len(panels["Loss"].lines) == 4
    (reward,) = panels["Rule reward (PPO's samples)"].lines
    assert reward.get_xydata().tolist() == [[1.0, -0.3]]  # steps that drew responses only
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["DPO", "PPO"]


def test_more_methods_than_colours_can_be_told_apart() -> None:
    figure = learning_curves({f"method {n}": [DPO] for n in range(20)}, "x")
    styles = {
        (line.get_color(), line.get_linestyle(), line.get_marker()) for line in figure.axes[0].lines
    }
    assert len(styles) == 20


def test_a_run_without_samples_has_panels_of_the_benchmarks_only() -> None:
    done = PartVerdict(status="pass", seconds=0.1)
    task = TaskVerdict(task_id="HumanEval/1", base=done, plus=done)
    graded = [("HumanEval", "Own, base", BenchmarkVerdicts.model_construct(tasks=[task]))]
    (panel,) = verdict_classes([], graded).axes
    assert panel.get_title(loc="left") == "Benchmark answers, HumanEval"
