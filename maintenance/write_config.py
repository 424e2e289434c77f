"""Write config.yaml (every setting with its description) and config.schema.json from the model.

python maintenance/write_config.py            write both into the repository's root
python maintenance/write_config.py --check    only say whether they are in step (exit code 2 if not)
"""

import argparse
from pathlib import Path

from codepref.cli import run
from codepref.config_files import commented_yaml, schema_json
from codepref.errors import UserError
from codepref.files import write_whole

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing")
    arguments = parser.parse_args()
    for name, text in {
        "config.yaml": commented_yaml(),
        "config.schema.json": schema_json(),
    }.items():
        path = ROOT / name
        if arguments.check:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                raise UserError(f"{name} is not what src/codepref/config.py says; run: make config")
        else:
            with write_whole(path) as stream:
                stream.write(text)


if __name__ == "__main__":
    run(main, keep_record=False)
