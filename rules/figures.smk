# Figures: every one as SVG, PDF (for print) and PNG.


localrules:
    figures_rewards,
    figures_pipeline,
    figures_training,
    figures_pairs,
    figures_verdicts,
    figures_scores,
    figures_sizes,


rule figures_rewards:
    """Figure 1: wrong answers that the rule reward scores alike and DPO's reward tells apart."""
    input:
        config=f"{RUN}/config.json",
        rewards=REWARDS[:1],
        samples=expand(f"{RUN}/samples/{{model}}.jsonl", model=REWARDED[:1]),
    output:
        report(
            f"{RUN}/figures/figure1.svg",
            category="Figures",
            caption="../report/captions/figure1.rst",
        ),
        multiext(f"{RUN}/figures/figure1", ".pdf", ".png"),
    log:
        f"{RUN}/logs/figures/figure1.log",
    params:
        stem=subpath(output[0], strip_suffix=".svg"),
    message:
        "Drawing Figure 1"
    shell:
        """
        python scripts/plot_figures.py \
            --output {params.stem:q} \
            figure1 \
            --config {input.config:q} \
            --rewards {input.rewards:q} \
            --samples {input.samples:q} 2>&1 | tee {log:q}
        """


rule figures_pipeline:
    """Figure 2: the pipeline, drawn from this workflow's own rule graph."""
    input:
        config=f"{RUN}/config.json",
        workflow=["Snakefile", *sorted(str(path) for path in Path("rules").glob("*.smk"))],
    output:
        report(
            f"{RUN}/figures/figure2.svg",
            category="Figures",
            caption="../report/captions/figure2.rst",
        ),
        multiext(f"{RUN}/figures/figure2", ".pdf", ".png"),
    log:
        f"{RUN}/logs/figures/figure2.log",
    params:
        stem=subpath(output[0], strip_suffix=".svg"),
    message:
        "Drawing Figure 2"
    shell:
        """
        python -m snakemake all --forceall --nolock --rulegraph dot \
            --configfile {input.config:q} 2>{log:q} \
            | python scripts/plot_figures.py \
                --output {params.stem:q} \
                figure2 \
                --rule-graph - 2>&1 | tee -a {log:q}
        """


rule figures_training:
    """Learning curves: loss, reward margins and log-probabilities by step."""
    input:
        config=f"{RUN}/config.json",
        logs=TRAINING_LOGS,
    output:
        report(
            f"{RUN}/figures/learning_curves.svg",
            category="Figures",
            caption="../report/captions/learning_curves.rst",
        ),
        multiext(f"{RUN}/figures/learning_curves", ".pdf", ".png"),
    log:
        f"{RUN}/logs/figures/learning_curves.log",
    params:
        stem=subpath(output[0], strip_suffix=".svg"),
        folders=lambda wildcards, input: [str(Path(path).parent) for path in input.logs],
    message:
        "Drawing learning curves"
    shell:
        """
        python scripts/plot_figures.py \
            --output {params.stem:q} \
            learning-curves \
            --config {input.config:q} \
            --checkpoints {params.folders:q} 2>&1 | tee {log:q}
        """


rule figures_pairs:
    """How many problems gave a pair, and why the others did not."""
    input:
        config=f"{RUN}/config.json",
        statistics=STATISTICS,
    output:
        report(
            f"{RUN}/figures/pair_yield.svg",
            category="Figures",
            caption="../report/captions/pair_yield.rst",
        ),
        multiext(f"{RUN}/figures/pair_yield", ".pdf", ".png"),
    log:
        f"{RUN}/logs/figures/pair_yield.log",
    params:
        stem=subpath(output[0], strip_suffix=".svg"),
    message:
        "Drawing the pair yield"
    shell:
        """
        python scripts/plot_figures.py \
            --output {params.stem:q} \
            pair-yield \
            --config {input.config:q} \
            --statistics {input.statistics:q} 2>&1 | tee {log:q}
        """


rule figures_verdicts:
    """Verdict classes before and after training."""
    input:
        config=f"{RUN}/config.json",
        statistics=STATISTICS,
        verdicts=VERDICTS,
    output:
        report(
            f"{RUN}/figures/verdict_classes.svg",
            category="Figures",
            caption="../report/captions/verdict_classes.rst",
        ),
        multiext(f"{RUN}/figures/verdict_classes", ".pdf", ".png"),
    log:
        f"{RUN}/logs/figures/verdict_classes.log",
    params:
        stem=subpath(output[0], strip_suffix=".svg"),
    message:
        "Drawing verdict classes"
    shell:
        """
        python scripts/plot_figures.py \
            --output {params.stem:q} \
            verdict-classes \
            --config {input.config:q} \
            --statistics {input.statistics:q} \
            --verdicts {input.verdicts:q} 2>&1 | tee {log:q}
        """


rule figures_scores:
    """pass@1 of every policy with its interval."""
    input:
        config=f"{RUN}/config.json",
        benchmarks=f"{RUN}/benchmarks.csv",
        tasks=f"{RUN}/task_verdicts.csv",
    output:
        report(
            f"{RUN}/figures/scores.svg",
            category="Figures",
            caption="../report/captions/scores.rst",
        ),
        multiext(f"{RUN}/figures/scores", ".pdf", ".png"),
    log:
        f"{RUN}/logs/figures/scores.log",
    params:
        stem=subpath(output[0], strip_suffix=".svg"),
    message:
        "Drawing scores"
    shell:
        """
        python scripts/plot_figures.py \
            --output {params.stem:q} \
            scores \
            --config {input.config:q} \
            --benchmarks {input.benchmarks:q} \
            --tasks {input.tasks:q} 2>&1 | tee {log:q}
        """


rule figures_sizes:
    """pass@1 against the number of training pairs, where a run varies it."""
    input:
        config=f"{RUN}/config.json",
        benchmarks=f"{RUN}/benchmarks.csv",
        tasks=f"{RUN}/task_verdicts.csv",
        training=TRAININGS,
    output:
        report(
            f"{RUN}/figures/data_size.svg",
            category="Figures",
            caption="../report/captions/data_size.rst",
        ),
        multiext(f"{RUN}/figures/data_size", ".pdf", ".png"),
    log:
        f"{RUN}/logs/figures/data_size.log",
    params:
        stem=subpath(output[0], strip_suffix=".svg"),
    message:
        "Drawing scores by the number of pairs"
    shell:
        """
        python scripts/plot_figures.py \
            --output {params.stem:q} \
            data-size \
            --config {input.config:q} \
            --benchmarks {input.benchmarks:q} \
            --tasks {input.tasks:q} \
            --training {input.training:q} 2>&1 | tee {log:q}
        """
