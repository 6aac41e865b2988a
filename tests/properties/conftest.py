"""How many examples the laws draw: few and always the same ones, unless a profile asks for more."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

COMMON = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)

settings.register_profile("ci", COMMON, max_examples=25, derandomize=True, database=None, phases=PHASES)
settings.register_profile("search", COMMON, max_examples=400)
settings.load_profile(os.environ.get("LAWS", "ci"))
