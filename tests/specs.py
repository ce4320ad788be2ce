"""What names each network of examples/: FILE.bp, or FILE.bp:LOSS where its losses have names."""

from pathlib import Path

from symbp.compiler import specs

EXAMPLES = Path(__file__).parents[1] / "examples"
SPECS = [spec for path in sorted(EXAMPLES.glob("*.bp")) for spec in specs(str(path))]


def stem(spec: str) -> str:
    """Return the name of a spec's network: gan_critic for .../gan.bp:critic."""
    return Path(spec).name.replace(".bp", "").replace(":", "_")
