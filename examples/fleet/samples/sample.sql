-- People and violations that never were: the same rows for the same seed, day and number of employees.
-- Read: seed.seed, seed.day, seed.employees, seed.violations (true or false: whether there are any, fifteen to a hundred people).
INSERT INTO employees (email, name, department, created_at)
SELECT format('sample%s@sample.example', lpad(i::text, 7, '0')),
       format('%s %s %s', (ARRAY['Ada', 'Ben', 'Cleo', 'Dev', 'Edda', 'Finn', 'Gia', 'Hugo', 'Ines', 'Jon'])[1 + h % 10],
              (ARRAY['Abel', 'Berg', 'Costa', 'Dietz', 'Eklund', 'Fabre', 'Gray', 'Holm', 'Ito', 'Jansen', 'Koch', 'Lund'])[1 + h / 10 % 12], i),
       (ARRAY['Sales', 'Finance', 'Engineering', 'Operations', 'People', 'Legal'])[1 + h / 120 % 6],
       current_setting('seed.day')::date::timestamp AT TIME ZONE 'UTC' - make_interval(days => 90 + h / 720 % 1000)
  FROM generate_series(1, current_setting('seed.employees')::int) i,
       LATERAL (SELECT ('x' || substr(md5(current_setting('seed.seed') || ' person ' || i), 1, 7))::bit(28)::int) r (h);
INSERT INTO violations (employee_id, kind, status, severity, seen_at)
SELECT e.id, (ARRAY['Clicked a test phish', 'Weak password', 'Unlocked screen', 'Tailgating', 'Data sent outside'])[1 + h % 5],
       CASE WHEN i % 10 < 3 THEN 'Active' WHEN i % 10 < 9 THEN 'Resolved' ELSE 'Under Review' END, 1 + h / 5 % 5,
       current_setting('seed.day')::date::timestamp AT TIME ZONE 'UTC' - make_interval(hours => h / 25 % (90 * 24))
  FROM generate_series(0, current_setting('seed.employees')::int * 15 / 100 - 1) i,
       LATERAL (SELECT ('x' || substr(md5(current_setting('seed.seed') || ' violation ' || i), 1, 7))::bit(28)::int) r (h)
  JOIN employees e ON e.email = format('sample%s@sample.example', lpad((1 + h % current_setting('seed.employees')::int)::text, 7, '0'))
 WHERE current_setting('seed.violations')::boolean;
