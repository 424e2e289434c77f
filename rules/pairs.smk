# Pairs: one random (chosen, rejected) pair per problem that has both (paper, section 3).


localrules:
    pairs_build,
    pairs_filter,


rule pairs_build:
    """Draw the pairs of one model's samples and count what they were drawn from."""
    input:
        problems=f"{RUN}/problems/all.jsonl",
        samples=f"{RUN}/samples/{{model}}.jsonl",
        executions=f"{RUN}/executions/{{model}}.jsonl",
    output:
        pairs=f"{RUN}/pairs/{{model}}.jsonl",
        stats=f"{RUN}/pairs/{{model}}.stats.json",
    log:
        f"{RUN}/logs/pairs/{{model}}.log",
    benchmark:
        f"{RUN}/usage/pairs/{{model}}.tsv"
    params:
        options=flags(CONFIG.pairs),
        seed=CONFIG.seed,
    message:
        "Drawing pairs of {wildcards.model}"
    shell:
        """
        python scripts/build_pairs.py \
            --problems {input.problems:q} \
            --samples {input.samples:q} \
            --executions {input.executions:q} \
            --model {wildcards.model} \
            --seed {params.seed} \
            --output {output.pairs:q} \
            --stats {output.stats:q} \
            {params.options} 2>&1 | tee {log:q}
        """


rule pairs_filter:
    """Keep the part of the pairs that a method trains on: a control, or a size of the sweep."""
    input:
        pairs=drawn_pairs,
        other=matched_pairs,
    output:
        f"{RUN}/pairs/{{model}}/{{method}}.jsonl",
    log:
        f"{RUN}/logs/pairs/{{model}}/{{method}}.log",
    benchmark:
        f"{RUN}/usage/pairs/{{model}}/{{method}}.tsv"
    params:
        control=lambda wildcards: CONFIG.methods[wildcards.method].control,
        other=lambda wildcards, input: f"--other {input.other}" if input.other else "",
        size=lambda wildcards: (
            f"--max-pairs {CONFIG.methods[wildcards.method].max_pairs}"
            if CONFIG.methods[wildcards.method].max_pairs
            else ""
        ),
        seed=CONFIG.seed,
    message:
        "Filtering pairs for {wildcards.model} {wildcards.method}"
    shell:
        """
        python scripts/filter_pairs.py \
            --pairs {input.pairs:q} \
            --control {params.control} \
            --seed {params.seed} \
            --output {output:q} \
            {params.other} {params.size} 2>&1 | tee {log:q}
        """
