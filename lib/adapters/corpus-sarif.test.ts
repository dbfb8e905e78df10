import { describe, expect, test } from 'vitest';
import { lostTexts } from '../../tests/lost-texts.ts';
import type { Adapted } from './adapted.ts';
import { fileNames } from './file-names.ts';
import { fromSarif } from './sarif.ts';

const context = { receivedAt: new Date('2026-11-01T12:00:00Z') };
const read = (document: unknown) => fromSarif(document, context);
const log = (results: unknown, run: object = {}) => ({ version: '2.1.0', runs: [{ ...run, results }] });
const at = (uri: unknown = 'w/a.py', more: object = {}) => ({
  physicalLocation: { artifactLocation: { uri }, ...more },
});
const one = (fields: object, run: object = {}) =>
  log([{ ruleId: 'w-rule', message: { text: 'w-message' }, locations: [at()], ...fields }], run);

/** Severity, or why clean or refused, of each item; then how many failures. */
function outcome({ items, failures }: Adapted): string {
  const said = items.map((item) => {
    if (item.kind === 'finding') return item.reported.finding.severity;
    return item.kind === 'clean' ? `clean: ${item.why}` : item.kind;
  });
  return [...said, ...(failures?.length ? [`${failures.length} failed`] : [])].join(', ');
}

const scored = (own: unknown, rules: unknown = undefined) =>
  one(
    { level: 'error', ...(own !== undefined && { properties: { 'security-severity': own } }) },
    {
      tool: {
        driver: { name: 'w-tool', rules: [{ id: 'w-rule', properties: { 'security-severity': rules } }] },
      },
    },
  );

