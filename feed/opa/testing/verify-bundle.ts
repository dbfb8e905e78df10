import { createHash, createPublicKey, verify } from 'node:crypto';
import { gunzipSync } from 'node:zlib';

// OPA's own checks, written from its documentation ("Bundle File Format", "Signing") and not from our writer:
// exactly one JWT, a known key, every file listed with its digest, and no file listed that is not there.

/** The files of a gzipped ustar archive. Throws for a header whose checksum is wrong. */
export function untar(gzipped: Buffer): Map<string, Buffer> {
  const bytes = gunzipSync(gzipped);
  const files = new Map<string, Buffer>();
  let at = 0;
  while (at < bytes.length && bytes[at] !== 0) {
    const header = bytes.subarray(at, at + 512);
    const text = (from: number, length: number) =>
      header
        .subarray(from, from + length)
        .toString('latin1')
        .replace(/\0.*$/s, '')
        .trim();
    let sum = 0;
    for (const [index, byte] of header.entries()) sum += index >= 148 && index < 156 ? 0x20 : byte;
    if (sum !== Number.parseInt(text(148, 8), 8)) throw new Error(`bad checksum of ${text(0, 100)}`);
    if (text(257, 6) !== 'ustar') throw new Error('not a ustar header');
    const size = Number.parseInt(text(124, 12), 8);
    files.set(text(0, 100), Buffer.from(bytes.subarray(at + 512, at + 512 + size)));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

/** Throws with OPA's reason when an OPA with this key would refuse the bundle. */
export function verifyBundle(files: ReadonlyMap<string, Buffer>, keys: Record<string, string>): void {
  const config = JSON.parse(String(files.get('.signatures.json') ?? '{}'));
  if (config.signatures?.length !== 1) throw new Error('.signatures.json: expected exactly one JWT');
  const [head = '', body = '', signature = ''] = config.signatures[0].split('.');
  const decoded = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
  const payload = decoded(body);
  const pem = keys[decoded(head).kid ?? payload.keyid];
  if (!pem) throw new Error('verification key ID is unknown');
  const genuine = verify(
    'sha256',
    Buffer.from(`${head}.${body}`),
    createPublicKey(pem),
    Buffer.from(signature, 'base64url'),
  );
  if (!genuine) throw new Error('could not verify message');
  if ((payload.scope ?? '') !== '') throw new Error('scope mismatch');

  const listed = new Map<string, { hash: string; algorithm: string }>();
  for (const file of payload.files) listed.set(file.name, file);
  for (const [name, bytes] of files) {
    if (name === '.signatures.json') continue;
    const entry = listed.get(name);
    if (!entry) throw new Error(`file ${name} not included in bundle signature`);
    if (entry.algorithm !== 'SHA-256') throw new Error(`unsupported hashing algorithm: ${entry.algorithm}`);
    const digest = createHash('sha256');
    if (isStructured(name)) walk(JSON.parse(bytes.toString()), (text) => digest.update(text));
    else digest.update(bytes);
    if (digest.digest('hex') !== entry.hash) throw new Error(`${name}: digest mismatch`);
    listed.delete(name);
  }
  if (listed.size > 0)
    throw new Error(`file(s) ${[...listed.keys()]} specified in bundle signature but not found`);
}

const isStructured = (name: string) =>
  ['data.json', 'data.yaml', '.manifest'].includes(name.split('/').at(-1) ?? '');

/** Object: `{`, keys in order each with `:` and the value's text, commas, `}`; arrays likewise; else its JSON. */
function walk(value: unknown, write: (text: string) => void): void {
  if (value === null || typeof value !== 'object') {
    write(goJson(value));
    return;
  }
  const isList = Array.isArray(value);
  write(isList ? '[' : '{');
  const record = value as Record<string, unknown>;
  const keys = isList ? Object.keys(record) : Object.keys(record).sort(byBytes);
  keys.forEach((key, index) => {
    if (index > 0) write(',');
    if (!isList) write(`${goJson(key)}:`);
    walk(record[key], write);
  });
  write(isList ? ']' : '}');
}

const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** As Go's encoder without HTML escaping: line and paragraph separators are escaped. */
function goJson(value: unknown): string {
  return [...JSON.stringify(value)]
    .map((character) => (character === '\u2028' ? '\\u2028' : character === '\u2029' ? '\\u2029' : character))
    .join('');
}
