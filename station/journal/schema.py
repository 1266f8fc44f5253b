"""The journal's tables, version by version. A released step is never changed: a new version appends one."""

from collections.abc import Callable
from typing import Final

import apsw

from station.journal.tree import plant

Migration = str | Callable[[apsw.Connection], None]
"""SQL, or what has to be worked out from what is there."""

APPLICATION_ID: Final = 0x6E393153
"""``n91S``: tells a journal from any other SQLite file."""

# Projections hold nothing that the events do not say: `journal.replay` makes them anew.
_V1: Final = """
CREATE TABLE event(
    seq INTEGER PRIMARY KEY,
    at_us INTEGER NOT NULL,
    kind TEXT NOT NULL,
    batch TEXT, attempt INTEGER, unit INTEGER,
    leaf BLOB NOT NULL
) STRICT;
CREATE INDEX event_attempt ON event(attempt) WHERE attempt IS NOT NULL;
CREATE INDEX event_unit ON event(unit) WHERE unit IS NOT NULL;
CREATE INDEX event_batch ON event(batch, seq) WHERE batch IS NOT NULL;
CREATE INDEX event_rare ON event(kind, seq) WHERE kind NOT IN
    ('step-intended', 'step-finished', 'attempt-opened', 'attempt-closed', 'unit-identified',
     'certificate-intended', 'certificate-issued');
CREATE TRIGGER event_stays BEFORE UPDATE ON event BEGIN SELECT raise(ABORT, 'events are never changed'); END;
CREATE TRIGGER event_remains BEFORE DELETE ON event BEGIN SELECT raise(ABORT, 'events are never deleted'); END;

CREATE TABLE body(sha256 TEXT PRIMARY KEY, data BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TRIGGER body_stays BEFORE UPDATE ON body BEGIN SELECT raise(ABORT, 'bodies are never changed'); END;

CREATE TABLE latest(one INTEGER PRIMARY KEY CHECK (one = 1), at_us INTEGER NOT NULL) STRICT;
CREATE TABLE corrected(first INTEGER NOT NULL, last INTEGER NOT NULL) STRICT;
CREATE TABLE context(sha256 TEXT PRIMARY KEY, seq INTEGER NOT NULL, about TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE account(
    base_url TEXT PRIMARY KEY, team_id TEXT NOT NULL, team_name TEXT NOT NULL, seq INTEGER NOT NULL
) STRICT;
CREATE TABLE batch(
    id TEXT PRIMARY KEY, product TEXT NOT NULL, recipe TEXT NOT NULL, fixture TEXT NOT NULL,
    quantity INTEGER NOT NULL, state TEXT NOT NULL, opened INTEGER NOT NULL, closed INTEGER
) STRICT;
CREATE TABLE unit(
    id INTEGER PRIMARY KEY, batch TEXT NOT NULL,
    device_id TEXT NOT NULL, imei TEXT NOT NULL, uuid TEXT, serial TEXT,
    outcome TEXT, first_outcome TEXT, fault TEXT, passed INTEGER, attempts INTEGER NOT NULL,
    open_attempt INTEGER, last_attempt INTEGER, rework INTEGER NOT NULL DEFAULT 0,
    cloud TEXT NOT NULL DEFAULT 'none'
) STRICT;
CREATE UNIQUE INDEX unit_device_id ON unit(device_id);
CREATE UNIQUE INDEX unit_imei ON unit(imei);
CREATE UNIQUE INDEX unit_uuid ON unit(uuid) WHERE uuid IS NOT NULL;
CREATE UNIQUE INDEX unit_serial ON unit(serial) WHERE serial IS NOT NULL;
CREATE INDEX unit_batch ON unit(batch, outcome);
CREATE TABLE attempt(
    id INTEGER PRIMARY KEY, batch TEXT NOT NULL, slot INTEGER NOT NULL, recipe TEXT NOT NULL, serial TEXT,
    unit INTEGER, number INTEGER, adopts INTEGER, outcome TEXT, fault TEXT, orphan TEXT,
    opened_us INTEGER NOT NULL, closed_us INTEGER
) STRICT;
CREATE INDEX attempt_open ON attempt(id) WHERE outcome IS NULL;
CREATE INDEX attempt_unit ON attempt(unit) WHERE unit IS NOT NULL;
CREATE INDEX attempt_batch ON attempt(batch);
CREATE TABLE certificate(
    serial TEXT PRIMARY KEY, device_id TEXT NOT NULL, spki TEXT NOT NULL, issuer TEXT NOT NULL, profile TEXT NOT NULL,
    state TEXT NOT NULL, intended INTEGER NOT NULL, issued INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX certificate_key ON certificate(spki);
CREATE UNIQUE INDEX certificate_active ON certificate(device_id) WHERE state = 'active';
CREATE INDEX certificate_device ON certificate(device_id);
CREATE TABLE outbox(
    unit INTEGER PRIMARY KEY, state TEXT NOT NULL, upload INTEGER, reason TEXT NOT NULL DEFAULT '',
    since_us INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_open ON outbox(state, unit) WHERE state <> 'onboarded';
CREATE TABLE upload(
    id INTEGER PRIMARY KEY, state TEXT NOT NULL, body_sha256 TEXT NOT NULL, units TEXT NOT NULL,
    absent TEXT NOT NULL DEFAULT '[]', request_id TEXT, tries INTEGER NOT NULL DEFAULT 0,
    first_sent_us INTEGER, next_us INTEGER, reason TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX upload_open ON upload(id) WHERE state <> 'settled';
CREATE TABLE slot(number INTEGER PRIMARY KEY, latched INTEGER, fault TEXT) STRICT;
"""

