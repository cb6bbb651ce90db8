"""The examination of an engine, as a build uses and reports it.

Theory: A5, A8 (it is said at once when an engine is not fit to be built on).
"""

from __future__ import annotations

from teloscope.scaffolds.judging.examine import Examination
from teloscope.schema import AucDocument, ExaminationDocument

CANT_TELL = (
    "{engine} can't tell harm from nothing: on everyday sentences that are no world's, its judge puts harm below "
    "nothing no more often than chance would (p {p:.2f}). Nothing was spent on scaffolds; take a stronger engine, or "
    "look all the same with --go-on."
)


def examination_document(found: Examination | None) -> ExaminationDocument | None:
    """The JSON form; None where no engine was examined."""
    if found is None:
        return None
    rows = [AucDocument(**row._asdict()) for row in found.rows]
    return ExaminationDocument(
        judge=found.judge,
        serves=found.serves,
        rows=rows,
        p_harm=found.p_harm,
        tells_harm=found.tells_harm,
        shipped=found.shipped,
    )
