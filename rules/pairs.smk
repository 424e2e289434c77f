# Pairs: one random (chosen, rejected) pair per problem that has both (paper, section 3).


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
