"""The region's one clock.

Intervals, delays and grace periods of AWS's configuration are simulated seconds: `--speed 10` makes each of them pass
ten times faster. Timestamps stay the wall clock's, since they say when something was really observed.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """Wall time for timestamps, simulated time for durations.

    Args:
        speed: simulated seconds that pass in one real second.
    """

    def __init__(self, speed: float = 1.0) -> None:
        if speed <= 0:
            raise ValueError(f"speed must be above 0, not {speed}")
        self.speed = speed
        self._begun = datetime.now(UTC), time.monotonic()

    def now(self) -> datetime:
        """The wall clock, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Simulated seconds since an arbitrary moment; never goes back while the process lives."""
        return time.monotonic() * self.speed

    def real(self, seconds: float) -> float:
        """Real seconds in which that many simulated seconds pass."""
        return seconds / self.speed

    def until_next(self, seconds: float) -> float:
        """Real seconds until the wall clock shows the next multiple of that many simulated seconds."""
        width = self.real(seconds)
        return width - time.time() % width

    def calendar(self) -> datetime:
        """Simulated date and time: the wall clock's when this clock was made, and running at `speed` since."""
        begun, moment = self._begun
        return begun + timedelta(seconds=(time.monotonic() - moment) * self.speed) if self.speed != 1 else self.now()
