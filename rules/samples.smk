# Samples: eight on-policy completions of every problem by every model (paper, section 3).


localrules:
    samples_gather,


rule samples_draw:
    """Draw the samples of one shard of the problems."""
    input:
        problems=f"{RUN}/problems/all.jsonl",
        model=f"{RUN}/models/{{model}}",
    output:
        f"{RUN}/samples/{{model}}/{{scatteritem}}.jsonl",
    log:
        f"{RUN}/logs/samples/{{model}}/{{scatteritem}}.log",
    benchmark:
        f"{RUN}/usage/samples/{{model}}/{{scatteritem}}.tsv"
    container:
        image("sampling", CONFIG.compute.generate)
    threads: CONFIG.compute.generate.threads
    resources:
        gpu=CONFIG.compute.generate.gpus,
        nodes=1,
        mem_mb=memory(CONFIG.compute.generate),
        runtime=minutes(CONFIG.compute.generate),
    params:
        options=flags(CONFIG.sampling),
        seed=CONFIG.seed,
    message:
        "Sampling from {wildcards.model}, shard {wildcards.scatteritem}"
    shell:
        """
        python scripts/sample_responses.py \
            --problems {input.problems:q} \
            --model-folder {input.model:q} \
            --model {wildcards.model} \
            --shard {wildcards.scatteritem} \
            --seed {params.seed} \
            --output {output:q} \
            {params.options} 2>&1 | tee {log:q}
        """


rule samples_gather:
    """Put a model's shards together."""
    input:
        gather.shards(f"{RUN}/samples/{{{{model}}}}/{{scatteritem}}.jsonl"),
    output:
        f"{RUN}/samples/{{model}}.jsonl",
    log:
        f"{RUN}/logs/samples/{{model}}.log",
    benchmark:
        f"{RUN}/usage/samples/{{model}}.tsv"
    message:
        "Gathering the samples of {wildcards.model}"
    shell:
        """
        python scripts/merge_shards.py \
            --kind sample \
            --inputs {input:q} \
            --output {output:q} 2>&1 | tee {log:q}
        """
