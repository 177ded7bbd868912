"""What holds for all tests."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# Speed is measured in benchmarks/; a slow machine is no failure.
settings.register_profile("runback", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("runback")