RARE: Final = """kind NOT IN
    ('step-intended', 'step-finished', 'attempt-opened', 'attempt-closed', 'unit-identified',
     'certificate-intended', 'certificate-issued')"""
"""The condition of the index ``event_rare``, which a query must repeat for SQLite to use it (partialindex, 3)."""

# What makes the journal evidence: a Merkle tree over its events, and the checkpoints that were signed of it.
_V2: Final = """
CREATE TABLE tree(
    level INTEGER NOT NULL, place INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (level, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoint(size INTEGER PRIMARY KEY, seq INTEGER NOT NULL, note TEXT NOT NULL) STRICT;
CREATE TABLE upload_unit(
    unit INTEGER NOT NULL, upload INTEGER NOT NULL, PRIMARY KEY (unit, upload)
) STRICT, WITHOUT ROWID;
CREATE TABLE upload_event(
    upload INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (upload, seq)
) STRICT, WITHOUT ROWID;
"""
_FILL_V2: Final = """
INSERT INTO upload_unit SELECT DISTINCT one.value, upload.id FROM upload, json_each(upload.units) AS one;
INSERT INTO upload_event
    SELECT coalesce(json_extract(CAST(leaf AS TEXT), '$.body.upload'), seq), seq FROM event
    WHERE kind LIKE 'upload-%' AND kind <> 'upload-decided';
"""


def _to_v2(db: apsw.Connection) -> None:
    db.execute(_V2)
    db.execute(_FILL_V2)
    plant(db)


# What a declared rework took out of the outbox, until it begins (then it is gone) or is withdrawn (then it is back).
_V3: Final = """
CREATE TABLE withdrawn(
    unit INTEGER PRIMARY KEY, state TEXT NOT NULL, upload INTEGER, reason TEXT NOT NULL DEFAULT '',
    since_us INTEGER NOT NULL
) STRICT;
CREATE INDEX unit_rework ON unit(id) WHERE rework = 1;
CREATE TABLE final_check(
    unit INTEGER PRIMARY KEY, asks TEXT NOT NULL, state TEXT NOT NULL, words TEXT NOT NULL DEFAULT '',
    at_us INTEGER NOT NULL
) STRICT;
CREATE INDEX final_check_open ON final_check(state, unit) WHERE state <> 'passed';
"""


def _to_v3(db: apsw.Connection) -> None:
    from station.journal.refilling import refill_withdrawn  # noqa: PLC0415 -- it makes tables anew, by these steps

    db.execute(_V3)
    refill_withdrawn(db)


# The tables stay as they are, and so do all entries that are there: new leaves may be packed (station.journal.packing),
# which no station before could read.
_V4: Final = ""

MIGRATIONS: Final[tuple[Migration, ...]] = (_V1, _to_v2, _to_v3, _V4)
"""Entry n takes a journal from format n to n+1."""
