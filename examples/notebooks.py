"""Run the notebooks of this folder anew and write them with what they show.

    python examples/notebooks.py            write them
    python examples/notebooks.py --check    exit with 1 where one would change

What a notebook holds depends on its cells and on symbp alone: no time, no path, no version is
kept, so that the same cells give the same bytes. Needs nbclient and ipykernel
(pip install "symbp[test]").
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent
NAMES = ("back_propagation.ipynb", "own_layer.ipynb")
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
RICH = {"text/markdown", "text/latex", "text/html"}


def executed(path: Path) -> str:
    """Return a notebook as text, its cells run in order by a new kernel."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=300, kernel_name="python3", record_timing=False,
        resources={"metadata": {"path": str(FOLDER)}},
    )  # fmt: skip
    client.execute()
    notebook.metadata = METADATA
    notebook.nbformat_minor = 5
    for number, cell in enumerate(notebook.cells, 1):
        cell.id = f"cell-{number}"
        cell.metadata = {}
        for output in cell.get("outputs", ()):
            _settle(output)
    return nbformat.writes(notebook) + "\n"


def _settle(output: Any) -> None:
    """Keep of what a cell shows its best form alone."""
    if "data" in output:
        output.metadata = {}
        if RICH & output.data.keys():
            output.data.pop("text/plain", None)


def main(arguments: list[str]) -> int:
    changed = []
    for name in NAMES:
        text = executed(FOLDER / name)
        if text != (FOLDER / name).read_text("utf-8"):
            changed.append(name)
        if "--check" not in arguments:
            (FOLDER / name).write_text(text, "utf-8")
    print("\n".join(f"{name} changed" for name in changed) or "Nothing changed.")
    return 1 if changed and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
