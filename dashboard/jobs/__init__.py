"""The only door to the job engine: what runs later, again, or one at a time."""

from dashboard.jobs.jobs import Again, Job, Jobs, Pace
from dashboard.jobs.stats import JobStats, LaneStats

__all__ = ["Again", "Job", "JobStats", "Jobs", "LaneStats", "Pace"]
