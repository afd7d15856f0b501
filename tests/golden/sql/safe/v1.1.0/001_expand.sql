-- Expand: all of this changes the catalogue alone.
ALTER TABLE employees ADD COLUMN full_name text;
ALTER TABLE employees
  ADD COLUMN active boolean NOT NULL DEFAULT true,
  ADD COLUMN limits numeric(10, 2) DEFAULT '1.5'::character varying(9)::numeric(10, 2),
  ADD COLUMN updated_at timestamptz NOT NULL DEFAULT date_trunc('day', now()),
  ADD COLUMN badge uuid,
  ADD COLUMN program_id int REFERENCES programs ON DELETE SET DEFAULT;
ALTER TABLE employees ALTER COLUMN badge SET DEFAULT gen_random_uuid();
ALTER TABLE violations ADD CONSTRAINT violations_program CHECK (detail IS NOT NULL) NOT VALID;
ALTER TABLE programs ADD CONSTRAINT name_known CHECK (name IS NOT NULL) NOT VALID;
COMMENT ON COLUMN employees.mood IS 'deprecated: nothing reads it since v1.1.0';
COMMENT ON TABLE violations_1 IS 'deprecated in v1.1.0';
