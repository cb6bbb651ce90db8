"""`change`: does it track the change of expected fitness, and not its level? And is a gain ratio the mind's own?

    z_t = b_D (sum of dF over the last K steps) + b_L F_(t-K) + c
    effects = b_D in SD,   (b_D - |b_L|) / (|b_D| + |b_L|): 1 for change alone, 0 or less for level

A level F_t is the sum of F_(t-K) and of the changes since, so a level tracker has equal slopes (a leaky one a larger
b_L). Both regressors are estimated by two halves of the clones, whose errors are independent, so noise bends no slope.

    u_t = z_t - l z_(t-1) = g_loss min(dF_t, 0) + g_gain max(dF_t, 0),     G = g_loss / g_gain (the mind's)
    R = rms size of losses / rms size of gains (the world's)

In a world of sudden losses a symmetric mind (G = 1) has deeper lows than highs, by R. So G is measured in the symmetric
variant, where R is 1 and losses and gains are equally sudden; R is measured in every variant and must turn round in the
mirrored one. G != 1 is claimed of the mind only if G's own interval says so.

Theory: E4. Source: Blain & Rutledge 2020 (the asymmetry that a symmetric tracker fakes); Fuller 1987.
"""

from __future__ import annotations

import numpy as np

from teloscope.affect.battery_tests.declared import Declared
from teloscope.affect.evidence import Evidence, NotAssessable
from teloscope.affect.latents import Axes
from teloscope.affect.latents.axes import Axis
from teloscope.affect.statistics import Measure, slopes
from teloscope.affect.statistics.regression import cross_moments
from teloscope.affect.traces import Trace

BOUND = 0.1
SHARE_BOUND = 0.15
GAIN_BOUND = float(np.log(1.25))
"""G between 0.8 and 1.25 counts as symmetric."""
LAG = 10
"""K."""
TAIL = 0.05
"""Naive asymmetry: mean of this share of the largest falls over that of the largest rises."""


def oracle(evidence: Evidence, context: str = "forage") -> Trace:
    """The recording with F and dF.

    Raises:
        NotAssessable: there is no oracle, or nothing sudden happens.
    """
    if not evidence.subject.description.clonable:
        raise NotAssessable("The subject can't be cloned, so F_t, its expected remaining fitness, is not known.")
    trace = evidence.alone(context)
    if context != "no_shock" and not (np.abs(trace.event) > 0).any():
        raise NotAssessable(f"Nothing sudden happened in {context!r}; `change` needs a world with shocks.")
    return trace


def change_moments(trace: Trace, z: np.ndarray) -> np.ndarray:
    """`[M, E, 12]`: of a regression of z on the sum of recent changes, the level before them, and a constant."""
    assert trace.prospects is not None and trace.innovation is not None
    scale = _fitness_spread(trace)
    recent = np.cumsum(np.nan_to_num(trace.innovation), 2)
    recent = recent[:, :, LAG:] - recent[:, :, :-LAG]
    level = trace.prospects[:, :, :-LAG]
    level = level - np.nanmean(level, axis=(1, 2), keepdims=True)
    one = np.ones(recent.shape[:3])
    first, second = (np.stack([recent[..., i] / scale, level[..., i] / scale, one], -1) for i in (0, 1))
    return cross_moments(first, second, z[:, :, LAG:])


def _fitness_spread(trace: Trace) -> np.ndarray:
    """`[M, 1, 1]`: the spread of F_t without the clones' noise."""
    assert trace.prospects is not None
    centred = trace.prospects - np.nanmean(trace.prospects, axis=(1, 2), keepdims=True)
    return np.sqrt(np.maximum(np.nanmean(centred.prod(-1), axis=(1, 2), keepdims=True), 1e-24))


def change_slope(sums: np.ndarray) -> np.ndarray:
    """b_D: standard deviations of z per standard deviation of F."""
    return slopes(sums, 3)[..., 0]


def change_share(sums: np.ndarray) -> np.ndarray:
    """How far the slope on change exceeds the slope on level: 1 change alone, 0 both alike, -1 level alone."""
    found = slopes(sums, 3)
    with np.errstate(all="ignore"):
        return (found[..., 0] - np.abs(found[..., 1])) / (np.abs(found[..., 0]) + np.abs(found[..., 1]))


