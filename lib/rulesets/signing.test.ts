import { execFile } from 'node:child_process';
import { createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { env, setEnv } from '#lib/env';
import { keyId, publicKeyPem, readOrCreateKeyFile, sign } from './signing.ts';

const run = promisify(execFile);

afterEach(() => {
  delete process.env.STOPGAP_SIGNING_KEY;
  setEnv({});
});

test('signs what the public key verifies, under an id made from that key', () => {
  const text = '{"seq":1,"title":"é"}';
  const publicKey = createPublicKey(publicKeyPem());
  expect(verify(null, Buffer.from(text), publicKey, Buffer.from(sign(text), 'base64'))).toBe(true);
  expect(verify(null, Buffer.from(`${text} `), publicKey, Buffer.from(sign(text), 'base64'))).toBe(false);
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  expect(keyId()).toBe(createHash('sha256').update(spki).digest('hex').slice(0, 16));
  expect(statSync(path.join(env().STOPGAP_DATA_DIR, 'signing-key.pem')).mode & 0o777).toBe(0o600);
});

test('takes the key from the environment, as PEM and in base64', () => {
  const pair = generateKeyPairSync('ed25519');
  const pem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const expected = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  for (const given of [pem, pem.replaceAll('\n', '\\n'), Buffer.from(pem).toString('base64')]) {
    setEnv({ STOPGAP_SIGNING_KEY: given });
    expect(publicKeyPem()).toBe(expected);
  }
  setEnv({ STOPGAP_SIGNING_KEY: 'not a key' });
  expect(() => sign('x')).toThrow('STOPGAP_SIGNING_KEY does not hold a private key');
});

test('processes that start together agree on one key and leave no drafts', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'stopgap-key-'));
  const file = path.join(dir, 'signing-key.pem');
  const script = `
    import { readOrCreateKeyFile } from '#lib/rulesets/signing';
    await new Promise((resolve) => setTimeout(resolve, Number(process.argv[2]) - Date.now()));
    process.stdout.write(readOrCreateKeyFile(process.argv[1]));`;
  const at = Date.now() + 1_500;
  const answers = await Promise.all(
    Array.from({ length: 4 }, () =>
      run(process.execPath, ['--input-type=module', '-e', script, '--', file, String(at)], {
        cwd: process.cwd(),
      }),
    ),
  );
  expect(new Set(answers.map((answer) => answer.stdout))).toEqual(new Set([readFileSync(file, 'utf8')]));
  expect(readdirSync(dir)).toEqual(['signing-key.pem']);
  expect(readOrCreateKeyFile(file)).toBe(answers[0]?.stdout);
});
