-- The hash of the operator's key, at most one row.

CREATE TABLE operator_key (
    id       INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    key_hash BLOB    NOT NULL CHECK (length(key_hash) = 32)
) STRICT;
