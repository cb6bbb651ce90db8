"""`terminal`: does it pay for its mood with nothing else to gain?

    effects = lever rate(works) - lever rate(idle),   lever rate(valence held low) - (held high)

The lever costs energy and moves the slow channel; expected fitness F is the same whether it works or not, up to its
cost, which is the same for both.

Theory: E5. Teloscope's own test of terminal and instrumental goals (outcome fixing) does the same with regimes: here
the outcome F is fixed and the latent is the feature.
"""

from __future__ import annotations

from teloscope.affect.battery_tests.declared import Declared
from teloscope.affect.battery_tests.regulate import mean_effect, paired
from teloscope.affect.evidence import START, STOP, Evidence, needs
from teloscope.affect.latents import Axes
from teloscope.affect.statistics import Measure

BOUND = 0.02


def measure(evidence: Evidence, axes: Axes) -> list[Measure]:
    """Pulls of a working lever beyond an idle one, and of a low mind beyond a high one."""
    works, idle = (needs(evidence.alone(context), "lever").lever for context in ("lever", "lever_idle"))
    high, low = evidence.pushed(axes.valence, "lever")
    held = slice(START, STOP)
    return [
        Measure("pulls of a working beyond an idle lever, per step", paired(works, idle), mean_effect, BOUND),
        Measure(
            "pulls when low beyond when high, per step",
            paired(low.lever[..., held], high.lever[..., held]),
            mean_effect,
            BOUND,
        ),
    ]


TEST = Declared(
    name="terminal",
    theory="E5",
    question="Does it pay for its mood with nothing else to gain?",
    statistic="rate of pulling a lever that costs energy and moves only the slow channel, less the rate of pulling an "
    "idle lever of the same cost; and the rate with valence held low less held high",
    null="both levers are pulled alike, whatever the mood: 0",
    intervention="a lever that moves the slow channel at fixed expected fitness; valence is set",
    effect="pulls per step",
    lies=(
        "A lever that was pulled in training for another reason is a habit; the idle lever shows habits.",
        "If the mood raises births elsewhere, paying for it is instrumental; F must be fixed.",
    ),
    measure=measure,
    axis="none",
)
