CREATE TABLE compliance_records (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  framework text NOT NULL,
  control text NOT NULL,
  met boolean NOT NULL,
  evidence text NOT NULL DEFAULT '',
  recorded_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (framework, control)
);
DO $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM training_programs WHERE title = 'Compliance basics') THEN
    INSERT INTO training_programs (title, minutes) VALUES ('Compliance basics', 30);
  END IF;
END
$$;
