-- Whether the next reports leave with the stylesheet that shows them, in one file with their document.
ALTER TABLE report_page ADD COLUMN self_presentable {{bigint}} NOT NULL DEFAULT 0;
