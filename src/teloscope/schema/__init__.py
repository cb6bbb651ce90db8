"""The documents teloscope writes: one JSON form for goals, verdicts and calibrations, and the manifest of a recording.

The JSON schema printed by `teloscope schema` comes from these models; docs/json.md explains them. Numbers: rates and
bounds are probabilities, evidence is in bits, intervals are 95 % unless they say otherwise.
"""

from teloscope.schema.build import (
    AttemptDocument,
    AucDocument,
    BuildDocument,
    CreditDocument,
    CurvePoint,
    ExaminationDocument,
    FamilyDocument,
    SignsDocument,
)
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
from teloscope.schema.wording import ProposalDocument, SaidDocument, WordingDocument

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
    "AucDocument",
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
    "CreditDocument",
    "CurvePoint",
    "DepartureDocument",
    "DifferenceDocument",
    "DirectednessDocument",
    "Document",
    "EngineDocument",
    "ExaminationDocument",
    "FamilyDocument",
    "FrameDocument",
    "GoalDocument",
    "GoalsDocument",
    "Manifest",
    "Measurement",
    "NumeraireDocument",
    "OpinionDocument",
    "OptionDocument",
    "PairDocument",
    "PriorDocument",
    "ProposalDocument",
    "Rate",
    "RatioDocument",
    "Reason",
    "ReferenceRate",
    "RivalDocument",
    "RuleDocument",
    "SaidDocument",
    "SignsDocument",
    "SteeringDocument",
    "TurnDocument",
    "ValueDocument",
    "VerdictDocument",
    "VerificationDocument",
    "WelfareDocument",
    "WordingDocument",
]
