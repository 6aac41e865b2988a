from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sqla_lint.report.audit.layout import lay

Graph = tuple[int, list[tuple[int, int]]]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    count = draw(st.integers(1, 14))
    node = st.integers(0, count - 1)
    links = draw(st.lists(st.tuples(node, node), max_size=30, unique=True))
    return count, [link for link in links if link[0] != link[1]]


@given(graphs())
def test_no_two_functions_overlap(graph: Graph) -> None:
    laid = lay(*graph)
    for column in set(laid.columns):
        middles = sorted(m for c, m in zip(laid.columns, laid.middles, strict=True) if c == column)
        assert all(lower - upper >= 24 for upper, lower in pairwise(middles))


@given(graphs())
def test_every_link_is_drawn_from_its_caller_to_its_callee(graph: Graph) -> None:
    count, links = graph
    laid = lay(count, links)
    places = [(float(c), m) for c, m in zip(laid.columns, laid.middles, strict=True)]
    assert [(way[0], way[-1]) for way in laid.ways] == [(places[a], places[b]) for a, b in links]


@given(graphs())
def test_without_circles_every_call_goes_to_the_right(graph: Graph) -> None:
    count, links = graph
    forward = [(a, b) for a, b in links if a < b]
    laid = lay(count, forward)
    assert all(laid.columns[a] < laid.columns[b] for a, b in forward)


@given(graphs())
def test_everything_is_inside_the_picture(graph: Graph) -> None:
    laid = lay(*graph)
    assert all(12 <= middle <= laid.height - 11.99 for middle in laid.middles)
    assert max(laid.columns) == laid.width - 1


@given(graphs())
def test_the_order_of_links_changes_nothing(graph: Graph) -> None:
    count, links = graph
    turned = list(reversed(links))
    one, other = lay(count, links), lay(count, turned)
    assert (one.columns, one.middles) == (other.columns, other.middles)
