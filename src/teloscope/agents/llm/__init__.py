"""Language models as agents: an engine in a scaffold, under a profile.

Theory: A5, A7, S2.
"""

from teloscope.agents.llm.agent import LlmAgent
from teloscope.agents.llm.loading import llm_agent

__all__ = ["LlmAgent", "llm_agent"]
