import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign as signBytes,
} from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { env } from '#lib/env';
import { newId } from '#lib/ids';

type Loaded = { privateKey: KeyObject; publicPem: string; keyId: string };

let loaded: { from: string; key: Loaded } | undefined;

function fromPem(pem: string, where: string): Loaded {
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey(pem);
  } catch {
    throw new Error(`${where} does not hold a private key in PEM.`);
  }
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error(`${where} is not an Ed25519 key.`);
  const publicKey = createPublicKey(privateKey);
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return {
    privateKey,
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    keyId: createHash('sha256').update(spki).digest('hex').slice(0, 16),
  };
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function freshKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/**
 * Reads the key file, or makes it once. The finished file is linked into place, which fails when another
 * process was first: all processes end up with the same key, and none ever reads half of one.
 */
export function readOrCreateKeyFile(file: string, make: () => string = freshKey): string {
  const existing = readIfThere(file);
  if (existing !== null) return existing;
  mkdirSync(path.dirname(file), { recursive: true });
  const fresh = make();
  const draft = `${file}.${newId()}`;
  writeFileSync(draft, fresh, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, file);
    return fresh;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return readFileSync(file, 'utf8');
  } finally {
    rmSync(draft, { force: true });
  }
}

function key(): Loaded {
  const { STOPGAP_SIGNING_KEY: given, STOPGAP_DATA_DIR: dataDir } = env();
  const file = path.join(dataDir, 'signing-key.pem');
  const from = given ?? file;
  if (loaded?.from === from) return loaded.key;
  const pem = given === undefined ? readOrCreateKeyFile(file) : decode(given);
  loaded = { from, key: fromPem(pem, given === undefined ? file : 'STOPGAP_SIGNING_KEY') };
  return loaded.key;
}

/** PEM as it is, with `\n` written out, or the whole PEM in base64: what fits in one environment variable. */
function decode(given: string): string {
  if (given.includes('-----BEGIN')) return given.replaceAll('\\n', '\n');
  return Buffer.from(given, 'base64').toString('utf8');
}

/** First 16 hex digits of SHA-256 over the public key's SPKI. Throws when the configured key is unusable. */
export function keyId(): string {
  return key().keyId;
}

/** What serving instances verify with, SPKI PEM. */
export function publicKeyPem(): string {
  return key().publicPem;
}

/** The same as its 32 raw bytes in base64: one line, for an environment variable. */
export function publicKeyBase64(): string {
  const spki = createPublicKey(publicKeyPem()).export({ type: 'spki', format: 'der' });
  return spki.subarray(-32).toString('base64');
}

/** Ed25519 over the UTF-8 bytes of `text`, base64. */
export function sign(text: string): string {
  return signBytes(null, Buffer.from(text, 'utf8'), key().privateKey).toString('base64');
}
