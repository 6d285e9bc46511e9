-- Thumbnails and the ledger. Ledger rows hold values, no references: they outlive what they name.

CREATE TABLE ledger (
    id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kind        INTEGER NOT NULL CHECK (kind IN (0, 1, 2)),  -- made, shown, stopped at the door
    at          INTEGER NOT NULL,
    viewer      BLOB    NOT NULL,
    photo       INTEGER NOT NULL,
    name        BLOB    NOT NULL,
    album       BLOB    NOT NULL,
    owner       BLOB    NOT NULL,
    content_in  BLOB    NOT NULL,
    content_out BLOB    NOT NULL,
    size        INTEGER NOT NULL,
    fit         INTEGER NOT NULL,
    maker       TEXT    NOT NULL,
    pipeline    TEXT    NOT NULL,
    slot        INTEGER,
    decode      INTEGER,
    made        INTEGER,           -- of a shown row: the row of its making
    own         INTEGER            -- of a shown row: its bands that show what was asked for
) STRICT;
CREATE INDEX ledger_by_time ON ledger (at);
CREATE INDEX ledger_shown ON ledger (photo) WHERE kind = 1;
CREATE INDEX ledger_named ON ledger (name) WHERE kind = 1;

-- Whose photo lies in a row's thumbnail. Of a made row every band; of a shown row only what is of
-- another photo, with whether the viewer was a stranger to it when it was shown.
CREATE TABLE ledger_bands (
    row      INTEGER NOT NULL,
    band     INTEGER NOT NULL,
    photo    INTEGER,              -- NULL: a frame with no photo in it
    name     BLOB,
    album    BLOB,
    owner    BLOB,
    decode   INTEGER,
    stranger INTEGER,
    PRIMARY KEY (row, band)
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_foreign ON ledger_bands (photo) WHERE stranger IS NOT NULL;
CREATE INDEX ledger_foreign_named ON ledger_bands (name) WHERE stranger IS NOT NULL;

-- Rows older than this may go, and take their bands and the kept thumbnail of that making with
-- them; nothing else about the ledger ever changes.
CREATE TABLE ledger_kept_from (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    at  INTEGER NOT NULL
) STRICT;
INSERT INTO ledger_kept_from VALUES (1, -9223372036854775808);

CREATE TRIGGER ledger_kept_from_never_goes_back BEFORE UPDATE ON ledger_kept_from
WHEN new.at < old.at BEGIN SELECT raise(ABORT, 'retention only moves forward'); END;
CREATE TRIGGER ledger_rows_are_new BEFORE INSERT ON ledger
WHEN EXISTS (SELECT 1 FROM ledger WHERE id = new.id)
BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_bands_are_new BEFORE INSERT ON ledger_bands
WHEN EXISTS (SELECT 1 FROM ledger_bands WHERE row = new.row AND band = new.band)
BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_rows_never_change BEFORE UPDATE ON ledger
BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_bands_never_change BEFORE UPDATE ON ledger_bands
BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_rows_stay BEFORE DELETE ON ledger
WHEN old.at >= (SELECT at FROM ledger_kept_from)
BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_bands_stay BEFORE DELETE ON ledger_bands
WHEN EXISTS (SELECT 1 FROM ledger WHERE ledger.id = old.row)
BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END;

CREATE TRIGGER ledger_rows_go_whole AFTER DELETE ON ledger
BEGIN
    DELETE FROM ledger_bands WHERE row = old.id;
    DELETE FROM thumbnails WHERE made = old.id;
END;

CREATE TABLE thumbnails (
    photo   INTEGER NOT NULL REFERENCES photos ON DELETE CASCADE,
    content BLOB    NOT NULL,
    size    INTEGER NOT NULL,
    fit     INTEGER NOT NULL,
    maker   TEXT    NOT NULL,
    made    INTEGER NOT NULL,      -- the ledger's row of its making
    hash    BLOB    NOT NULL CHECK (length(hash) = 32),
    bytes   BLOB    NOT NULL,
    PRIMARY KEY (photo, content, size, fit, maker)
) STRICT;
CREATE INDEX thumbnails_by_maker ON thumbnails (maker);
CREATE INDEX thumbnails_by_making ON thumbnails (made);