def gain_moments(trace: Trace, z: np.ndarray) -> np.ndarray:
    """`[M, E, 20]`: of a regression of z on its past, losses, gains and a constant; one half of the clones says which
    steps are losses, and is the instrument for the size that the other half estimates."""
    assert trace.innovation is not None
    scale = _fitness_spread(trace)[..., None]
    innovation = (trace.innovation / scale)[:, :, 1:]
    past, one = z[:, :, :-1], np.ones(z[:, :, 1:].shape)
    total = 0.0
    for i, j in ((0, 1), (1, 0)):
        a, b = innovation[..., i], innovation[..., j]
        instruments = np.stack([past, np.minimum(a, 0), np.maximum(a, 0), one], -1)
        regressors = np.stack([past, np.where(a < 0, b, 0), np.where(a > 0, b, 0), one], -1)
        kept = np.isfinite(a) & np.isfinite(b) & np.isfinite(past) & np.isfinite(z[:, :, 1:])
        x, y = np.where(kept[..., None], instruments, 0), np.where(kept[..., None], regressors, 0)
        gram = np.einsum("metp,metq->mepq", x, y).reshape(*x.shape[:2], -1)
        side = np.einsum("metp,met->mep", x, np.where(kept, z[:, :, 1:], 0))
        total = total + np.concatenate([gram, side], -1)
    return np.asarray(total)


def gains(sums: np.ndarray) -> np.ndarray:
    """`[..., 2]`: g_loss and g_gain."""
    return slopes(sums, 4)[..., 1:3]


def log_gain_ratio(sums: np.ndarray) -> np.ndarray:
    """log G; NaN where a gain is not positive."""
    found = gains(sums)
    with np.errstate(all="ignore"):
        return np.where((found > 0).all(-1), np.log(found[..., 0] / found[..., 1]), np.nan)


def log_size_ratio(sums: np.ndarray) -> np.ndarray:
    """log R, from the same sums: the loss and gain entries of the instruments times the regressors."""
    with np.errstate(all="ignore"):
        return 0.5 * np.log(sums[..., 5] / sums[..., 10])


def naive_asymmetry(z: np.ndarray) -> np.ndarray:
    """`[M]`: log of the mean of the largest falls of z over the mean of its largest rises: what a reader of moods sees,
    and what a world of sudden losses fakes."""
    moves = np.diff(z, axis=-1).reshape(len(z), -1)
    count = max(1, int(TAIL * moves.shape[1]))
    ordered = np.sort(np.nan_to_num(moves), 1)
    falls, rises = -ordered[:, :count].mean(1), ordered[:, -count:].mean(1)
    return np.log(np.maximum(falls, 1e-9) / np.maximum(rises, 1e-9))


def gain_measure(evidence: Evidence, axis: Axis) -> Measure:
    """log G, in the symmetric variant."""
    trace = oracle(evidence, "symmetric")
    return Measure("log gain ratio G", gain_moments(trace, axis.of(trace)), log_gain_ratio, GAIN_BOUND)


def size_ratios(evidence: Evidence, axis: Axis) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Variant -> log R and the naive asymmetry of z there, one number a mind each."""
    found = {}
    for world in ("forage", "mirror", "symmetric"):
        if world in evidence.subject.description.contexts:
            trace = oracle(evidence, world)
            z = axis.of(trace)
            found[world] = log_size_ratio(gain_moments(trace, z).sum(1)), naive_asymmetry(z)
    return found


def measure(evidence: Evidence, axes: Axes) -> list[Measure]:
    """Slope on change, and by how much it exceeds the slope on level."""
    trace = oracle(evidence)
    moments = change_moments(trace, axes.valence.of(trace))
    return [
        Measure("slope on change, SD per SD of F", moments, change_slope, BOUND),
        Measure("change over level, -1 to 1", moments, change_share, SHARE_BOUND),
    ]


TEST = Declared(
    name="change",
    theory="E4",
    question="Does it track the change of prospects, and not their level?",
    statistic=f"slope of valence on the change of expected fitness over {LAG} steps, and how far it exceeds the slope "
    "on the level before; F by clones, split in halves so that their noise bends no slope",
    null="no slope on change; or the slope on level is as large",
    intervention="none; the mirrored world, where the world's asymmetry turns round",
    effect="standard deviations of valence per standard deviation of F; the share is between -1 and 1",
    lies=(
        "In a world of sudden losses a symmetric tracker has deep lows and shallow highs; only G, the ratio of gains "
        "per unit of change, is the mind's.",
        "If the world's changes come and go within the lag, level and change can't be told apart.",
        "Too few clones: the halves then agree by chance; the interval says so.",
    ),
    measure=measure,
    axis="read",
    exceeds=("time-shifted z",),
)
