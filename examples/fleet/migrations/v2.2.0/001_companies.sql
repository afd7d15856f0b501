-- Companies within one database, as the demonstration has them; a customer that is one company has no row here.
CREATE TABLE companies (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  slug text NOT NULL UNIQUE,
  name text NOT NULL,
  industry text NOT NULL,
  size text NOT NULL
);
ALTER TABLE employees ADD COLUMN company_id bigint;
ALTER TABLE employees ADD CONSTRAINT employees_company FOREIGN KEY (company_id) REFERENCES companies (id) NOT VALID;
