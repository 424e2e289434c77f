# Models: each policy of the catalogue as one complete folder (weights, tokenizer, chat template).


localrules:
    models_fetch,


def model_inputs(wildcards):
    source = CONFIG.models[wildcards.model].source
    if not isinstance(source, DerivedModel):
        return {}
    return {
        "base": f"{RUN}/models/{source.base}",
        "problems": f"{RUN}/problems/all.jsonl",
    }


def model_options(wildcards, input):
    source = CONFIG.models[wildcards.model].source
    if not isinstance(source, DerivedModel):
        return flags(source)
    given = (
        f"--base-folder {input.base} --problems {input.problems} --seed {CONFIG.seed}"
    )
    return f"{flags(source)} {given}"


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
    shell:
        """
        python scripts/fetch_model.py \
            --output {output:q} \
            {params.options} 2>&1 | tee {log:q}
        """
