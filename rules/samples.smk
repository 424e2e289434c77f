# Samples: eight on-policy samples of every problem from every model (paper, section 2.2).


rule samples_draw:
    """Draw a model's samples of one shard of the problems."""
    input:
        problems=f"{RUN}/problems/shards/{{scatteritem}}.jsonl",
        model=lambda wildcards: GRAPH.model_folder(wildcards.model),
        drawn=lambda wildcards: (
            f"{RUN}/problems/pilot/{wildcards.model}/samples.jsonl"
            if wildcards.model == CONFIG.pilot_model
            else []
        ),
    output:
        f"{RUN}/samples/{{model}}/{{scatteritem}}.jsonl",
    log:
        f"{RUN}/logs/samples/{{model}}/{{scatteritem}}.log",
    benchmark:
        f"{RUN}/usage/samples/{{model}}/{{scatteritem}}.tsv"
    container:
        image("sampling", GENERATE)
    threads: GENERATE.threads
    resources:
        **GENERATE.requests,
    params:
        on_gpus=script("on_gpus.py"),
        per_engine=CONFIG.compute.generate.gpus_per_engine,
        script=script("draw_samples.py"),
        options=lambda wildcards, input: " ".join(
            filter(
                None,
                [options_of({"drawn": input.drawn}), flags(CONFIG.sampling_of(wildcards.model))],
            )
        ),
        seed=CONFIG.seed,
    shell:
        """
        python {params.on_gpus} sampling {resources.given_gpus} python {params.script} \
            --gpus {resources.given_gpus} \
            --gpus-per-engine {params.per_engine} \
            --problems {input.problems:q} \
            --model-folder {input.model:q} \
            --model {wildcards.model} \
            --seed {params.seed} \
            --output {output:q} \
            {params.options} >{log:q} 2>&1
        """


rule samples_gather:
    """Join the shards of a model's samples, or executions."""
    input:
        gather.shards(f"{RUN}/samples/{{{{model}}}}/{{scatteritem}}.jsonl"),
    output:
        f"{RUN}/samples/{{model}}.jsonl",
    log:
        f"{RUN}/logs/samples/{{model}}.log",
    benchmark:
        f"{RUN}/usage/samples/{{model}}.tsv"
    localrule: True
    params:
        script=script("gather_shards.py"),
        kind="sample",
    shell:
        """
        python {params.script} \
            --kind {params.kind} \
            --inputs {input:q} \
            --output {output:q} >{log:q} 2>&1
        """
