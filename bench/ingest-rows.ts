import type { InteractionRow } from '#lib/interactions/schema';

/** Characters of prompt and completion together: as JSON, with what stands around them, about 2 KB. */
const TEXT = 1_600;
const LINES = [
  'def find_user(connection, name):',
  '    cursor = connection.cursor()',
  `    cursor.execute("SELECT * FROM users WHERE name = '" + name + "'")`,
  '    return cursor.fetchone()',
  '# TODO: page through the rest of the results',
  "    logging.info('looked up %s in %s', name, table)",
  '    return subprocess.run(f"grep {name} /var/log/app.log", shell=True)',
];

/** The n-th interaction of a run: its own text, one finding, about 2 KB as JSON. */
export function benchRow(run: string, n: number): InteractionRow {
  let completion = `# ${run} ${n}\n`;
  for (let line = n; completion.length < TEXT - 200; line++) {
    completion += `${LINES[line % LINES.length]} # ${(n * 2_654_435_761 + line) >>> 0}\n`;
  }
  return {
    id: `${run}-${n}`,
    occurredAt: new Date(Date.UTC(2026, 10, 1) + n * 1_000).toISOString(),
    model: { name: 'codex-sim', version: '2026.9' },
    surface: 'inline',
    language: 'python',
    path: `app/module_${n % 500}.py`,
    actor: { id: `actor-${n % 5_000}`, tier: 'business', tenant: `tenant-${n % 40}` },
    prompt: `Complete the function number ${n} so that it finds a user by name. ${'Keep the style of the file. '.repeat(5)}`,
    completion,
    outcome: 'shown',
    findings: [
      {
        detector: 'bench',
        rule: 'python.sql-injection',
        category: 'insecure_code',
        severity: n % 10 === 0 ? 'high' : 'medium',
        cwe: 'CWE-89',
        message: 'SQL built by concatenation',
        start: 20,
        end: 90,
      },
    ],
  };
}
