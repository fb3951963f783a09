-- What a version was checked with before it was signed: JSON; none for versions signed before it was kept.
ALTER TABLE report_version ADD COLUMN checked TEXT;
