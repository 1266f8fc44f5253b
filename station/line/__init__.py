"""The line: batches, slots, the step table, recovery, and the outbox that feeds the cloud."""
