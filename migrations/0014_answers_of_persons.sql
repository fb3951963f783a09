-- The box an answer leaves from, when it is the one that was written to, opened with the token of a person; absent: the
-- applicative box, as every report.
ALTER TABLE letter ADD COLUMN sent_from TEXT;
