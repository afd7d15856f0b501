-- Everything here is new, so locks and rewrites cost nobody anything.
CREATE TYPE mood AS ENUM ('calm', 'alert');
CREATE EXTENSION IF NOT EXISTS pgcrypto;
CREATE EXTENSION IF NOT EXISTS "uuid-ossp";

CREATE TABLE employees (
  id bigserial PRIMARY KEY,
  key uuid NOT NULL DEFAULT gen_random_uuid(),
  email text NOT NULL UNIQUE CHECK (email LIKE '%@%'),
  manager_id bigint REFERENCES employees ON DELETE SET NULL,
  mood mood NOT NULL DEFAULT 'calm',
  joined timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX idx_employees_manager ON employees (manager_id);
ALTER TABLE employees ADD COLUMN score numeric(10, 2) NOT NULL DEFAULT random();
ALTER TABLE public.employees ALTER COLUMN score TYPE double precision;
ALTER TABLE employees ADD CONSTRAINT score_positive CHECK (score >= 0);
REINDEX TABLE employees;

CREATE TABLE violations (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  employee_id bigint NOT NULL REFERENCES employees,
  seen_at timestamptz NOT NULL DEFAULT now(),
  detail jsonb
) PARTITION BY RANGE (id);
CREATE TABLE violations_1 PARTITION OF violations FOR VALUES FROM (1) TO (1000000);
CREATE INDEX ON violations (employee_id);

CREATE TABLE programs (id int PRIMARY KEY, name varchar(200));
COPY programs (id, name) FROM stdin;
1	Phishing; it's all '$$' and \\ backslashes
2	-- slipway:allow not-a-rule this is data
\.
UPDATE programs SET name = upper(name);
DELETE FROM programs WHERE id = 2;

CREATE VIEW open_violations AS SELECT * FROM violations WHERE detail IS NULL;
CREATE TEMP TABLE scratch AS SELECT 1 AS x;
DELETE FROM scratch;
DROP TABLE scratch;
