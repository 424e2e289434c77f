"""The workflow for developers: which rule needs which, from Snakemake's own rule graph."""

import re

import networkx as nx
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from codepref.errors import UserError
from codepref.figures.style import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION, YELLOW

_NODE = re.compile(r'^\s*(\d+)\s*\[\s*label\s*=\s*"([^"\\]+)')
_EDGE = re.compile(r"^\s*(\d+)\s*->\s*(\d+)")

STAGES = {
    "synthesis": YELLOW,
    "problems": YELLOW,
    "models": GREY,
    "pilot": SKY,
    "samples": SKY,
    "executions": VERMILION,
    "rated": ORANGE,
    "pairs": ORANGE,
    "references": PURPLE,
    "policies": PURPLE,
    "rewards": PURPLE,
    "benchmarks": BLUE,
    "reranking": BLUE,
    "tables": GREEN,
    "claims": GREEN,
    "own": GREEN,  # own_claims_...
    "figures": GREEN,
    "report": GREEN,
}
"""the beginnings of rules' names, in the order of the stages: their colours"""


def parse(dot: str) -> nx.DiGraph:
    """Return the graph in the output of ``snakemake --rulegraph`` (DOT): rule -> rules needing it.

    It has no cycles but those that ``rounds`` opens.

    Raises:
        UserError: the text is no such graph.
    """
    names: dict[str, str] = {}
    edges = []
    for line in dot.splitlines():
        if node := _NODE.match(line):
            names[node[1]] = node[2]
        elif edge := _EDGE.match(line):
            edges.append((edge[1], edge[2]))
    if not names or any(end not in names for edge in edges for end in edge):
        raise UserError("not the DOT text that 'snakemake --rulegraph' prints")
    graph = nx.DiGraph()
    graph.add_nodes_from(names.values())
    graph.add_edges_from((names[a], names[b]) for a, b in edges if a != b)
    once = nx.restricted_view(graph, [], rounds(graph))
    if not nx.is_directed_acyclic_graph(once):
        cycle = " -> ".join(before for before, _ in nx.find_cycle(once))
        raise UserError(f"the rule graph has a cycle: {cycle}")
    return graph


def rounds(graph: nx.DiGraph) -> list[tuple[str, str]]:
    """Return the edges that begin a later round: back from a stage to an earlier one.

    Jobs of a run have no cycles, but rules do where one's jobs sample what another's have trained.
    """
    order = {stage: number for number, stage in enumerate(STAGES)}

    def stage(rule: str) -> int:
        return order.get(rule.split("_")[0], len(order))

    return [
        (before, after)
        for part in nx.strongly_connected_components(graph)
        for before, after in sorted(graph.subgraph(part).edges)
        if stage(before) > stage(after)
    ]


Node = str | tuple[str, str, int]  # a rule, or the point where a long edge crosses a layer


def layers(graph: nx.DiGraph) -> dict[str, int]:
    """Return each rule's layer: as deep as its users allow, so that sources stand beside them."""
    rows = reversed(list(nx.topological_generations(graph.reverse())))
    return {name: depth for depth, names in enumerate(rows) for name in names}


def place(graph: nx.DiGraph) -> tuple[dict[Node, tuple[float, float]], nx.DiGraph]:
    """Return the coordinates of rules and of long edges' bends, and the graph through the bends.

    Layered drawing after K. Sugiyama et al., IEEE Trans. SMC 11 (1981) 109-125.
    """
    depth = layers(graph)
    routed: nx.DiGraph = nx.DiGraph()
    rows: list[list[Node]] = [[] for _ in range(max(depth.values()) + 1)]
    for name in sorted(graph, key=lambda name: (depth[name], name)):
        rows[depth[name]].append(name)
    for before, after in sorted(graph.edges):
        chain: list[Node] = [before]
        for level in range(depth[before] + 1, depth[after]):
            chain.append((before, after, level))
            rows[level].append(chain[-1])
        nx.add_path(routed, [*chain, after])
    routed.add_nodes_from(graph)
    x: dict[Node, float] = {node: float(i) for row in rows for i, node in enumerate(row)}
    for sweep in range(24):
        down = sweep % 2 == 0
        for row in rows if down else reversed(rows):
            near = routed.predecessors if down else routed.successors
            wish = {}
            for node in row:
                around = [x[other] for other in near(node)]
                wish[node] = sum(around) / len(around) if around else x[node]
            row.sort(key=lambda node: (wish[node], str(node)))
            _spread(row, wish, x)
    return {
        node: (x[node], float(-level)) for level, row in enumerate(rows) for node in row
    }, routed


