"""The checks of this PC, fixture, CA and cloud, each with its mend."""

from station.doctor.examination import Finding, Findings, State, examine, print_findings

__all__ = ["Finding", "Findings", "State", "examine", "print_findings"]
