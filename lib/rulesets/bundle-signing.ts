import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import path from 'node:path';
import { env } from '#lib/env';
import { readOrCreateKeyFile } from './signing.ts';

// OPA lists no Ed25519 among the algorithms of bundle signatures, so bundles have a key of their own. RS256 is
// OPA's default and, unlike ECDSA, signs the same bytes the same way: two feeds serve equal bundles.

const BITS = 3_072;

type Loaded = { from: string; privateKey: KeyObject; publicPem: string; keyId: string };

let loaded: Loaded | undefined;

function freshKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: BITS });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function key(): Loaded {
  const { STOPGAP_BUNDLE_KEY: given, STOPGAP_DATA_DIR: dataDir } = env();
  const file = path.join(dataDir, 'bundle-key.pem');
  const from = given ?? file;
  if (loaded?.from === from) return loaded;
  const pem = given === undefined ? readOrCreateKeyFile(file, freshKey) : decode(given);
  const where = given === undefined ? file : 'STOPGAP_BUNDLE_KEY';
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey(pem);
  } catch {
    throw new Error(`${where} does not hold a private key in PEM.`);
  }
  if (privateKey.asymmetricKeyType !== 'rsa') throw new Error(`${where} is not an RSA key.`);
  const publicKey = createPublicKey(privateKey);
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  loaded = {
    from,
    privateKey,
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    keyId: createHash('sha256').update(spki).digest('hex').slice(0, 16),
  };
  return loaded;
}

function decode(given: string): string {
  if (given.includes('-----BEGIN')) return given.replaceAll('\\n', '\n');
  return Buffer.from(given, 'base64').toString('utf8');
}

/** First 16 hex digits of SHA-256 over the public key's SPKI. Throws when the configured key is unusable. */
export function bundleKeyId(): string {
  return key().keyId;
}

/** What an OPA is configured with to check bundles, SPKI PEM; the algorithm is RS256. */
export function bundlePublicKeyPem(): string {
  return key().publicPem;
}

/** A JWT over `payload`, RS256, naming its key. */
export function signJwt(payload: object): string {
  const { privateKey, keyId } = key();
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'RS256', kid: keyId, typ: 'JWT' })}.${part(payload)}`;
  return `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`;
}
