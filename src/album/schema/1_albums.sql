-- People, albums, members and photos. Times are milliseconds since 1970, UTC. People, albums and
-- photos are named by the 16 bytes of a UUID. Hashes are the 32 bytes of BLAKE3.

CREATE TABLE people (
    person     BLOB    NOT NULL PRIMARY KEY CHECK (length(person) = 16),
    name       TEXT    NOT NULL,
    token_hash BLOB    NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE albums (
    album      BLOB    NOT NULL PRIMARY KEY CHECK (length(album) = 16),
    title      TEXT    NOT NULL,
    owner      BLOB    NOT NULL REFERENCES people,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE members (
    album   BLOB    NOT NULL REFERENCES albums,
    person  BLOB    NOT NULL REFERENCES people,
    PRIMARY KEY (album, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_person ON members (person);

-- AUTOINCREMENT: SQLite never gives the id of a deleted photo to another photo.
CREATE TABLE photos (
    id                  INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    album               BLOB    NOT NULL REFERENCES albums,
    name                BLOB    NOT NULL CHECK (length(name) = 16),  -- chosen by the client
    owner               BLOB    NOT NULL REFERENCES people,
    uploaded_hash       BLOB    NOT NULL CHECK (length(uploaded_hash) = 32),  -- bytes as uploaded
    content_hash        BLOB    NOT NULL CHECK (length(content_hash) = 32),   -- bytes as stored
    byte_count          INTEGER NOT NULL,
    width               INTEGER NOT NULL,
    height              INTEGER NOT NULL,
    uploaded_at         INTEGER NOT NULL,
    compressed          INTEGER NOT NULL DEFAULT 0 CHECK (compressed IN (0, 1)),
    compression_done_at INTEGER,  -- set also for a photo that compression left unchanged
    failed_attempts     INTEGER NOT NULL DEFAULT 0,
    next_attempt_at     INTEGER NOT NULL DEFAULT 0,
    UNIQUE (album, name)
) STRICT;
CREATE INDEX photos_to_compress ON photos (uploaded_at, id) WHERE compression_done_at IS NULL;

-- A table of its own, so that lists and changes of state never read or write the bytes.
CREATE TABLE photo_bytes (
    id    INTEGER NOT NULL PRIMARY KEY REFERENCES photos ON DELETE CASCADE,
    bytes BLOB    NOT NULL
) STRICT;
