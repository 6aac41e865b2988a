"""How many examples the laws draw: few and always the same ones, unless the variable LAWS asks for more.

`LAWS=search` draws many and new ones; `LAWS=shrink` also makes what fails as small as it can, which may take minutes.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

COMMON = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
DRAW = (Phase.explicit, Phase.reuse, Phase.generate)

settings.register_profile("ci", COMMON, max_examples=25, derandomize=True, database=None, phases=DRAW)
settings.register_profile("search", COMMON, max_examples=400, phases=DRAW)
settings.register_profile("shrink", COMMON, max_examples=400)
settings.load_profile(os.environ.get("LAWS", "ci"))
