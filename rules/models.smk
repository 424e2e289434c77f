# Models: each policy of the catalogue as one complete folder (weights, tokenizer, chat template).


localrules:
    models_fetch,


rule models_fetch:
    """Fetch a model from where the configuration says, at its pinned revision."""
    input:
        unpack(model_inputs),
    output:
        directory(f"{RUN}/models/{{model}}"),
    log:
        f"{RUN}/logs/models/{{model}}.log",
    benchmark:
        f"{RUN}/usage/models/{{model}}.tsv"
    threads: CONFIG.compute.generate.threads
    params:
        options=model_options,
    message:
        "Fetching model {wildcards.model}"
    shell:
        """
        python scripts/fetch_model.py \
            --output {output:q} \
            {params.options} 2>&1 | tee {log:q}
        """
