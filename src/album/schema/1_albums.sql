-- People, albums, members and photos. Times are milliseconds since 1970, UTC. Names of people,
-- albums and photos are the 16 bytes of a UUID; hashes are the 32 bytes of BLAKE3.

CREATE TABLE people (
    person  BLOB    NOT NULL PRIMARY KEY CHECK (length(person) = 16),
    name    TEXT    NOT NULL,
    token   BLOB    NOT NULL UNIQUE CHECK (length(token) = 32),  -- the token's hash
    since   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE albums (
    album   BLOB    NOT NULL PRIMARY KEY CHECK (length(album) = 16),
    title   TEXT    NOT NULL,
    owner   BLOB    NOT NULL REFERENCES people,
    since   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE members (
    album   BLOB    NOT NULL REFERENCES albums,
    person  BLOB    NOT NULL REFERENCES people,
    PRIMARY KEY (album, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_person ON members (person);

-- AUTOINCREMENT: a photo's id is never used again, also after the photo is gone.
CREATE TABLE photos (
    id       INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    album    BLOB    NOT NULL REFERENCES albums,
    photo    BLOB    NOT NULL CHECK (length(photo) = 16),         -- the client's name for it
    owner    BLOB    NOT NULL REFERENCES people,
    uploaded BLOB    NOT NULL CHECK (length(uploaded) = 32),      -- hash of the bytes as uploaded
    content  BLOB    NOT NULL CHECK (length(content) = 32),       -- hash of the bytes as stored
    bytes    INTEGER NOT NULL,
    width    INTEGER NOT NULL,
    height   INTEGER NOT NULL,
    posted   INTEGER NOT NULL,
    state    INTEGER NOT NULL DEFAULT 0 CHECK (state IN (0, 1)),  -- original, compressed
    settled  INTEGER,                   -- when compression was done with it, replaced or not
    failures INTEGER NOT NULL DEFAULT 0,
    next_try INTEGER NOT NULL DEFAULT 0,
    UNIQUE (album, photo)
) STRICT;
CREATE INDEX photos_to_compress ON photos (posted, id) WHERE settled IS NULL;

-- Apart from their photos, so that lists and changes of state never touch the bytes.
CREATE TABLE photo_bytes (
    id    INTEGER NOT NULL PRIMARY KEY REFERENCES photos ON DELETE CASCADE,
    bytes BLOB    NOT NULL
) STRICT;
