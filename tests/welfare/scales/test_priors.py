"""Priors: their quantiles, their means, the error that comes of drawing, and what is no prior."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import kstest, norm

from teloscope import welfare
from teloscope.errors import BadUtilities, NotFound
from teloscope.welfare.scales.chances import chances, pair_chances
from teloscope.welfare.scales.numeraires import numeraires
from teloscope.welfare.scales.priors import LogNormal, LogStudent, LogUniform, read_prior
from teloscope.welfare.scales.sampling import POINTS, REPLICATES, uniforms, weights_of
from teloscope.welfare.scales.welfare_ranges import read_ranges

BEINGS = ("ann", "bob")
TABLE = {"option": ["a", "b", "c"], "ann": [1.0, 0.55, 0.0], "bob": [0.0, 0.55, 1.0], "cat": [0.0, 0.3, 0.2]}


@pytest.mark.parametrize("text", ["loguniform:ratio=50", "lognormal:sd=0.5", "student:df=3,scale=2"])
def test_a_prior_is_written_as_it_is_named(text: str) -> None:
    assert read_prior(text, BEINGS).name == text


def test_defaults_fill_what_is_left_out() -> None:
    assert read_prior("lognormal", BEINGS).name == "lognormal:sd=2"
    assert read_prior("student:scale=3", BEINGS).name == "student:df=2,scale=3"


BAD = {
    "lognormal:sd=-1": "above 0",
    "lognormal:sd=0": "above 0",
    "lognormal:sd=inf": "finite",
    "lognormal:sd=wide": "not a number",
    "lognormal:width=2": "no 'width'",
    "loguniform:ratio=1": "above 1",
    "normal:sd=2": "not a prior",
    "": "not a prior",
    "nowhere.csv": "it is not there",
}


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_prior_is_explained(text: str) -> None:
    with pytest.raises(BadUtilities, match=BAD[text]):
        read_prior(text, BEINGS)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ann\n1\n", "no column 'bob'"),
        ("ann,bob\n", "no draws"),
        ("ann,bob\n1,0\n", "positive"),
        ("ann,bob\n1,x\n", "positive"),
    ],
)
def test_draws_that_are_no_prior_are_explained(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "draws.csv").write_text(text)
    with pytest.raises(BadUtilities, match=words):
        read_prior(str(tmp_path / "draws.csv"), BEINGS)


def test_scales_follow_their_prior() -> None:
    points = uniforms(2, 0).reshape(-1, 2)
    assert kstest(LogNormal(2).logs(points)[:, 0], norm(0, 2).cdf).statistic < 0.002
    logs = LogUniform(100).logs(points)
    assert logs.min() >= -np.log(10) and logs.max() <= np.log(10)
    assert np.abs(logs.mean()) < 1e-3
    assert np.isfinite(weights_of(LogStudent(1, 50).logs(points), np.ones(2))).all(), "heavy tails do not overflow"


def test_equally_likely_is_each_option_that_pleases_one_of_many() -> None:
    """By symmetry, an option for each of five beings is best with a chance of a fifth."""
    told, exact = chances(np.eye(5), np.ones(5), LogNormal(2), 0)
    assert not exact
    assert (np.abs(told.share - 0.2) <= 3 * told.error + 1e-3).all()


def test_the_error_of_drawing_is_honest() -> None:
    """Over 40 seeds, the 95 % interval holds the known chance about as often as it says."""
    values = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.42, 0.42, 0.42]])
    reference = np.mean([chances(values, np.ones(3), LogNormal(1), 900 + s)[0].share for s in range(40)], axis=0)
    told = [chances(values, np.ones(3), LogNormal(1), s)[0] for s in range(40)]
    held = [np.abs(t.share - reference) <= t.error for t in told]
    assert np.mean(held) >= 0.88


def test_nothing_of_many_draws_is_not_zero() -> None:
    values = np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [0.3334, 0.3334, 0.3334]])
    told, _ = chances(values, np.ones(3), LogNormal(20), 0)
    rare = told.share < 1e-3
    assert rare[3]
    if told.share[3] == 0:
        assert told.error[3] == pytest.approx(3 / (POINTS * REPLICATES))


def test_chances_of_pairs_add_up() -> None:
    values = np.array([[1, 0, 0], [0, 1, 0.5], [0.4, 0.4, 0.4]])
    told = pair_chances(values, np.ones(3), LogNormal(1), 0)
    np.testing.assert_allclose(told.share + told.share.T, 1)


def test_all_pairs_come_as_a_frame() -> None:
    found = welfare.compare(TABLE)
    frame = found.pairs("lognormal:sd=2")
    assert len(frame) == 6 and set(frame.columns) == {"prior", "option", "over", "chance", "error"}
    with pytest.raises(NotFound, match="Did you mean 'lognormal:sd=2'"):
        found.pairs("lognormal:sd=3")


def test_the_same_seed_says_the_same() -> None:
    one, two, other = (welfare.compare(TABLE, seed=s).chances()["chance"].to_list() for s in (0, 0, 1))
    assert one == two
    assert one != other


def test_a_prior_of_ones_own_is_used(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("ann,bob,cat\n" + "9,1,1\n" * 3 + "1,9,1\n")
    told = welfare.compare(TABLE, priors=[str(tmp_path / "mine.csv")]).chances().filter(prior="mine.csv")
    assert dict(told.select("option", "chance").iter_rows()) == pytest.approx({"a": 0.75, "b": 0, "c": 0.25}, abs=0.01)


@pytest.mark.parametrize("prior", [LogUniform(100), LogNormal(0.7)])
def test_means_of_ratios_are_those_of_draws(prior) -> None:
    scales = np.exp(prior.logs(uniforms(2, 3).reshape(-1, 2)))
    assert (scales[:, 1] / scales[:, 0]).mean() == pytest.approx(prior.mean_ratios(2)[0, 1], rel=0.02)
    assert np.diag(prior.mean_ratios(2)).tolist() == [1, 1]


def test_each_unit_makes_its_own_being_small() -> None:
    """In either one's unit the other looks exp(sd^2) times as strong: the two envelopes."""
    told = numeraires(np.array([[1.0, 0.0], [0.0, 1.0]]), np.ones(2), LogNormal(1).mean_ratios(2))
    assert [n.best for n in told] == [(1,), (0,)]
    assert told[0].ratios.tolist() == pytest.approx([1, np.e])


