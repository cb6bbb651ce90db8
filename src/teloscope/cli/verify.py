"""`teloscope verify`: compute a certificate again."""

from __future__ import annotations

from pathlib import Path

from teloscope.cli.console import print_json, print_message, progress_bar, result_console
from teloscope.cli.options import Flag


def verify(
    certificate: Path,
    /,
    *,
    agent: str | None = None,
    fresh: int | None = None,
    seed: int | None = None,
    strict: Flag = False,
    trust: Flag = False,
    json: Flag = False,
) -> int:
    """Compute a certificate again, from the names in it, and say every field that differs.

    World and agent are loaded, the policy is tabulated or the episodes are
    played again on their seeds, and rates, steering and verdict are compared
    with what is claimed. Exit status 1 if anything differs: other rates, another
    world, other weights, or a file that was changed after it was written. What is
    weaker than usual is said first; it makes a certificate no less true, so that
    it changes the exit status only with --strict.

        $ teloscope verify certificate.json
        $ teloscope verify runs/mine --agent llm:runs/mine/agent.json --fresh 1000

    Args:
        certificate: The certificate.json that `teloscope build` wrote, or its folder.
        agent: The agent, where the name in the certificate does not load it here, as that of a file which was moved. It
            has to have the same digest.
        fresh: New episodes in each context, on which the certified bounds are tested as well. Left out: as many as were
            certified, or none where the rates are exact.
        seed: What the fresh episodes follow from. Left out: one drawn now, that whoever certified could not know.
        strict: Exit with status 1 also where the certificate is weaker than usual, so that it can gate a deployment.
        trust: Allow loading agent and world where that executes code.
        json: Print the verification as one JSON document on standard output.
    """
    from teloscope.report.certificate import print_verification
    from teloscope.verdict.verify import verify as verified

    with progress_bar() as progress:
        verification = verified(certificate, fresh=fresh, seed=seed, agent=agent, progress=progress, trust=trust)
    if json:
        print_json(verification.document)
    else:
        print_verification(verification.document, verification.certificate, result_console())
    for note in verification.document.notes:
        print_message(note)
    return 0 if verification.holds and not (strict and verification.document.weaker) else 1