def _spread(row: list[Node], wish: dict[Node, float], x: dict[Node, float]) -> None:
    """Put the nodes of a row as near to their wishes as the room they need allows."""
    room = [0.5 if isinstance(node, str) else 0.16 for node in row]
    at = 0.0
    places = []
    for i, node in enumerate(row):
        at = wish[node] if not i else max(wish[node], at + room[i - 1] + room[i])
        places.append(at)
    shift = sum(wish[node] - place for node, place in zip(row, places, strict=True)) / len(row)
    for node, place in zip(row, places, strict=True):
        x[node] = place + shift


def draw(dot: str) -> Figure:
    """Draw the rule graph from top to bottom.

    Edges that others imply are drawn lightly, those that begin a later round dashed.
    """
    every = parse(dot)
    again = rounds(every)
    every.remove_edges_from(again)
    graph = nx.transitive_reduction(every)
    where, routed = place(graph)
    left = min(x for x, _ in where.values()) - 0.5
    right = max(x for x, _ in where.values()) + 0.5
    rows = 1 - min(y for _, y in where.values())
    figure = Figure(figsize=(max(5.0, 1.6 * (right - left)), 0.62 * rows + 0.2))
    axes = figure.subplots()
    axes.set_axis_off()
    for before, after in sorted(set(every.edges) - set(graph.edges)):
        _implied(axes, where[before], where[after])
    for before, after in again:
        _back(axes, where[before], where[after])
    for before, after in sorted(graph.edges):
        chain = nx.shortest_path(
            routed.subgraph([before, after, *(n for n in routed if n[:2] == (before, after))]),
            before,
            after,
        )
        _arrow(axes, [where[node] for node in chain])
    for name in graph:
        x, y = where[name]
        colour = STAGES.get(name.split("_")[0], "#444444")
        axes.add_patch(
            FancyBboxPatch(
                (x - 0.4, y - 0.22), 0.8, 0.44, boxstyle="round,pad=0.02,rounding_size=0.1",
                facecolor="white", edgecolor=colour, linewidth=2.2, zorder=3,
            )
        )  # fmt: skip
        axes.text(x, y, name.replace("_", "\n", 1), ha="center", va="center", fontsize=8, zorder=4)
    axes.set_xlim(left, right)
    axes.set_ylim(0.4 - rows, 0.4)
    return figure


def _arrow(axes: Axes, points: list[tuple[float, float]]) -> None:
    """Draw a curve through the points that leaves and enters every layer vertically."""
    (x, y), *rest = points
    y -= 0.24
    vertices, codes = [(x, y)], [Path.MOVETO]
    for number, (next_x, next_y) in enumerate(rest):
        if number == len(rest) - 1:
            next_y += 0.24
        middle = (y + next_y) / 2
        vertices += [(x, middle), (next_x, middle), (next_x, next_y)]
        codes += [Path.CURVE4] * 3
        x, y = next_x, next_y
    axes.add_patch(
        FancyArrowPatch(
            path=Path(vertices, codes), arrowstyle="-|>", mutation_scale=9, color="#555555",
            linewidth=1.1, zorder=2,
        )
    )  # fmt: skip


def _implied(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw an arrow that the order does not need: behind everything else."""
    axes.add_patch(
        FancyArrowPatch(
            (start[0], start[1] - 0.24), (end[0], end[1] + 0.24), arrowstyle="-|>",
            connectionstyle="arc3,rad=0.12", mutation_scale=7, color="#c4c4c4", linewidth=0.8,
            zorder=1,
        )
    )  # fmt: skip


def _back(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw a dashed arrow up to where a later round begins."""
    axes.add_patch(
        FancyArrowPatch(
            (start[0] + 0.42, start[1]), (end[0] + 0.42, end[1]), arrowstyle="-|>",
            connectionstyle="arc3,rad=0.35", mutation_scale=9, color=PURPLE, linewidth=1.2,
            linestyle="--", zorder=2,
        )
    )  # fmt: skip
