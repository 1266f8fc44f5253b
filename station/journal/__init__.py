"""The append-only record: SQLite through apsw. The journal is the truth; everything else is drawn from it."""
