-- What the laboratory writes around the required parts of its mails. Of each occasion the row of the highest number is in
-- force, the others are its history; mails that left with one of them are written again from it.
CREATE TABLE mail_template (
    occasion TEXT NOT NULL,                    -- professional.new, patient.correction…
    number   {{bigint}} NOT NULL,              -- 1, 2, 3… as they were saved, by occasion
    opening  TEXT,                             -- absent with closing: back to the original text
    closing  TEXT,
    saved_by TEXT NOT NULL,
    saved_at {{bigint}} NOT NULL,
    PRIMARY KEY (occasion, number)
);

-- Number of the template that the bytes first handed over were written from; 0: the original text, as before this column.
ALTER TABLE delivery ADD COLUMN template {{bigint}};

-- Who said, and when, that a dossier is for an expertise or an insurer; absent: it is for care, as usual.
ALTER TABLE lab_order ADD COLUMN expertise_by TEXT;
ALTER TABLE lab_order ADD COLUMN expertise_at {{bigint}};
