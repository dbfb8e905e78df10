import { describe, expect, test } from 'vitest';
import { db } from '#lib/db';
import { verifyKey } from '#lib/keys/verify';
import { publicKeyBase64 } from '#lib/rulesets/signing';
import { authenticate } from '#lib/users/authenticate';
import { parsePublicKey } from '#sdk/snapshot';
import { runFile } from './testing/run.ts';

async function stopgap(...args: string[]) {
  const run = runFile('bin/stopgap.ts', args, {});
  const { code } = await run.exit;
  return { code, output: run.output().trim() };
}

describe.concurrent('command line', () => {
  test.each([
    [['nonsense'], 'There is no command "nonsense". Try: npm run stopgap -- help'],
    [['start', '--fast'], "Unknown option '--fast'. Try: npm run stopgap -- help"],
    [['keys', 'destroy'], 'There is no "keys destroy". There is: keys create, keys public'],
    [['keys', 'create', '--scope', 'ingest'], 'keys create needs --scope and --source.'],
    [
      ['relay', '--feed', 'http://f', '--public-key', ''],
      '--public-key is empty. Leave it out, or give it a value.',
    ],
    [['sidecar', '--public-key', ''], '--public-key is empty. Leave it out, or give it a value.'],
    [['import'], 'import needs one FILE. Try: npm run stopgap -- help'],
    [['import', 'x', '--fast'], "Unknown option '--fast'. Try: npm run stopgap -- help"],
    [['users', 'create', '--email', 'a@b.example'], 'users create needs --email and --role.'],
  ])('%j is refused in one line', async (args, line) => {
    expect(await stopgap(...args)).toEqual({ code: 2, output: line });
  });

  test('help names every command', async () => {
    const { code, output } = await stopgap('help');
    expect(code).toBe(0);
    for (const name of [
      'demo',
      'start',
      'web',
      'worker',
      'feed',
      'sidecar',
      'relay',
      'migrate',
      'keys create',
      'users create',
      'import',
    ])
      expect(output).toContain(`\n  ${name} `);
  });

  test('keys create prints one JSON line with a key that works and is recorded', async () => {
    const { code, output } = await stopgap(
      'keys',
      'create',
      '--scope',
      'ingest',
      '--source',
      'gateway',
      '--expires-days',
      '2',
    );
    expect(code).toBe(0);
    const made = JSON.parse(output) as { id: string; key: string };
    expect(Object.keys(made)).toEqual(['id', 'key']);
    expect(await verifyKey(made.key)).toMatchObject({ source: 'gateway', scopes: ['ingest'] });
    expect(await db.event.count({ where: { subjectId: made.id, action: 'key.create' } })).toBe(1);
  });

  test('keys public prints the key that instances verify with, in a form that a guard takes', async () => {
    const { code, output } = await stopgap('keys', 'public');
    expect(code).toBe(0);
    const { keyId: shown, publicKey } = JSON.parse(output);
    expect(shown).toMatch(/^[0-9a-f]{16}$/);
    expect(parsePublicKey(publicKey).asymmetricKeyType).toBe('ed25519');
    expect(parsePublicKey(publicKeyBase64()).asymmetricKeyType).toBe('ed25519');
  });

  test('keys create refuses an unknown scope', async () => {
    const { code, output } = await stopgap('keys', 'create', '--scope', 'everything', '--source', 'x');
    expect(code).toBe(2);
    expect(output).toMatch(/^scopes\.0: [^\n]+$/);
  });

  test('users create prints a one-time password that signs in; a second time is refused', async () => {
    const args = ['users', 'create', '--email', 'Nia@example.test', '--role', 'lead', '--name', 'Nia'];
    const { code, output } = await stopgap(...args);
    expect(code).toBe(0);
    const { email, password } = JSON.parse(output) as { email: string; password: string };
    expect(await authenticate({ email, password, address: '127.0.0.1' })).toMatchObject({ name: 'Nia' });
    expect(await stopgap(...args)).toMatchObject({
      code: 1,
      output: expect.stringContaining('is here already'),
    });
  });
});
