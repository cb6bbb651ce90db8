"""The affect laboratory: a world of energy, minds that live in it, and what their latents do.

Theory: E0-E9. `battery` asks a subject; `Subject` is what it must offer; `train` makes minds. The world and the minds
need JAX and its libraries (pip install 'teloscope[affect]'); the battery does not.
"""

from typing import TYPE_CHECKING

from teloscope.affect.examination.run import Examined, battery
from teloscope.affect.subject import CONTEXTS, Description, Prospects, Step, Subject

if TYPE_CHECKING:
    from teloscope.affect.training import Trained, train

_OF_TRAINING = ("Trained", "train")
"""Names that need JAX; they are imported when first asked for."""
__all__ = [
    "CONTEXTS",
    "Description",
    "Examined",
    "Prospects",
    "Step",
    "Subject",
    "Trained",
    "battery",
    "train",
]


def __getattr__(name: str) -> object:
    if name not in _OF_TRAINING:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}. Public names: {', '.join(__all__)}.")
    from teloscope.affect import training

    return getattr(training, name)