describe('a document', () => {
  test.each<[what: string, document: unknown, outcome: string]>([
    ['no runs', { version: '2.1.0', runs: [] }, ''],
    ['no results', log([]), ''],
    ['results that are absent', { version: '2.1.0', runs: [{ tool: {} }] }, ''],
    ['results that are null', log(null), '1 failed'],
    ['results that are no list', log('w'), '1 failed'],
    ['a run that is none', { version: '2.1.0', runs: [null, 7] }, '2 failed'],
    ['a scan that failed', log([], { invocations: [{ executionSuccessful: false }] }), '1 failed'],
    [
      'a scan that did not start',
      log([], { invocations: [{ processStartFailureMessage: 'w-why' }] }),
      '1 failed',
    ],
    ['a scan that was killed', log([], { invocations: [{ exitSignalName: 'SIGKILL' }] }), '1 failed'],
    [
      'one of two calls that failed',
      log([], { invocations: [{ executionSuccessful: true }, { executionSuccessful: false }] }),
      '1 failed',
    ],
    [
      'a failure beside a result',
      one({}, { invocations: [{ executionSuccessful: false }] }),
      'medium, 1 failed',
    ],
    [
      'an error of the tool',
      log([], {
        invocations: [
          {
            executionSuccessful: true,
            toolExecutionNotifications: [{ level: 'error', message: { text: 'w-why' } }],
          },
        ],
      }),
      '1 failed',
    ],
    [
      'an error of the settings',
      log([], {
        invocations: [{ toolConfigurationNotifications: [{ level: 'error', message: { text: 'w-why' } }] }],
      }),
      '1 failed',
    ],
    [
      'a warning of the tool',
      log([], { invocations: [{ toolExecutionNotifications: [{ level: 'warning', message: {} }] }] }),
      '',
    ],
    [
      'results elsewhere',
      log([], { externalPropertyFileReferences: { results: [{ location: { uri: 'r.sarif' } }] } }),
      '1 failed',
    ],
    ['results beside the runs', { ...log([]), inlineExternalProperties: [{ results: [{}] }] }, '1 failed'],
    ['a first run that is empty', { version: '2.1.0', runs: [{ results: [] }, ...one({}).runs] }, 'medium'],
    ['a result that is none', log([7, null, 'w']), 'refused, refused, refused'],
    ['no message', one({ message: undefined }), 'medium'],
    ['a message that is a text', one({ message: 'w-message' }), 'medium'],
    ['a message in Markdown', one({ message: { markdown: 'w-**message**' } }), 'medium'],
    ['a message with NUL', one({ message: { text: 'w\u0000' } }), 'medium'],
    [
      'a message by its id',
      one(
        { message: { id: 'm' } },
        { tool: { driver: { globalMessageStrings: { m: { text: 'w-message' } } } } },
      ),
      'medium',
    ],
    ['a rule that is a number', one({ ruleId: 7 }), 'medium'],
    ['a tool without a name', one({}, { tool: {} }), 'medium'],
    [
      'a rule in an extension',
      one(
        { level: undefined },
        {
          tool: {
            driver: {},
            extensions: [{ rules: [{ id: 'w-rule', defaultConfiguration: { level: 'error' } }] }],
          },
        },
      ),
      'high',
    ],
    ['level error', one({ level: 'error' }), 'high'],
    ['level Error', one({ level: 'Error' }), 'high'],
    ['level note', one({ level: 'note' }), 'low'],
    ['level none', one({ level: 'none' }), 'low'],
    ['level critical', one({ level: 'critical' }), 'critical'],
    ['a level nobody knows', one({ level: 'catastrophic' }), 'medium'],
    ['a level that is a number', one({ level: 3 }), 'medium'],
    ['kind fail', one({ kind: 'fail' }), 'medium'],
    ['kind open', one({ kind: 'open' }), 'medium'],
    ['kind review', one({ kind: 'review' }), 'medium'],
    ['a kind nobody knows', one({ kind: 'hunch' }), 'medium'],
    ['kind pass', one({ kind: 'pass' }), 'clean: pass'],
    ['kind notApplicable', one({ kind: 'notApplicable' }), 'clean: notApplicable'],
    ['kind informational', one({ kind: 'informational' }), 'clean: informational'],
    ['gone', one({ baselineState: 'absent' }), 'clean: absent'],
    [
      'gone, with its text',
      one({ baselineState: 'absent', locations: [at('a', { region: { snippet: { text: 'x' } } })] }),
      'clean: absent',
    ],
    ['new', one({ baselineState: 'new' }), 'medium'],
    ['unchanged', one({ baselineState: 'unchanged' }), 'medium'],
    ['a state nobody knows', one({ baselineState: 'Absent?' }), 'medium'],
    ['suppressed', one({ suppressions: [{ kind: 'inSource' }] }), 'clean: suppressed'],
    [
      'suppressed and accepted',
      one({ suppressions: [{ kind: 'external', status: 'accepted' }] }),
      'clean: suppressed',
    ],
    ['suppressed and rejected', one({ suppressions: [{ kind: 'external', status: 'rejected' }] }), 'medium'],
    ['under review', one({ suppressions: [{ kind: 'external', status: 'underReview' }] }), 'medium'],
    [
      'one accepted, one not',
      one({ suppressions: [{ status: 'accepted' }, { status: 'underReview' }] }),
      'medium',
    ],
    ['a suppression that is none', one({ suppressions: [null] }), 'medium'],
    ['a status that is none', one({ suppressions: [{ status: 7 }] }), 'medium'],
    ['no suppressions', one({ suppressions: [] }), 'medium'],
    ['two places', one({ locations: [at('w/a.py'), at('w/b.py')] }), 'medium, medium'],
    [
      'a place without a file, then one',
      one({ locations: [{ logicalLocations: [{ name: 'f' }] }, at()] }),
      'medium',
    ],
    ['places that are none', one({ locations: [null, 7, at()] }), 'medium'],
    ['no place', one({ locations: [] }), 'refused'],
    ['no place, but a target', one({ locations: [], analysisTarget: { uri: 'w/a.py' } }), 'medium'],
    ['no place, but an interaction', one({ locations: [], properties: { interactionId: 'w' } }), 'medium'],
    ['an interaction that is a number', one({ locations: [], properties: { interactionId: 7 } }), 'medium'],
  ])('%s', (_what, document, expected) => {
    expect(outcome(read(document))).toBe(expected);
  });

  test.each<[own: unknown, rules: unknown, severity: string]>([
    ['9.8', undefined, 'critical'],
    [9.8, undefined, 'critical'],
    ['10.0', undefined, 'critical'],
    ['7.0', undefined, 'high'],
    [' 4.0 ', undefined, 'medium'],
    ['0.1', undefined, 'low'],
    ['0.0', undefined, 'high'],
    [0, undefined, 'high'],
    ['0.05', undefined, 'high'],
    ['', '9.8', 'critical'],
    ['  ', '9.8', 'critical'],
    [null, '9.8', 'critical'],
    ['none', '9.8', 'critical'],
    ['0x9', '4.0', 'medium'],
    ['Infinity', '4.0', 'medium'],
    ['1e1', '4.0', 'medium'],
    ['9,8', '4.0', 'medium'],
    ['-1', '4.0', 'medium'],
    ['10.1', '4.0', 'medium'],
    ['100', '4.0', 'medium'],
    [11, '4.0', 'medium'],
    [true, '4.0', 'medium'],
    [['9.8'], '4.0', 'medium'],
    ['2.0', '9.8', 'low'],
    [undefined, '0', 'high'],
  ])('the score %j over %j is %s', (own, rules, severity) => {
    expect(outcome(read(scored(own, rules)))).toBe(severity);
  });

  test.each([
    [one({ locations: [at('w/a.py', { region: { startLine: 1, snippet: { text: 'w-code' } } })] })],
    [one({ locations: [at('w/a.py'), at('w/b.py')] }, { tool: { driver: { name: 'w-tool' } } })],
    [
      one(
        {},
        {
          artifacts: [
            { location: { uri: 'w/a.py' }, contents: { text: 'w-whole' }, sourceLanguage: 'w-language' },
          ],
        },
      ),
    ],
    [
      log([], {
        invocations: [
          {
            processStartFailureMessage: 'w-why',
            toolExecutionNotifications: [{ level: 'error', message: { text: 'w-how' } }],
          },
        ],
      }),
    ],
  ])('keeps every text %#', (document) => {
    const { version: _, ...texts } = document;
    // The words of a level are read, not kept.
    const lost = lostTexts(texts, read(document)).filter((each) => !each.startsWith('level: '));
    expect(lost).toEqual([]);
  });

  test('counts what it does not keep', () => {
    const more = {
      relatedLocations: [{}, {}],
      codeFlows: [{}],
      stacks: [{}],
      graphs: [{}],
      fixes: [{}],
      attachments: [{}],
    };
    expect(read(one({ ...more, locations: [at(), { logicalLocations: [] }] })).items[0]).toMatchObject({
      notShown: [
        { what: 'place without a file', count: 1 },
        { what: 'related place', count: 2 },
        { what: 'flow', count: 1 },
        { what: 'stack', count: 1 },
        { what: 'graph', count: 1 },
        { what: 'fix', count: 1 },
        { what: 'attachment', count: 1 },
      ],
    });
  });

  test('an index that leads to another file loses against the name', () => {
    const artifacts = [
      { location: { uri: 'other.py' }, contents: { text: 'other' } },
      { location: { uri: './w/a.py' }, contents: { text: 'own' } },
    ];
    const location = { physicalLocation: { artifactLocation: { uri: 'w/a.py', index: 0 } } };
    expect([...read(one({ locations: [location] }, { artifacts })).rows.values()]).toMatchObject([
      { id: 'w/a.py', completion: 'own' },
    ]);
  });

  test('a time without a zone is UTC', () => {
    const artifacts = [{ location: { uri: 'w/a.py' }, contents: { text: 'x' } }];
    const run = { artifacts, invocations: [{ endTimeUtc: '2026-11-01T12:00:00' }] };
    expect([...read(one({}, run)).rows.values()]).toMatchObject([{ occurredAt: '2026-11-01T12:00:00.000Z' }]);
  });
});

