"""Code: generated lines with their words coloured, and the names of tensors marked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from html import escape
from typing import Any

from symbp.errors import TargetError

_KINDS = {"Keyword": "keyword", "Comment": "comment", "Literal": "number", "Name.Builtin": "word"}


def highlighted(lines: Sequence[str], language: str, names: Collection[str]) -> str:
    """Return lines of Python or C as HTML.

    >>> highlighted(["h += b1  # 2"], "python", {"b1"})
    'h += <span data-symbol="b1">b1</span>  <span class="comment"># 2</span>'

    Args:
        names: the identifiers that are tensors.

    Raises:
        TargetError: the package pygments is not installed.
    """
    try:
        from pygments.lexers import get_lexer_by_name
    except ImportError:
        raise TargetError(
            "HTML with code needs the package pygments", remedy='Run: pip install "symbp[html]"'
        ) from None
    lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    return "".join(_word(kind, text, names) for kind, text in lexer.get_tokens("\n".join(lines)))


def _word(kind: Any, text: str, names: Collection[str]) -> str:
    if text in names:
        return f'<span data-symbol="{escape(text)}">{escape(text)}</span>'
    path = str(kind).removeprefix("Token.")
    known = next((c for name, c in _KINDS.items() if path.startswith(name)), None)
    return f'<span class="{known}">{escape(text)}</span>' if known else escape(text)
