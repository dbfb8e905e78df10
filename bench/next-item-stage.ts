import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { seedPolicies } from '#lib/policies/mutations';

type Sample = { language: string; before: string | null; completion: string };

// Ordinary lengths: real flagged suggestions have 700 characters in the median and 2,200 at the 95th percentile.
const SHAPES: [string, (n: number) => string, (n: number) => string][] = [
  [
    'python',
    pythonBefore,
    (n) => `${pythonBefore(n)}\n    return db.execute("SELECT * FROM t${n} WHERE name = '" + name + "'")\n`,
  ],
  [
    'javascript',
    scriptBefore,
    (n) => scriptBefore(n).replace('return next();', `return eval(request.body.rule${n});`),
  ],
  [
    'go',
    goBefore,
    (n) => goBefore(n).replace('return nil', `return exec.Command("sh", "-c", arg${n}).Run()`),
  ],
  ['c', cBefore, (n) => cBefore(n).replace('return 0;', `strcpy(target, source_${n});\n  return 0;`)],
];

function repeated(line: (at: number) => string, times: number): string {
  return Array.from({ length: times }, (_, at) => line(at)).join('\n');
}

function pythonBefore(n: number): string {
  return `import db\n\n\ndef find_${n}(name):\n    """Finds the rows of one name."""\n${repeated((at) => `    value_${at} = compute(${at}, "text ${n + at}")  # step ${at}`, 8 + (n % 17))}`;
}

function scriptBefore(n: number): string {
  return `import { router } from './router.js';\n\nrouter.post('/rules/${n}', async (request, response, next) => {\n${repeated((at) => `  const value${at} = await load(request.params.id, { depth: ${n + at} });`, 6 + (n % 19))}\n  return next();\n});`;
}

function goBefore(n: number): string {
  return `package main\n\nfunc run${n}(ctx context.Context, arg${n} string) error {\n${repeated((at) => `\tif err := step${at}(ctx, ${n + at}); err != nil {\n\t\treturn err\n\t}`, 4 + (n % 11))}\n\treturn nil\n}`;
}

function cBefore(n: number): string {
  return `#include <string.h>\n\nint copy_${n}(char *target, const char *source_${n}) {\n${repeated((at) => `  unsigned long mask_${at} = 0x${(n * 7 + at).toString(16)}UL << ${at % 32};`, 6 + (n % 23))}\n  return 0;\n}`;
}

function samples(): Sample[] {
  return SHAPES.flatMap(([language, before, completion]) =>
    Array.from({ length: 25 }, (_, n) => ({
      language,
      // Some answers stand alone, as in a chat.
      before: n % 5 === 0 ? null : before(n),
      completion: completion(n),
    })),
  );
}

/** Policies, and `pending` items of several languages and severities; raw SQL, since it is only the stage. */
export async function setStage(pending: number): Promise<void> {
  await seedPolicies();
  const rows = samples();
  await db.$transaction(
    async (tx) => {
      await tx.$executeRaw`
        CREATE TEMP TABLE made ON COMMIT DROP AS
        SELECT n, uuidv7() AS id, now() - interval '72 hours' + n * interval '100 milliseconds' AS received_at,
          (ARRAY['critical','high','high','medium','medium','medium','low'])[1 + n % 7] AS severity,
          sample.language, NULLIF(sample.before, '') AS before, sample.completion
        FROM generate_series(0, ${pending - 1}::int) AS n
        JOIN unnest(${rows.map(({ language }) => language)}::text[], ${rows.map(({ before }) => before ?? '')}::text[],
          ${rows.map(({ completion }) => completion)}::text[]) WITH ORDINALITY AS sample (language, before, completion, at)
          ON sample.at = 1 + n % ${rows.length}::int`;
      await tx.$executeRaw`
        INSERT INTO interaction (id, source, external_id, digest, occurred_at, received_at, model_name, model_version,
          surface, language, actor_id, tenant, prompt, before, completion)
        SELECT id, 'bench', n::text, '', received_at, received_at, 'codex-sim', '1', 'inline', language,
          'actor-' || n % 5000, 'tenant-' || n % 50, 'finish this function', before, completion FROM made`;
      await tx.$executeRaw`
        INSERT INTO finding (interaction_id, position, detector, rule, category, severity, cwe, message, start, "end")
        SELECT id, 0, 'semgrep', 'rule-' || n % 40, 'insecure_code', severity, 'CWE-89', 'Untrusted input reaches a call',
          length(completion) - 40, length(completion) - 10 FROM made`;
      await tx.$executeRaw`
        INSERT INTO queue_item (interaction_id, severity, category, language, received_at, due_at)
        SELECT id, severity, 'insecure_code', language, received_at, received_at + CASE severity
          WHEN 'critical' THEN interval '15 minutes' WHEN 'high' THEN interval '4 hours'
          WHEN 'medium' THEN interval '24 hours' ELSE interval '72 hours' END FROM made`;
    },
    { timeout: 600_000 },
  );
  await db.$executeRawUnsafe('VACUUM ANALYZE queue_item');
  await db.$executeRawUnsafe('ANALYZE interaction');
  await db.$executeRawUnsafe('ANALYZE finding');
}

/** A reviewer who signs in with one click, as in the demo. Pauses would be proposed to them; that is not measured. */
export async function makeReviewer(): Promise<string> {
  const id = newId();
  await db.user.create({
    data: { id, email: 'bench@example.test', name: 'Bench Reviewer', role: 'reviewer', demo: true },
  });
  await db.setting.create({ data: { key: 'review', value: { breakAfter: 1_000, goldenShare: 0 } } });
  return id;
}
