"""Where things lie: this repository, and the real data beside it."""

from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent
SCRIPTS = ROOT / "scripts"
PAPER = ROOT / "paper"
CONFIGS = ROOT / "configs"
SHARED = ROOT.parent / "shared" / "data"


def overlays() -> dict[str, list[Path]]:
    """Return the files of each configuration by name: ``a_b`` and ``a/b`` lie on top of ``a``."""
    found = [path for path in CONFIGS.rglob("*.yaml") if not path.stem.endswith("_claims")]
    files = {path.relative_to(CONFIGS).with_suffix("").as_posix(): path for path in sorted(found)}
    return {
        name: [
            *(files[below] for below in files if name.startswith((f"{below}_", f"{below}/"))),
            path,
        ]
        for name, path in files.items()
    }
