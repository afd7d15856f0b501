CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_employees_badge ON employees (badge);
CREATE UNIQUE INDEX CONCURRENTLY idx_programs_name ON programs (name);
ALTER TABLE programs ADD CONSTRAINT programs_name_unique UNIQUE USING INDEX idx_programs_name;
ALTER TYPE mood ADD VALUE IF NOT EXISTS 'worried';
DROP INDEX CONCURRENTLY IF EXISTS idx_employees_manager;
CREATE INDEX idx_violations_seen ON ONLY violations (seen_at);
CREATE INDEX CONCURRENTLY idx_violations_1_seen ON violations_1 (seen_at);
ALTER INDEX idx_violations_seen ATTACH PARTITION idx_violations_1_seen;
