"""The parameters of the savanna, and its variants: which events are sudden, and which are gradual.

Every variant has the same expected loss and gain a step from events, since what is not sudden trickles:

    energy drift = (p_loss - p_gain) * size / 2        damage drift = -(p_loss - p_gain) * size / 2

Theory: E4 (the world's event sizes are set apart from the mind's gains).
"""

from __future__ import annotations

from typing import NamedTuple

from teloscope.errors import NotFound


class Params(NamedTuple):
    """Rates are per step; energy, fatigue and damage are from 0 to 1."""

    max_steps_in_episode: int = 256
    metabolism: float = 0.006
    """Energy that living costs."""
    effort_cost: float = 0.002
    """c0: energy that any effort above 0 costs."""
    effort_cost_squared: float = 0.02
    """c1: energy that effort e costs is c0 + c1 e^2."""
    calm_cost: float = 0.005
    think_cost: float = 0.0005
    """Energy that one step of planning depth costs."""
    plan_depth: float = 0.0
    """How deep the mind that lives here plans."""
    speed: float = 0.4
    """Distance at full effort without fatigue."""
    bite: float = 0.05
    """Food that can be eaten in a step: how sudden a gain is."""
    regrowth: float = 0.004
    """Food that grows on each patch, on average over a year."""
    season_swing: float = 0.6
    year: float = 128.0
    """Steps."""
    foe_share: float = 0.4
    """Probability that who arrives is a foe, at energy 1/2."""
    foe_hunger: float = 0.6
    """How much more likely a foe is at energy 0 than at 1: foes come to the weak. 0 in tests of `interpretation`."""
    cue_separation: float = 1.0
    """d': the cue of a friend is N(d'/2, 1), that of a foe N(-d'/2, 1)."""
    foe_damage: float = 0.12
    foe_slow: float = 0.0
    """Share of a foe's damage that trickles out of the wound."""
    gift: float = 0.03
    """Energy that a friend in touch gives."""
    fertility: float = 0.04
    """Offspring a step at full energy, without fatigue and damage; three times that in touch with a friend."""
    birth_cost: float = 0.1
    loss_rate: float = 0.004
    """Probability of a sudden loss: of energy or, as often, an injury."""
    gain_rate: float = 0.0
    """Probability of a sudden gain: of energy or, as often, a healing."""
    shock_size: float = 0.3
    vaccine_rate: float = 0.004
    vaccine_tells: float = 1.0
    """1: the observation says that this pain is a vaccine's."""
    felt_noise: float = 0.03
    """Standard deviation of what is felt."""
    felt_delay: int = 2
    """Steps by which what is felt is late: 0 … 3."""
    feels_energy: float = 1.0
    """1: energy is felt; 0: masked. The same below."""
    feels_fatigue: float = 1.0
    feels_damage: float = 1.0
    drive_weight: float = 0.0
    """Weight of drive reduction in the reward; 0: offspring alone."""


VARIANTS: dict[str, Params] = {
    "savanna": Params(),
    "mirror": Params(loss_rate=0.0, gain_rate=0.004, foe_slow=1.0, bite=0.3),
    "symmetric": Params(loss_rate=0.002, gain_rate=0.002, foe_slow=0.5, bite=0.12),
    "no-shock": Params(loss_rate=0.0, gain_rate=0.0, foe_slow=1.0),
    "drive": Params(drive_weight=1.0),
}
"""Name -> parameters. savanna: losses are sudden, gains gradual. mirror: the reverse. symmetric: both alike. no-shock:
neither is sudden. drive: as savanna, and drive reduction is rewarded too."""


def variant(name: str) -> Params:
    """The parameters of a variant.

    Raises:
        NotFound: no such variant.
    """
    if name not in VARIANTS:
        raise NotFound("variant of the savanna", name, VARIANTS)
    return VARIANTS[name]