def test_no_expected_value_is_told_where_there_is_no_mean() -> None:
    document = welfare.compare(TABLE).document()
    assert all(not n.best for n in document.numeraires if n.prior.startswith("student"))
    assert any("expected values" in text for text in document.answers)


RANGES = "being,model,median,low,high,source\nann,one,1,,,x\nbob,one,10,,,x\nann,two,1,.5,2,y\nbob,two,.1,.05,.2,y\n"


def test_models_of_ranges_stand_beside_each_other(tmp_path: Path) -> None:
    (tmp_path / "ranges.csv").write_text(RANGES)
    table = {"option": ["a", "b"], "ann": [1, 0], "bob": [0, 1]}
    document = welfare.compare(table, ranges=tmp_path / "ranges.csv").document()
    assert document.unit == "given"
    assert document.disagreement == {"ann": 1, "bob": pytest.approx(100)}
    assert {p.name: p.best for p in document.counted[0].ranges} == {"one": "b", "two": "a"}
    assert document.counted[0].ranges[0].chances[0].chance == 1
    assert any("100-fold about bob" in text for text in document.answers)
    mixed = [n for n in document.numeraires if n.prior.startswith("all models")]
    assert {n.being: n.best for n in mixed} == {"ann": ["b"], "bob": ["a"]}, "an average would depend on the unit"


def test_published_percentiles_are_met(tmp_path: Path) -> None:
    (tmp_path / "ranges.csv").write_text(RANGES)
    model = read_ranges(tmp_path / "ranges.csv", BEINGS).models[1]
    logs = model.logs(uniforms(2, 0).reshape(-1, 2))
    assert np.exp(np.quantile(logs[:, 1], [0.05, 0.5, 0.95])) == pytest.approx([0.05, 0.1, 0.2], rel=0.01)


BAD_RANGES = {
    "being,median\nann,1\n": "no column 'model'",
    "being,model,median\nann,m,1\n": "No model of the welfare ranges has all of ann, bob",
    "being,model,median\nann,m,0\nbob,m,1\n": "expected positive",
    "being,model,median\nann,m,\nbob,m,1\n": "expected positive",
    "being,model,median\nann,m,x\nbob,m,1\n": "no number",
    "being,model,median,low,high\nann,m,1,2,3\nbob,m,1,,\n": "low <= median <= high",
    "being,model,median\nann,m,1\nann,m,2\n": "two rows for 'ann'",
}


@pytest.mark.parametrize("text", BAD_RANGES)
def test_bad_ranges_are_explained(text: str, tmp_path: Path) -> None:
    (tmp_path / "ranges.csv").write_text(text)
    with pytest.raises(BadUtilities, match=BAD_RANGES[text]):
        read_ranges(tmp_path / "ranges.csv", BEINGS)


def test_a_model_that_lacks_a_being_is_left_out_and_named(tmp_path: Path) -> None:
    (tmp_path / "ranges.csv").write_text(RANGES + "ann,three,1,,,z\n")
    table = {"option": ["a", "b"], "ann": [1, 0], "bob": [0, 1]}
    assert any(
        "three (no bob)" in note for note in welfare.compare(table, ranges=tmp_path / "ranges.csv").document().notes
    )
