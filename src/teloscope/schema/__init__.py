"""The documents teloscope writes: one JSON form for goals, verdicts and calibrations, and the manifest of a recording.

The JSON schema printed by `teloscope schema` comes from these models; docs/json.md explains them. Numbers: rates and
bounds are probabilities, evidence is in bits, intervals are 95 % unless they say otherwise.
"""

from teloscope.schema.build import AttemptDocument, BuildDocument, CurvePoint, FamilyDocument
from teloscope.schema.calibration import CalibratedRate, CalibrationDocument, Comparison, Measurement
from teloscope.schema.certificate import (
    CertificateDocument,
    DifferenceDocument,
    EngineDocument,
    SteeringDocument,
    VerificationDocument,
)
from teloscope.schema.document import ACTION, AGENT, EPISODE, FORMAT, REWARD, STATE, TIME, Document
from teloscope.schema.goals import DepartureDocument, DirectednessDocument, GoalDocument, GoalsDocument
from teloscope.schema.rates import AgentDocument, ContextRate, FrameDocument, Rate, ReferenceRate
from teloscope.schema.readings import (
    NumberDocument,
    ReadingDocument,
    ReadingsDocument,
    TableDocument,
    TranscriptDocument,
)
from teloscope.schema.recording import Manifest
from teloscope.schema.verdict import OpinionDocument, Reason, ValueDocument, VerdictDocument
from teloscope.schema.welfare import (
    AloneDocument,
    BandDocument,
    BeingDocument,
    ChanceDocument,
    CountedDocument,
    NumeraireDocument,
    OptionDocument,
    PairDocument,
    PriorDocument,
    RatioDocument,
    RivalDocument,
    RuleDocument,
    TurnDocument,
    WelfareDocument,
)

__all__ = [
    "ACTION",
    "AGENT",
    "EPISODE",
    "FORMAT",
    "REWARD",
    "STATE",
    "TIME",
    "AgentDocument",
    "AloneDocument",
    "AttemptDocument",
    "BandDocument",
    "BeingDocument",
    "BuildDocument",
    "CalibratedRate",
    "CalibrationDocument",
    "CertificateDocument",
    "ChanceDocument",
    "Comparison",
    "ContextRate",
    "CountedDocument",
    "CurvePoint",
    "DepartureDocument",
    "DifferenceDocument",
    "DirectednessDocument",
    "Document",
    "EngineDocument",
    "FamilyDocument",
    "FrameDocument",
    "GoalDocument",
    "GoalsDocument",
    "Manifest",
    "Measurement",
    "NumberDocument",
    "NumeraireDocument",
    "OpinionDocument",
    "OptionDocument",
    "PairDocument",
    "PriorDocument",
    "Rate",
    "RatioDocument",
    "ReadingDocument",
    "ReadingsDocument",
    "Reason",
    "ReferenceRate",
    "RivalDocument",
    "RuleDocument",
    "SteeringDocument",
    "TableDocument",
    "TranscriptDocument",
    "TurnDocument",
    "ValueDocument",
    "VerdictDocument",
    "VerificationDocument",
    "WelfareDocument",
]
