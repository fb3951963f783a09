-- Versions that must not be used any more; what was signed stays as it was.
CREATE TABLE withdrawal (
    version_id TEXT PRIMARY KEY REFERENCES report_version (id),
    id         TEXT NOT NULL UNIQUE,
    at         {{bigint}} NOT NULL,
    author     TEXT NOT NULL,
    reason     TEXT NOT NULL
);

-- What a delivery does with its version: send, withdraw.
ALTER TABLE delivery ADD COLUMN act TEXT NOT NULL DEFAULT 'send';

-- The number of a version in its report; `number` is its rank in the dossier, whose reports follow one another when one
-- was withdrawn.
ALTER TABLE report_version ADD COLUMN set_number {{bigint}} NOT NULL DEFAULT 0;
UPDATE report_version SET set_number = number;
