-- The demonstration: five companies with 1,550 people, ten contents for ten programmes, and 150 violations of the 90 days before
-- seed.day. The same rows for the same seed.seed and seed.day.
INSERT INTO companies (slug, name, industry, size) VALUES
  ('techcorp', 'TechCorp', 'technology', 'enterprise'), ('medhealth', 'MedHealth', 'healthcare', 'midsize'),
  ('financefirst', 'FinanceFirst', 'finance', 'enterprise'), ('retailmax', 'RetailMax', 'retail', 'enterprise'),
  ('edulearn', 'EduLearn', 'education', 'enterprise');
INSERT INTO employees (email, name, department, company_id, created_at)
SELECT format('person%s@%s.example', lpad(i::text, 4, '0'), c.slug),
       format('%s %s %s', (ARRAY['Ada', 'Ben', 'Cleo', 'Dev', 'Edda', 'Finn', 'Gia', 'Hugo', 'Ines', 'Jon'])[1 + h % 10],
              (ARRAY['Abel', 'Berg', 'Costa', 'Dietz', 'Eklund', 'Fabre', 'Gray', 'Holm', 'Ito', 'Jansen', 'Koch', 'Lund'])[1 + h / 10 % 12],
              upper(left(c.slug, 1)) || i),
       (ARRAY['Sales', 'Finance', 'Engineering', 'Operations', 'People', 'Legal'])[1 + h / 120 % 6], c.id,
       current_setting('seed.day')::date::timestamp AT TIME ZONE 'UTC' - make_interval(days => 90 + h / 720 % 1000)
  FROM (VALUES ('techcorp', 200), ('medhealth', 150), ('financefirst', 300), ('retailmax', 400), ('edulearn', 500)) f (slug, people)
  JOIN companies c USING (slug), generate_series(1, f.people) i,
       LATERAL (SELECT ('x' || substr(md5(current_setting('seed.seed') || f.slug || i), 1, 7))::bit(28)::int) r (h)
 ORDER BY c.id, i;
INSERT INTO training_contents (program_id, title, kind)
SELECT p.id, v.title, v.kind
  FROM (VALUES ('Recognising phishing', 'Five mails, one is real', 'quiz'), ('Passwords and passkeys', 'Why length wins', 'video'),
               ('Handling customer data', 'Who may see what', 'article'), ('Working from anywhere', 'Cafes, trains, home', 'video'),
               ('Reporting an incident', 'The first ten minutes', 'article'), ('Secure coding', 'Ten lines that went wrong', 'quiz'),
               ('Physical security', 'The door that closes', 'video'), ('Social engineering', 'A friendly call', 'video'),
               ('Devices and updates', 'Tonight, not next week', 'article'), ('Privacy at work', 'What we keep, and how long', 'article'))
       v (program, title, kind)
  JOIN training_programs p ON p.title = v.program ORDER BY v.title;
-- Of every ten violations three are active, six resolved and one under review.
INSERT INTO violations (employee_id, kind, status, severity, seen_at)
SELECT e.id, (ARRAY['Clicked a test phish', 'Weak password', 'Unlocked screen', 'Tailgating', 'Data sent outside'])[1 + h % 5],
       CASE WHEN i % 10 < 3 THEN 'Active' WHEN i % 10 < 9 THEN 'Resolved' ELSE 'Under Review' END, 1 + h / 5 % 5,
       current_setting('seed.day')::date::timestamp AT TIME ZONE 'UTC' - make_interval(mins => h / 25 % (90 * 24 * 60))
  FROM generate_series(0, 149) i,
       LATERAL (SELECT ('x' || substr(md5(current_setting('seed.seed') || ' violation ' || i), 1, 7))::bit(28)::int) r (h)
  JOIN (SELECT id, row_number() OVER (ORDER BY email) - 1 AS place FROM employees WHERE company_id IS NOT NULL) e
    ON e.place = h % 1550
 ORDER BY i;
