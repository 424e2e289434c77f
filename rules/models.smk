# Models: each model as one complete folder (weights, tokenizer, chat template).


rule models_fetch:
    """Get a model from its source in the configuration, at its pinned revision."""
    input:
        unpack(GRAPH.model_inputs),
    output:
        directory(f"{RUN}/models/{{model}}"),
    log:
        f"{RUN}/logs/models/{{model}}.log",
    benchmark:
        f"{RUN}/usage/models/{{model}}.tsv"
    localrule: True
    threads: GENERATE.threads
    params:
        script=script("fetch_model.py"),
        options=lambda wildcards: flags(CONFIG.models[wildcards.model].source, leave_out=("path",)),
        given=content(GRAPH.user_files.of_model),
        made_from=lambda wildcards, input: options_of(input),
        seed=CONFIG.seed,
    shell:
        """
        python {params.script} \
            --output {output:q} \
            --seed {params.seed} \
            {params.made_from} \
            {params.options} >{log:q} 2>&1
        """
