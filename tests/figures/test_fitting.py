"""No text of a figure is cut off or covers another, however long the names in it are."""

import itertools

import matplotlib
import pytest
from helpers.records import make_problem, make_sample
from helpers.records import make_reward as reward
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from codepref.figures import implicit_reward
from codepref.figures.data import learning_curves
from codepref.figures.fitting import fit_texts, fix_layout
from codepref.figures.style import STYLE, legend_below
from codepref.training.reward_analysis import analyse

MODEL = "DeepSeek-Coder 6.7B Instruct, quantised to four bits of each weight"
METHOD = "DPO + NLL, LoRA, off-policy pairs of another model"
WORDS = st.lists(st.text("abcgW1", min_size=1, max_size=9), max_size=20).map(" ".join)


def shown(figure: Figure) -> list[Bbox]:
    """Where the fitted figure's titles and labels are, in pixels."""
    fit_texts(figure)
    figure.draw_without_rendering()
    texts = list(figure.texts)
    for axes in figure.axes:
        if axes.get_visible():
            texts += [axes.title, axes._left_title, axes.xaxis.label, axes.yaxis.label]
    return [text.get_window_extent() for text in texts if text.get_text()] + [
        legend.get_window_extent() for legend in figure.legends
    ]


def check(figure: Figure) -> None:
    boxes = shown(figure)
    width, height = figure.bbox.width, figure.bbox.height
    for box in boxes:
        assert box.x0 >= -1 and box.x1 <= width + 1, box
        assert box.y0 >= -1 and box.y1 <= height + 1, box
    for one, other in itertools.combinations(boxes, 2):
        assert not one.padded(-1).overlaps(other.padded(-1))


@pytest.fixture(autouse=True)
def our_style():
    with matplotlib.rc_context(STYLE):
        yield


@given(rows=st.integers(1, 2), columns=st.integers(1, 4), texts=st.lists(WORDS, min_size=6))
@settings(max_examples=20)
def test_titles_and_labels_of_any_length_stay_in_their_place(
    rows: int, columns: int, texts: list[str]
) -> None:
    figure = Figure(figsize=(2.2 * columns + 2, 4.0 * rows))
    said = itertools.cycle(texts)
    figure.suptitle(next(said))
    for number, axes in enumerate(figure.subplots(rows, columns, squeeze=False).flat):
        axes.set_title(next(said), loc="left" if number % 2 else "center", fontsize=8)
        axes.set_xlabel(next(said)[:30], fontsize=8)
        axes.set_ylabel(next(said)[:40], fontsize=8)
    check(figure)


def test_figure_1_with_long_names() -> None:
    problem = make_problem("leetcode_dataset/number-of-good-ways-to-split-a-string-into-three")
    records = [reward(problem.id, n, n / 3, "wrong_answer", n + 1) for n in range(2)]
    samples = [make_sample(problem, n, "", model="m") for n in range(2)]
    programs = {(s.problem_id, s.index): f"def f(x):\n    return {s.index}" for s in samples}
    check(implicit_reward.draw(records, programs, analyse(records), MODEL, METHOD, 0))


def test_learning_curves_with_long_names() -> None:
    keys = ("loss", "rewards/accuracies", "rewards/margins", "logps/chosen", "log_ratio")
    log = [{"step": n} | dict.fromkeys(keys, 0.1 * n) for n in (1, 2)]
    labels = [f"{MODEL}, {method}" for method in ("DPO", METHOD)]
    check(learning_curves({label: [log] for label in labels}, "initial model of each method"))


def test_a_legend_has_as_many_columns_as_fit() -> None:
    for names, lines in (
        (("a", "b", "c"), 1),
        ((MODEL, METHOD, "c"), 2),
        ((MODEL, METHOD, f"{MODEL}s"), 3),
    ):
        figure = Figure(figsize=(6, 3))
        axes = figure.subplots()
        for name in names:
            axes.plot([0, 1], [0, 1], label=name)
        legend_below(figure, [axes], 3)
        check(figure)
        (legend,) = figure.legends
        places = {round(text.get_window_extent().y0) for text in legend.get_texts()}
        assert len(places) == lines


def test_what_the_layout_solver_leaves_to_chance_does_not_reach_a_file() -> None:
    """Its last bits differ from process to process; an SVG names its clip paths after them."""
    with matplotlib.rc_context(STYLE):
        figure = Figure()
        for axes in figure.subplots(3, gridspec_kw={"height_ratios": [1, 2.5, 2.5]}):
            axes.set_title("a panel")
        fix_layout(figure)
        before = [axes.get_position(original=True).bounds for axes in figure.axes]
        assert all(abs(round(part, 6) - part) < 1e-12 for bounds in before for part in bounds)
        figure.draw_without_rendering()
    assert [axes.get_position(original=True).bounds for axes in figure.axes] == before
