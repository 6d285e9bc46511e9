-- The ledger and the cached thumbnails. Ledger rows hold values instead of references, because the
-- rows outlive the photos, albums and people that they name.

CREATE TABLE ledger (
    id             INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kind           INTEGER NOT NULL CHECK (kind IN (0, 1, 2)),  -- made, shown, withheld
    at             INTEGER NOT NULL,
    viewer         BLOB    NOT NULL,
    photo          INTEGER NOT NULL,  -- the requested photo's id, name, album and owner
    photo_name     BLOB    NOT NULL,
    album          BLOB    NOT NULL,
    owner          BLOB    NOT NULL,
    photo_hash     BLOB    NOT NULL,
    thumbnail_hash BLOB    NOT NULL,
    size           INTEGER NOT NULL,
    fit            INTEGER NOT NULL,  -- 0 cover, 1 contain
    maker          TEXT    NOT NULL,
    pipeline       TEXT    NOT NULL,
    slot           INTEGER,           -- made rows only
    decode         INTEGER,           -- made rows only
    made_row       INTEGER,           -- shown rows only: the made row of the same thumbnail
    own_bands      INTEGER            -- shown rows only: bands that show the requested photo
) STRICT;
CREATE INDEX ledger_by_time ON ledger (at);
CREATE INDEX ledger_shown ON ledger (photo) WHERE kind = 1;
CREATE INDEX ledger_shown_by_name ON ledger (photo_name) WHERE kind = 1;

-- The photo in each band of a thumbnail. A made row has all its bands here. A shown row has only
-- the bands that do not show the requested photo, each with `stranger`: 1 if the viewer was not a
-- member of the band's album when the thumbnail was shown.
CREATE TABLE ledger_bands (
    row        INTEGER NOT NULL,
    band       INTEGER NOT NULL,
    photo      INTEGER,              -- NULL: a frame that holds no photo
    photo_name BLOB,
    album      BLOB,
    owner      BLOB,
    decode     INTEGER,
    stranger   INTEGER,
    PRIMARY KEY (row, band)
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_foreign ON ledger_bands (photo) WHERE stranger IS NOT NULL;
CREATE INDEX ledger_foreign_by_name ON ledger_bands (photo_name) WHERE stranger IS NOT NULL;

-- Rows older than `kept_from` may be deleted, together with their bands and the cached thumbnail
-- of the same making. No other change of the ledger is allowed.
CREATE TABLE ledger_retention (
    id        INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    kept_from INTEGER NOT NULL
) STRICT;
INSERT INTO ledger_retention VALUES (1, -9223372036854775808);

CREATE TRIGGER ledger_retention_never_goes_back BEFORE UPDATE ON ledger_retention
WHEN new.kept_from < old.kept_from
BEGIN SELECT raise(ABORT, 'retention only moves forward'); END;
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
WHEN old.at >= (SELECT kept_from FROM ledger_retention)
BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_bands_stay BEFORE DELETE ON ledger_bands
WHEN EXISTS (SELECT 1 FROM ledger WHERE ledger.id = old.row)
BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END;

CREATE TRIGGER ledger_rows_go_whole AFTER DELETE ON ledger
BEGIN
    DELETE FROM ledger_bands WHERE row = old.id;
    DELETE FROM thumbnails WHERE made_row = old.id;
END;

CREATE TABLE thumbnails (
    photo        INTEGER NOT NULL REFERENCES photos ON DELETE CASCADE,
    content_hash BLOB    NOT NULL,  -- of the photo
    size         INTEGER NOT NULL,
    fit          INTEGER NOT NULL,
    maker        TEXT    NOT NULL,
    made_row     INTEGER NOT NULL,  -- in the ledger
    hash         BLOB    NOT NULL CHECK (length(hash) = 32),
    bytes        BLOB    NOT NULL,
    PRIMARY KEY (photo, content_hash, size, fit, maker)
) STRICT;
CREATE INDEX thumbnails_by_maker ON thumbnails (maker);
CREATE INDEX thumbnails_by_made_row ON thumbnails (made_row);
