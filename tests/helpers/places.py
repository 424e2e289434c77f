"""Where things lie: this repository, and the real data beside it."""

from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent
SCRIPTS = ROOT / "scripts"
PAPER = ROOT / "paper"
CONFIGS = ROOT / "configs"
SHARED = ROOT.parent / "shared" / "data"


def overlays() -> dict[str, list[Path]]:
    """Return the files of each configuration by its name; some lie on top of the demo's."""
    files = sorted(path for path in CONFIGS.glob("*.yaml") if not path.stem.endswith("_claims"))
    demo = CONFIGS / "demo.yaml"
    return {path.stem: [demo, path] if path.stem.startswith("demo_") else [path] for path in files}
