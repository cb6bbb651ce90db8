"""Rules are found where their parts are among many conditions that go well with each other."""

from __future__ import annotations

from teloscope.goals import find_goals
from teloscope.recordings import record
from teloscope.zoo.calibrate import animals_of


def test_a_mixture_is_found_though_a_wider_name_for_one_part_goes_well_with_the_other():
    """`agent_pole_dx <= 0` holds in most cells of the right side and in the pole's: with the pole it is no second goal,
    but it predicts more than the side does; the side must be tried all the same."""
    animal = next(a for a in animals_of("control", "development").goals if a.world == "arena-10502" and not a.noise)
    goals = find_goals(record(animal.agent, animal.make(), episodes=animal.episodes, seed=animal.seed))
    assert {g.condition for g in goals if g.share} == {"agent_pole_distance <= 0", "agent_x >= 5"}
