"""Pages as a browser shows them: nothing is loaded, nothing is cut off, everybody can read them.

Needs Chromium (Debian: chromium) or `CHROMIUM`, and the packages playwright-core and axe-core for
Node, with `NODE_PATH` where they are:

    npm install --prefix /tmp/look playwright-core axe-core
    NODE_PATH=/tmp/look/node_modules python -m pytest tests/pages

`SYMBP_SCREENSHOTS=FOLDER` keeps pictures of all pages, and `SYMBP_PAGES=all` looks at all of them.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from symbp import compiler

ROOT = Path(__file__).parents[2]
ALL = ("xor", "digits", "lenet", "sunspots", "char_transformer")
PAGES = ALL if os.environ.get("SYMBP_PAGES") == "all" else ("xor", "sunspots")
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
NODE = shutil.which("node")


def _missing() -> str:
    """Return what is not there; nothing if all is."""
    if not CHROMIUM:
        return "chromium (Debian: apt-get install chromium)"
    if not NODE:
        return "node"
    asked = "require.resolve('playwright-core'); require.resolve('axe-core')"
    run = subprocess.run([NODE, "-e", asked], capture_output=True, check=False)
    return "playwright-core and axe-core on NODE_PATH" if run.returncode else ""


pytestmark = pytest.mark.skipif(bool(_missing()), reason=f"needs {_missing()}")


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """Return what the browser has to complain of, for each page and each width."""
    folder = tmp_path_factory.mktemp("pages")
    for name in PAGES:
        network = compiler.load(str(ROOT / "examples" / f"{name}.bp"))
        page = compiler.page(network, compiler.derivation(network))
        (folder / f"{name}.html").write_text(page, "utf-8")
    pictures = os.environ.get("SYMBP_SCREENSHOTS", "-")
    files = [str(folder / f"{name}.html") for name in PAGES]
    script = str(Path(__file__).with_name("look.cjs"))
    run = subprocess.run(
        [NODE, script, CHROMIUM, pictures, *files], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def complaints(seen, kind):
    return {where: found[kind] for where, found in seen.items() if found.get(kind)}


def test_every_page_is_seen_on_a_phone_and_on_a_desk_and_one_in_the_dark(seen):
    wanted = {f"{name}.html {width} light" for name in PAGES for width in (390, 1400)}
    assert set(seen) == wanted | {f"{PAGES[0]}.html 1400 dark"}


def test_the_console_is_silent(seen):
    assert not complaints(seen, "console")


def test_no_page_asks_the_network_for_anything(seen):
    assert not complaints(seen, "requests")


def test_every_formula_is_visible_and_inside_its_box(seen):
    assert not complaints(seen, "formulas")
    assert not complaints(seen, "wide")


def test_everything_folded_unfolds(seen):
    assert not complaints(seen, "unfolding")


def test_a_symbol_lights_up_wherever_it_occurs(seen):
    assert not complaints(seen, "lit")


def test_no_rule_of_accessibility_is_broken(seen):
    assert not complaints(seen, "accessibility")


def test_what_is_cut_off_is_told(tmp_path):
    """The judge itself is judged: a page with one fault of each kind."""
    formula = f'<p class="formula"><math><mi>{"x" * 400}</mi></math></p>'
    faults = (
        "<!DOCTYPE html><html><head><title>x</title></head><body>" + formula
        + '<script src="http://localhost:9/x.js"></script><script>throw new Error("x")</script>'
        "<details><summary></summary></details><img></body></html>"
    )  # fmt: skip
    (tmp_path / "bad.html").write_text(faults, "utf-8")
    script = str(Path(__file__).with_name("look.cjs"))
    run = subprocess.run(
        [NODE, script, CHROMIUM, "-", str(tmp_path / "bad.html")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(run.stdout)["bad.html 390 light"]
    for kind in ("console", "requests", "formulas", "wide", "unfolding", "accessibility"):
        assert found[kind], kind
