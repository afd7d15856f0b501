-- What a programme is taught with.
CREATE TABLE training_contents (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  program_id bigint NOT NULL REFERENCES training_programs (id),
  title text NOT NULL UNIQUE,
  kind text NOT NULL CHECK (kind IN ('video', 'article', 'quiz'))
);
CREATE INDEX training_contents_by_program ON training_contents (program_id);
