"""What is reported of many samples."""

import statistics
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.figures import Figure, percentile, ratio, rounded

SAMPLES = st.lists(st.floats(0.001, 1e6), min_size=1, max_size=200)


def test_a_figure_has_the_least_the_middle_and_the_most_of_its_samples() -> None:
    assert Figure.of([3.0, 1.0, 2.0, 10.0]).as_json() == {
        "min": 1.0,
        "median": 2.5,
        "max": 10.0,
        "n": 4,
    }


def test_latencies_have_percentiles_too() -> None:
    figure = Figure.of_latencies([float(each) for each in range(1, 101)])

    assert figure.as_json() == {
        "min": 1.0,
        "median": 50.5,
        "max": 100.0,
        "n": 100,
        "p50": 50.5,
        "p95": 95.0,
    }


@pytest.mark.parametrize("make", [Figure.of, Figure.of_latencies])
def test_a_figure_of_nothing_is_an_error(make: Callable[[list[float]], Figure]) -> None:
    with pytest.raises(ValueError, match="no samples"):
        make([])


@pytest.mark.parametrize(
    ("percent", "expected"), [(0, 1.0), (50, 2.0), (51, 3.0), (95, 4.0), (100, 4.0)]
)
def test_a_percentile_is_the_sample_of_the_nearest_rank(percent: float, expected: float) -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], percent) == expected


@given(SAMPLES)
def test_a_percentile_is_a_sample_that_so_many_do_not_exceed(samples: list[float]) -> None:
    found = percentile(samples, 95)

    assert found in samples
    assert sum(each <= found for each in samples) >= 0.95 * len(samples)


@given(SAMPLES)
def test_rounding_keeps_a_figure_in_order_and_close(samples: list[float]) -> None:
    figure = Figure.of_latencies(samples)

    assert figure.p95 is not None
    assert figure.min <= figure.median <= figure.max
    assert figure.min <= figure.p95 <= figure.max
    assert figure.median == pytest.approx(statistics.median(samples), rel=1e-3)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.0, 0.0), (0.00123456, 0.001235), (1.23456, 1.235), (12345.6, 12346), (-1.23456, -1.235)],
)
def test_numbers_are_rounded_to_four_digits_and_whole_ones_kept(
    value: float, expected: float
) -> None:
    assert rounded(value) == expected


def test_a_ratio_compares_medians() -> None:
    assert ratio(Figure.of([1.0, 2.0, 9.0]), Figure.of([4.0])) == 0.5


def test_there_is_no_ratio_to_nothing() -> None:
    assert ratio(Figure.of([1.0]), Figure.of([0.0])) is None