describe('a file', () => {
  const unix = {
    SRCROOT: { uri: 'file:///home/ci/src/' },
    SUB: { uri: 'sub/', uriBaseId: 'SRCROOT' },
    LIB: { uri: 'file:///usr/lib/' },
  };
  const windows = { '%SRCROOT%': { uri: 'file:///C:/work/src/' }, OUT: { uri: 'file:///D:/out/' } };
  test.each<[bases: Record<string, object>, uri: string, uriBaseId: string | undefined, name: string]>([
    [{}, 'a/b.py', undefined, 'a/b.py'],
    [{}, './a/b.py', undefined, 'a/b.py'],
    [{}, 'a/./b.py', undefined, 'a/b.py'],
    [{}, 'a//b.py', undefined, 'a/b.py'],
    [{}, 'a/c/../b.py', undefined, 'a/b.py'],
    [{}, 'a\\b.py', undefined, 'a/b.py'],
    [{}, '.\\a\\b.py', undefined, 'a/b.py'],
    [{}, 'a%2Fb.py', undefined, 'a/b.py'],
    [{}, 'a/b%20c.py', undefined, 'a/b c.py'],
    [{}, 'a/100%.py', undefined, 'a/100%.py'],
    [{}, '../b.py', undefined, '../b.py'],
    [{}, 'a/../../b.py', undefined, '../b.py'],
    [{}, '%2e%2e/b.py', undefined, '../b.py'],
    [{}, '/a/b.py', undefined, '/a/b.py'],
    [{}, 'file:///a/b.py', undefined, '/a/b.py'],
    [{}, 'file:/a/b.py', undefined, '/a/b.py'],
    [{}, 'file://localhost/a/b.py', undefined, '/a/b.py'],
    [{}, 'FILE:///a/b.py', undefined, '/a/b.py'],
    [{}, 'file://server/share/b.py', undefined, '//server/share/b.py'],
    [{}, '\\\\server\\share\\b.py', undefined, '//server/share/b.py'],
    [{}, 'c:\\a\\b.py', undefined, 'C:/a/b.py'],
    [{}, 'C:/a/b.py', undefined, 'C:/a/b.py'],
    [{}, '/c:/a/b.py', undefined, 'C:/a/b.py'],
    [{}, 'file:///c:/a/b.py', undefined, 'C:/a/b.py'],
    [{}, 'file:///c%3A/a/b.py', undefined, 'C:/a/b.py'],
    [{}, 'file://C:/a/b.py', undefined, 'C:/a/b.py'],
    [{}, '\\\\?\\C:\\a\\b.py', undefined, 'C:/a/b.py'],
    [{}, 'https://x.test/a/b.py', undefined, 'https://x.test/a/b.py'],
    [{}, 'a/b.py', '%SRCROOT%', 'a/b.py'],
    [{}, 'a/b.py', 'ANY', 'a/b.py'],
    [{ SRCROOT: {} }, 'a/b.py', 'SRCROOT', 'a/b.py'],
    [{ SRCROOT: {} }, 'b.py', 'LIB', '%LIB%/b.py'],
    [{ A: { uri: 'a/', uriBaseId: 'B' }, B: { uri: 'b/', uriBaseId: 'A' } }, 'c.py', 'A', 'b/a/c.py'],
    [unix, 'a/b.py', 'SRCROOT', 'a/b.py'],
    [unix, 'b.py', 'SUB', 'sub/b.py'],
    [unix, '../b.py', 'SUB', 'b.py'],
    [unix, 'file:///home/ci/src/sub/b.py', undefined, 'sub/b.py'],
    [unix, '/home/ci/src/sub/b.py', undefined, 'sub/b.py'],
    [unix, '/home/ci/srcs/b.py', undefined, '/home/ci/srcs/b.py'],
    [unix, '../b.py', 'SRCROOT', '/home/ci/b.py'],
    [unix, '../../../../../b.py', 'SRCROOT', '/b.py'],
    [unix, 'b.py', 'LIB', '/usr/lib/b.py'],
    [unix, 'b.py', 'NOWHERE', '%NOWHERE%/b.py'],
    [unix, 'file:///usr/lib/b.py', undefined, '/usr/lib/b.py'],
    [windows, 'c:\\WORK\\src\\a\\b.py', undefined, 'a/b.py'],
    [windows, 'file:///C:/work/src/a/b.py', undefined, 'a/b.py'],
    [windows, 'a/b.py', '%SRCROOT%', 'a/b.py'],
    [windows, 'd:/work/src/a/b.py', undefined, 'D:/work/src/a/b.py'],
    [windows, 'b.py', 'OUT', 'D:/out/b.py'],
  ])('%j %s in %s is %s', (bases, uri, uriBaseId, name) => {
    expect(fileNames(bases)({ uri, uriBaseId })?.name).toBe(name);
  });

  test('what lies outside has no spelling of a file inside', () => {
    for (const [uri, uriBaseId] of [
      ['b.py', 'LIB'],
      ['../b.py', 'SRCROOT'],
      ['b.py', 'NOWHERE'],
    ] as const) {
      const spellings = fileNames(unix)({ uri, uriBaseId })?.spellings ?? [];
      expect(spellings.filter((each) => /^(\.[\\/])?b\.py$/.test(each))).toEqual([]);
    }
    expect(fileNames(unix)({ uri: 'b.py', uriBaseId: 'SUB' })?.spellings).not.toContain('b.py');
  });

  test('an interaction may spell its path as it likes', () => {
    expect(fileNames(windows)({ uri: 'a/b c.py', uriBaseId: '%SRCROOT%' })?.spellings).toEqual(
      expect.arrayContaining([
        'a/b c.py',
        'a/b%20c.py',
        'a\\b c.py',
        './a/b c.py',
        'C:/work/src/a/b c.py',
        'c:\\work\\src\\a\\b c.py',
        'file:///C:/work/src/a/b%20c.py',
      ]),
    );
  });

  test('without a name it is none', () => {
    for (const uri of [undefined, '', '  ']) expect(fileNames({})({ uri })).toBeNull();
  });
});
