# Figures, each as SVG, PDF (for print) and PNG. The entries of FIGURES name their inputs.

RESULTS = {
    "config": CONFIG_FILE,
    "benchmarks": f"{RUN}/benchmarks.csv",
    "tasks": f"{RUN}/task_verdicts.csv",
    "paper": here("paper/tables.yaml"),
}
FIGURES = {
    # Figure 1: failing samples that the rule reward scores alike and the implicit reward tells apart.
    "figure1": {
        "config": CONFIG_FILE,
        "rewards": GRAPH.of_rows("rewards/{model}/{method}/seed{seed}.jsonl", GRAPH.rewarded[:1]),
        "analysis": ANALYSES[:1],
        "problems": f"{RUN}/problems/all.jsonl",
        "samples": GRAPH.of_rows("samples/{model}.jsonl", GRAPH.rewarded[:1]),
        "executions": GRAPH.of_rows("executions/{model}.jsonl", GRAPH.rewarded[:1]),
    },
    # Figure 2: from problems to pairs, the paper's five boxes with this run's counts.
    "figure2": {
        "config": CONFIG_FILE,
        "problem_report": f"{RUN}/problems/report.json",
        "statistics": STATISTICS,
    },
    # For developers: which rule needs which.
    "workflow": {"rule_graph": f"{RUN}/figures/rule_graph.dot"},
    # Loss, reward margins and log-probabilities by step.
    "learning_curves": {
        "config": CONFIG_FILE,
        "training": TRAININGS,
        "logs": GRAPH.of_rows(
            "training/{model}/{method}/seed{seed}/training_log.jsonl", GRAPH.trained
        ),
    },
    # How chosen and rejected log-probabilities move, where a run has several losses.
    "log_probs": {
        "config": CONFIG_FILE,
        "training": TRAININGS,
        "logs": GRAPH.of_rows(
            "training/{model}/{method}/seed{seed}/training_log.jsonl", GRAPH.trained
        ),
    },
    # How many problems gave a pair, and why the others did not.
    "pair_yield": {"config": CONFIG_FILE, "statistics": STATISTICS},
    # Verdict classes before and after training.
    "verdict_classes": {
        "config": CONFIG_FILE,
        "paper": RESULTS["paper"],
        "statistics": STATISTICS,
        "verdicts": GRAPH.of_gradings(".verdicts.json"),
    },
    # pass@1 of every policy with its interval.
    "scores": RESULTS,
    # Difference to base of every policy, greedy and sampled, with its interval.
    "differences": {
        **RESULTS,
        **GRAPH.sample_table,
        "benchmark_data": BENCHMARK_DATA,
    },
    # pass@k of every policy, from samples of the benchmark tasks.
    "pass_at_k": {
        "config": CONFIG_FILE,
        "paper": RESULTS["paper"],
        "reranked": GRAPH.reranked,
        **GRAPH.sample_table,
    },
    # pass@1 against the number of training pairs, where a run varies it.
    "data_size": RESULTS | {"training": TRAININGS},
}


rule workflow_draw:
    """Write the rule graph of this workflow."""
    input:
        config=CONFIG_FILE,
        workflow=[here("Snakefile"), *sorted(map(str, Path(here("rules")).glob("*.smk")))],
    output:
        f"{RUN}/figures/rule_graph.dot",
    log:
        f"{RUN}/logs/figures/rule_graph.log",
    localrule: True
    params:
        script=script("draw_workflow.py"),
    shell:
        """
        python {params.script} \
            --config {input.config:q} \
            --workflow {input.workflow:q} \
            --output {output:q} >{log:q} 2>&1
        """


for figure in GRAPH.figures:

    rule:
        """Draw one figure."""
        name:
            f"figures_draw_{figure}"
        input:
            **FIGURES[figure],
        output:
            report(
                f"{RUN}/figures/{figure}.svg",
                category="Figures",
                caption=f"../report/captions/{figure}.rst",
            ),
            multiext(f"{RUN}/figures/{figure}", ".pdf", ".png"),
        log:
            f"{RUN}/logs/figures/{figure}.log",
        localrule: True
        params:
            script=script("draw_figures.py"),
            code=code_of(HERE / "scripts/draw_figures.py"),
            figure=figure.replace("_", "-"),
            stem=subpath(output[0], strip_suffix=".svg"),
            inputs=lambda wildcards, input: options_of(input),
        shell:
            """
            python {params.script} \
                --output {params.stem:q} \
                {params.figure} \
                {params.inputs} >{log:q} 2>&1
            """
