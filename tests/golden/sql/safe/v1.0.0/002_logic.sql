CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $fn$
BEGIN
  -- What a function does later is not done by the migration.
  UPDATE programs SET name = name;
  EXECUTE $q$DELETE FROM programs$q$;
  RETURN NEW;
END
$fn$;
CREATE TRIGGER touch AFTER INSERT ON violations FOR EACH ROW EXECUTE FUNCTION touch();

CREATE FUNCTION days(since timestamptz) RETURNS int LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT CASE WHEN since IS NULL THEN 0 ELSE extract(day FROM now() - since)::int END;
END;

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'reporting') THEN
    CREATE ROLE reporting NOLOGIN;
  END IF;
END
$$;
GRANT USAGE ON SCHEMA public TO reporting;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO reporting;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
