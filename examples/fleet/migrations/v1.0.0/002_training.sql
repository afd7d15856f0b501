-- What is taught, to whom, and what was broken.
CREATE TABLE training_programs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  title text NOT NULL UNIQUE,
  minutes integer NOT NULL CHECK (minutes > 0)
);
CREATE TABLE training_assignments (
  employee_id bigint NOT NULL REFERENCES employees (id),
  program_id bigint NOT NULL REFERENCES training_programs (id),
  due date NOT NULL,
  completed_at timestamptz,
  PRIMARY KEY (employee_id, program_id)
);
CREATE TABLE violations (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  employee_id bigint NOT NULL REFERENCES employees (id),
  kind text NOT NULL,
  status text NOT NULL CHECK (status IN ('Active', 'Resolved', 'Under Review')),
  seen_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX violations_by_employee ON violations (employee_id);
