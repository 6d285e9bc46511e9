-- The agreed time, the keys of repeated requests, and the deletions that are not finished yet.

-- Times decide what may be deleted or replaced for good, so the file keeps the latest time that
-- was believed, and how often the operator accepted a jump of the clock.
CREATE TABLE clock (
    id       INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    latest   INTEGER,           -- NULL until the file is first opened
    accepted INTEGER NOT NULL
) STRICT;
INSERT INTO clock
SELECT 1, max(at), 0 FROM (
    SELECT max(at) AS at FROM ledger
    UNION ALL SELECT max(uploaded_at) FROM photos
    UNION ALL SELECT max(created_at) FROM people
    UNION ALL SELECT max(created_at) FROM albums
);

CREATE TRIGGER clock_stays BEFORE DELETE ON clock
BEGIN SELECT raise(ABORT, 'the file has one agreed time'); END;
CREATE TRIGGER clock_is_one_row BEFORE INSERT ON clock
BEGIN SELECT raise(ABORT, 'the file has one agreed time'); END;
CREATE TRIGGER clock_goes_back_only_if_accepted BEFORE UPDATE ON clock
WHEN new.accepted <= old.accepted AND ifnull(new.latest < old.latest, new.latest IS NULL)
BEGIN SELECT raise(ABORT, 'the agreed time only moves forward'); END;

-- A wrong clock may have moved `kept_from` into the future, from where it protects no row. Such a
-- value may be taken back, and no new one can be stored.
DROP TRIGGER ledger_retention_never_goes_back;
UPDATE ledger_retention SET kept_from = -9223372036854775808
WHERE kept_from > 1000 * unixepoch('now');
CREATE TRIGGER ledger_retention_never_goes_back BEFORE UPDATE ON ledger_retention
WHEN new.kept_from < old.kept_from AND old.kept_from <= (SELECT latest FROM clock)
BEGIN SELECT raise(ABORT, 'retention only moves forward'); END;
CREATE TRIGGER ledger_retention_never_lies_ahead BEFORE UPDATE ON ledger_retention
WHEN new.kept_from > ifnull((SELECT latest FROM clock), -9223372036854775808)
BEGIN SELECT raise(ABORT, 'retention would lie in the future'); END;
CREATE TRIGGER ledger_retention_stays BEFORE DELETE ON ledger_retention
BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_retention_is_one_row BEFORE INSERT ON ledger_retention
BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END;

-- The answer to a request with an `Idempotency-Key`, so that a repeated request creates nothing.
CREATE TABLE idempotency_keys (
    number       INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    client       BLOB    NOT NULL,  -- the person, or the hash of the token or operator's key
    key_hash     BLOB    NOT NULL CHECK (length(key_hash) = 32),
    request_hash BLOB    NOT NULL CHECK (length(request_hash) = 32),
    created      BLOB    NOT NULL CHECK (length(created) = 16),  -- the person or album
    salt         BLOB    NOT NULL CHECK (length(salt) = 32),     -- of the person's token
    created_at   INTEGER NOT NULL,
    UNIQUE (client, key_hash)
) STRICT;

-- A deleted album has no members: no request reaches it. A deleted person has no token and no
-- membership, and their photos lie in deleted albums. What they left is removed in steps.
CREATE TABLE deleted_albums (
    album BLOB NOT NULL PRIMARY KEY CHECK (length(album) = 16)
) STRICT, WITHOUT ROWID;
CREATE TABLE deleted_people (
    person BLOB NOT NULL PRIMARY KEY CHECK (length(person) = 16)
) STRICT, WITHOUT ROWID;
CREATE INDEX photos_by_owner ON photos (owner);
CREATE INDEX albums_by_owner ON albums (owner);
