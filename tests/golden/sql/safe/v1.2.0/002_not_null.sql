BEGIN;
ALTER TABLE programs ALTER COLUMN name SET NOT NULL;
ALTER TABLE programs DROP CONSTRAINT name_known;
ALTER TABLE employees RENAME CONSTRAINT employees_email_key TO employees_email_unique;
COMMIT;
