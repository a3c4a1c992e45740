"""Lines for terminals break where rich breaks them."""

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from summarizer.rendering.terminal import wrapped

CONSOLE = Console(color_system=None)
words = st.text(st.sampled_from("abäß-"), min_size=1, max_size=14) | st.sampled_from(["日本語", "e\u0301"])
lines = st.lists(st.tuples(words, st.sampled_from([" ", " ", "  "])), min_size=1).map(
    lambda parts: "".join(word + space for word, space in parts).rstrip()
)


@given(lines, st.integers(1, 40), st.integers(0, 10), st.integers(0, 10))
def test_as_rich(line, width, start, end):
    text = Text(line)
    text.stylize("bold", start, start + end)
    broken = list(wrapped(text, width=width, first=Text(), rest=Text()))
    if text.cell_len <= width:
        assert [one.plain for one in broken] == [line]
        return
    expected = text.copy().wrap(CONSOLE, width, overflow="fold")
    for one in expected:
        one.rstrip()
    assert [(one.plain, one.markup) for one in broken] == [(one.plain, one.markup) for one in expected]
