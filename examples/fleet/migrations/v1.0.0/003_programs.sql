INSERT INTO training_programs (title, minutes) VALUES
  ('Recognising phishing', 20), ('Passwords and passkeys', 15), ('Handling customer data', 30),
  ('Working from anywhere', 20), ('Reporting an incident', 10), ('Secure coding', 45),
  ('Physical security', 15), ('Social engineering', 25), ('Devices and updates', 15), ('Privacy at work', 30);
