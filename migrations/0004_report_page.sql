-- Whether rules validated the result and no biologist has looked at it since.
ALTER TABLE observation ADD COLUMN automatic {{bigint}} NOT NULL DEFAULT 0;

-- What the laboratory decided about the page of its reports: the row of the highest number is in force, the others are its history.
CREATE TABLE report_page (
    number               {{bigint}} PRIMARY KEY, -- 1, 2, 3… as they were saved
    accent               TEXT NOT NULL,        -- RRGGBB
    scope                TEXT NOT NULL,
    accreditation        TEXT NOT NULL,
    automatic_validation TEXT NOT NULL,
    personal_data        TEXT NOT NULL,
    accredited           TEXT NOT NULL,        -- JSON: local codes of the accredited analyses
    logo                 {{bytes}},            -- PNG or JPEG, as the laboratory gave it
    saved_by             TEXT NOT NULL,
    saved_at             {{bigint}} NOT NULL
);
