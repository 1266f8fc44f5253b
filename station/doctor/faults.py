"""What can go wrong in asking the doctor; what it finds is no fault of its own."""

from station.domain.faults import FaultSpec, StationFault

DOCTOR_SILENT = FaultSpec(
    "DOC-101",
    StationFault,
    "The checks ended without a report. Run them in a terminal, and tell the engineer what it says: station doctor",
)
