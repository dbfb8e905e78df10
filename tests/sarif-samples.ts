/**
 * Small reports in the shapes that three scanners really write, for tests. Written by hand after the CodeQL CLI's
 * "SARIF output" page, semgrep's cli/src/semgrep/formatter/sarif.py and gosec's report/sarif/formatter.go.
 */
export const codeQl = {
  $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
  version: '2.1.0',
  runs: [
    {
      tool: {
        driver: { name: 'CodeQL', organization: 'GitHub', semanticVersion: '2.19.0' },
        extensions: [
          {
            name: 'codeql/python-queries',
            rules: [
              { id: 'py/clear-text-logging' },
              {
                id: 'py/sql-injection',
                name: 'py/sql-injection',
                shortDescription: { text: 'SQL query built from user-controlled sources' },
                defaultConfiguration: { enabled: true, level: 'error' },
                properties: {
                  tags: ['security', 'external/cwe/cwe-089'],
                  kind: 'path-problem',
                  precision: 'high',
                  'security-severity': '8.8',
                },
              },
            ],
          },
        ],
      },
      artifacts: [{ location: { uri: 'app/users.py', uriBaseId: '%SRCROOT%', index: 0 } }],
      columnKind: 'utf16CodeUnits',
      newlineSequences: ['\r\n', '\n'],
      results: [
        {
          ruleId: 'py/sql-injection',
          rule: { id: 'py/sql-injection', index: 1, toolComponent: { index: 0 } },
          message: { text: 'This query depends on a [user-provided value](1).' },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: 'app/users.py', uriBaseId: '%SRCROOT%', index: 0 },
                region: { startLine: 12, startColumn: 20, endColumn: 25 },
                contextRegion: {
                  startLine: 11,
                  endLine: 13,
                  snippet: { text: '    q = "SELECT " + name\n    cursor.execute(query)\n    return 1\n' },
                },
              },
            },
          ],
          partialFingerprints: { primaryLocationLineHash: '39fa2ee980eb94b0:1' },
          codeFlows: [{ threadFlows: [{ locations: [] }] }],
        },
      ],
    },
  ],
};

export const semgrep = {
  $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json',
  version: '2.1.0',
  runs: [
    {
      invocations: [{ executionSuccessful: true, toolExecutionNotifications: [] }],
      tool: {
        driver: {
          name: 'Semgrep OSS',
          semanticVersion: '1.100.0',
          rules: [
            {
              id: 'python.lang.security.audit.subprocess-shell-true',
              defaultConfiguration: { level: 'error' },
              properties: {
                precision: 'very-high',
                tags: ["CWE-78: OS Command ('OS Command Injection')", 'security'],
              },
            },
            {
              id: 'generic.secrets.security.detected-aws-key',
              defaultConfiguration: { level: 'warning' },
              properties: { precision: 'very-high', tags: ['HIGH CONFIDENCE'] },
            },
          ],
        },
      },
      results: [
        {
          ruleId: 'python.lang.security.audit.subprocess-shell-true',
          message: { text: 'Found subprocess with shell=True' },
          fingerprints: { 'matchBasedId/v1': 'requires login' },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: 'run.py', uriBaseId: '%SRCROOT%' },
                region: {
                  snippet: { text: '    subprocess.run(cmd, shell=True)' },
                  startLine: 40,
                  startColumn: 5,
                  endLine: 40,
                  endColumn: 36,
                },
              },
            },
          ],
          properties: {},
        },
        {
          ruleId: 'generic.secrets.security.detected-aws-key',
          message: { text: 'A key' },
          locations: [
            { physicalLocation: { artifactLocation: { uri: 'run.py' }, region: { startLine: 1 } } },
          ],
          suppressions: [{ kind: 'inSource' }],
        },
        {
          ruleId: 'generic.secrets.security.detected-aws-key',
          message: { text: 'A key' },
          locations: [
            { physicalLocation: { artifactLocation: { uri: 'run.py' }, region: { startLine: 1 } } },
          ],
        },
      ],
    },
  ],
};

/** gosec numbers its rules and then sorts them, so `ruleIndex` leads to the other rule. */
export const gosec = {
  $schema:
    'https://raw.githubusercontent.com/oasis-tcs/sarif-spec/main/sarif-2.1/schema/sarif-schema-2.1.0.json',
  version: '2.1.0',
  runs: [
    {
      taxonomies: [{ name: 'CWE', taxa: [{ id: '326' }, { id: '798' }] }],
      tool: {
        driver: {
          name: 'gosec',
          version: '2.21.4',
          supportedTaxonomies: [{ name: 'CWE' }],
          rules: [
            {
              id: 'G101',
              name: 'Use of Hard-coded Credentials',
              defaultConfiguration: { level: 'error' },
              properties: { tags: ['security', 'HIGH'], precision: 'low' },
              relationships: [{ target: { id: '798', toolComponent: { name: 'CWE' } }, kinds: ['superset'] }],
            },
            {
              id: 'G402',
              name: 'Inadequate Encryption Strength',
              defaultConfiguration: { level: 'error' },
              properties: { tags: ['security', 'MEDIUM'], precision: 'high' },
              relationships: [{ target: { id: '326', toolComponent: { name: 'CWE' } }, kinds: ['superset'] }],
            },
          ],
        },
      },
      results: [
        {
          ruleId: 'G402',
          ruleIndex: 0,
          level: 'error',
          message: { text: 'TLS MinVersion too low.' },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: 'main.go' },
                region: {
                  startLine: 8,
                  endLine: 8,
                  startColumn: 9,
                  endColumn: 9,
                  sourceLanguage: 'go',
                  snippet: { text: '7: \n8: \tcfg := &tls.Config{}\n9: \treturn cfg\n' },
                },
              },
            },
          ],
        },
      ],
    },
  ],
};
