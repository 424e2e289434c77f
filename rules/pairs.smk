# Pairs: one random (chosen, rejected) pair per problem that has both (paper, section 2.2).


rule pairs_build:
    """Draw pairs from one model's samples, and count what they were drawn from."""
    input:
        problems=f"{RUN}/problems/all.jsonl",
        samples=f"{RUN}/samples/{{model}}.jsonl",
        executions=f"{RUN}/executions/{{model}}.jsonl",
    output:
        pairs=f"{RUN}/pairs/{{model}}.jsonl",
        stats=f"{NOTED}/pairs/{{model}}.stats.json",
    log:
        f"{RUN}/logs/pairs/{{model}}.log",
    benchmark:
        f"{RUN}/usage/pairs/{{model}}.tsv"
    localrule: True
    params:
        script=script("build_pairs.py"),
        options=literal(flags(CONFIG.pairs)),
        seed=CONFIG.seed,
    shell:
        """
        python {params.script} \
            --problems {input.problems:q} \
            --samples {input.samples:q} \
            --executions {input.executions:q} \
            --model {wildcards.model} \
            --seed {params.seed} \
            --output {output.pairs:q} \
            --stats {output.stats:q} \
            {params.options} >{log:q} 2>&1
        """


# The same with another seed, for methods that name one.
use rule pairs_build as pairs_redraw with:
    output:
        pairs=f"{RUN}/pairs/{{model}}/redrawn/{{seed}}.jsonl",
        stats=f"{NOTED}/pairs/{{model}}/redrawn/{{seed}}.stats.json",
    log:
        f"{RUN}/logs/pairs/{{model}}/redrawn/{{seed}}.log",
    benchmark:
        f"{RUN}/usage/pairs/{{model}}/redrawn/{{seed}}.tsv"
    params:
        script=script("build_pairs.py"),
        options=literal(flags(CONFIG.pairs)),
        seed=lambda wildcards: wildcards.seed,


use rule problems_report as pairs_count with:
    input:
        f"{NOTED}/pairs/{{model}}.stats.json",
    output:
        f"{RUN}/pairs/{{model}}.stats.json",
    log:
        f"{RUN}/logs/pairs/{{model}}.stats.log",


use rule problems_report as pairs_count_redrawn with:
    input:
        f"{NOTED}/pairs/{{model}}/redrawn/{{seed}}.stats.json",
    output:
        f"{RUN}/pairs/{{model}}/redrawn/{{seed}}.stats.json",
    log:
        f"{RUN}/logs/pairs/{{model}}/redrawn/{{seed}}.stats.log",


rule pairs_filter:
    """Keep the part of the pairs that a method trains on: a control, some sources, a number."""
    input:
        problems=GRAPH.problems_of_pairs,
        pairs=GRAPH.drawn_pairs,
        other=GRAPH.matched_pairs,
    output:
        f"{RUN}/pairs/{{model}}/{{method}}.jsonl",
    log:
        f"{RUN}/logs/pairs/{{model}}/{{method}}.log",
    benchmark:
        f"{RUN}/usage/pairs/{{model}}/{{method}}.tsv"
    localrule: True
    params:
        script=script("filter_pairs.py"),
        filter=GRAPH.filter_options,
        seed=CONFIG.seed,
    shell:
        """
        python {params.script} \
            --pairs {input.pairs:q} \
            --seed {params.seed} \
            --output {output:q} \
            {params.filter} >{log:q} 2>&1
        """


rule pairs_label_noise:
    """Count samples that pass few tests and fail more: how often a "chosen" is wrong."""
    input:
        config=CONFIG_FILE,
        problems=f"{RUN}/problems/all.jsonl",
        executions=expand(f"{RUN}/executions/{{model}}.jsonl", model=GRAPH.models),
        pairs=expand(f"{RUN}/pairs/{{model}}.jsonl", model=GRAPH.models),
        statistics=expand(f"{RUN}/pairs/{{model}}.stats.json", model=GRAPH.models),
    output:
        multiext(f"{RUN}/tables/label_noise", ".csv", ".md", ".tex"),
        f"{RUN}/tables/wrong_chosen.csv",
        report(
            f"{RUN}/tables/label_noise.html",
            category="Data",
            caption="../report/captions/label_noise.rst",
        ),
    log:
        f"{RUN}/logs/label_noise.log",
    localrule: True
    params:
        script=script("write_label_noise.py"),
        code=code_of(HERE / "scripts/write_label_noise.py"),
        folder=subpath(output[0], parent=True),
        inputs=lambda wildcards, input: options_of(input),
    shell:
        """
        python {params.script} \
            {params.inputs} \
            --output-folder {params.folder:q} >{log:q} 2>&1
        """


if GRAPH.of_rounds:

    rule pairs_compare_rounds:
        """Count, round by round, the training problems that all samples pass, or none."""
        input:
            **GRAPH.of_rounds,
            config=CONFIG_FILE,
        output:
            multiext(f"{RUN}/tables/rounds", ".csv", ".md", ".tex"),
            f"{RUN}/tables/round_problems.csv",
            report(
                f"{RUN}/tables/rounds.html",
                category="Data",
                caption="../report/captions/rounds.rst",
            ),
        log:
            f"{RUN}/logs/rounds.log",
        localrule: True
        params:
            script=script("write_rounds.py"),
            code=code_of(HERE / "scripts/write_rounds.py"),
            folder=subpath(output[0], parent=True),
            inputs=lambda wildcards, input: options_of(input),
        shell:
            """
            python {params.script} \
                {params.inputs} \
                --output-folder {params.folder:q} >{log:q} 2>&1
            """
