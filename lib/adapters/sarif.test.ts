import { describe, expect, it } from 'vitest';
import { codeQl, gosec, semgrep } from '../../tests/sarif-samples.ts';
import { fromSarif, MAX_RESULTS } from './sarif.ts';

const context = { receivedAt: new Date('2026-11-01T12:00:00Z') };
const read = (input: unknown) => fromSarif(input, context);
const findings = (input: unknown) =>
  read(input).items.flatMap((item) => (item.kind === 'finding' ? [item.reported.finding] : []));
const log = (results: unknown[], run: object = {}) => ({ version: '2.1.0', runs: [{ ...run, results }] });
const at = (uri: string) => ({ locations: [{ physicalLocation: { artifactLocation: { uri } } }] });

/** The words that the first finding of a made row marks. */
function marked(row: Record<string, unknown> | undefined): string {
  const [first] = (row?.findings ?? []) as { start: number; end: number }[];
  return String(row?.completion).slice(first?.start, first?.end);
}

describe('fromSarif', () => {
  it('reads CodeQL: rules in extensions, CWE and score from the rule, links as words', () => {
    const { items, mapping, rows } = read(codeQl);
    expect(mapping).toBe('sarif/2');
    expect(items[0]).toMatchObject({
      kind: 'finding',
      id: 'app/users.py',
      reported: {
        targets: expect.arrayContaining([
          { by: 'id', value: 'app/users.py' },
          { by: 'id', value: expect.stringMatching(/^app\/users\.py#[0-9a-f]{16}$/) },
          { by: 'path', value: 'app/users.py' },
        ]),
        finding: {
          detector: 'CodeQL',
          rule: 'py/sql-injection',
          category: 'insecure_code',
          severity: 'high',
          cwe: 'CWE-89',
          message: 'This query depends on a user-provided value.',
        },
        region: { startLine: 12, snippet: 'query' },
      },
    });
    const [row] = rows.values();
    expect(row).toMatchObject({
      language: 'python',
      path: 'app/users.py',
      meta: { adapter: { format: 'sarif', mapping: 'sarif/2' } },
    });
    expect(marked(row)).toBe('query');
  });

  it('reads Semgrep: CWE tags, levels of rules, what was suppressed in the source is clean', () => {
    expect(findings(semgrep)).toMatchObject([
      { detector: 'Semgrep OSS', severity: 'high', cwe: 'CWE-78', category: 'insecure_code' },
      { severity: 'medium', category: 'secret' },
    ]);
    expect(read(semgrep).items.map(({ kind }) => kind)).toEqual(['finding', 'clean', 'finding']);
  });

  it('reads gosec: the rule by its id where the index is wrong, severity by tag, CWE by taxonomy, plain snippets', () => {
    expect(findings(gosec)).toEqual([
      {
        detector: 'gosec',
        rule: 'G402',
        category: 'insecure_code',
        severity: 'medium',
        cwe: 'CWE-326',
        message: 'TLS MinVersion too low.',
      },
    ]);
    const [row] = read(gosec).rows.values();
    expect(row).toMatchObject({ language: 'go', completion: '\n\tcfg := &tls.Config{}\n\treturn cfg\n' });
    expect(marked(row)).toBe('&tls.Config{}');
  });

  it('takes an interaction from the result, then the run, and tries nothing in its place', () => {
    const run = { properties: { interactionId: 'of-run' } };
    const items = read(
      log([{ ...at('a.py'), properties: { interactionId: 'of-result' } }, at('a.py')], run),
    ).items;
    expect(items.map((item) => item.kind === 'finding' && item.reported.targets)).toEqual([
      [{ by: 'id', value: 'of-result' }],
      [{ by: 'id', value: 'of-run' }],
    ]);
  });

  it('makes one interaction of a file in the log, with every finding of it', () => {
    const artifacts = [{ location: { uri: 'a.py' }, contents: { text: 'one\ntwo\n' } }];
    const place = (startLine: number) => ({
      physicalLocation: { artifactLocation: { index: 0 }, region: { startLine } },
    });
    const { rows } = read(
      log(
        [
          { ruleId: 'r1', locations: [place(1)] },
          { ruleId: 'r2', locations: [place(2)] },
        ],
        { artifacts },
      ),
    );
    expect([...rows.values()]).toMatchObject([
      {
        id: 'a.py',
        completion: 'one\ntwo\n',
        findings: [
          { rule: 'r1', start: 0, end: 3 },
          { rule: 'r2', start: 4, end: 7 },
        ],
      },
    ]);
  });

  it('fills in messages by id, and takes levels of passing kinds as clean', () => {
    const tool = {
      driver: { name: 't', rules: [{ id: 'r', messageStrings: { m: { text: '{0} in {1}{2}' } } }] },
    };
    const message = { id: 'm', arguments: ['a', 'b'] };
    expect(
      findings(log([{ ruleId: 'r/sub', ruleIndex: 0, message, ...at('x') }], { tool }))[0]?.message,
    ).toBe('a in b{2}');
    expect(
      read(
        log([
          { kind: 'pass', ...at('x') },
          { kind: 'review', ...at('x') },
        ]),
      ).items.map(({ kind }) => kind),
    ).toEqual(['clean', 'finding']);
  });

  it('answers odd results one by one', () => {
    const odd = [
      7,
      null,
      {},
      { locations: 'x', message: 4, ruleIndex: -1, ...{} },
      { ...at('ok'), ruleIndex: 1e9, level: '__proto__' },
    ];
    expect(read(log(odd, { tool: [], artifacts: 3, properties: 'p' })).items.map(({ kind }) => kind)).toEqual(
      ['refused', 'refused', 'refused', 'refused', 'finding'],
    );
  });

  it('survives hostile documents', () => {
    const deep = JSON.parse(`${'{"properties":'.repeat(20_000)}1${'}'.repeat(20_000)}`);
    expect(
      findings(log([{ ...at('x'), ...deep, message: { text: '['.repeat(1_000_000) } }]))[0]?.message?.length,
    ).toBeLessThanOrEqual(4_000);
    expect(read(log([at('%00'), at('%zz'), at(`${'u'.repeat(5_000)}.py`)])).items).toHaveLength(3);
    expect(() => read(log(Array.from({ length: MAX_RESULTS + 1 }, () => ({}))))).toThrow(
      'One SARIF log may have 1000 results, each of their places counted; this has 1001',
    );
  });

  it('refuses other versions and other documents in one line', () => {
    expect(() => read({ ...codeQl, version: '2.0.0' })).toThrow('version: must be "2.1.0"');
    expect(() => read({ version: '2.1.0' })).toThrow('runs: is missing');
    expect(() => read({ version: '2.1.0', runs: null })).toThrow(
      'runs: is null: the tool that wrote this log tried',
    );
    expect(() => read({ version: '2.1.0', runs: 'x' })).toThrow('runs: is no list of runs');
    expect(read({ version: '2.1.0', runs: [] })).toMatchObject({ items: [], failures: [] });
    expect(() => read([])).toThrow();
    expect(() => read(log([], {}))).not.toThrow();
  });
});
