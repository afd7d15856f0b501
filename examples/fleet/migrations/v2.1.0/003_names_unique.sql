-- Two people of one name in one department cannot be told apart on the badge.
CREATE UNIQUE INDEX CONCURRENTLY employees_name_in_department ON employees (department, name);
