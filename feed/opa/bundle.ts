import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { bundleKeyId, signJwt } from '#lib/rulesets/bundle-signing';
import { type Snapshot, snapshotSchema } from '#sdk/rule';
import { opaData } from './rules.ts';
import { type TarFile, tar } from './tar.ts';

const POLICY = readFileSync(path.join(import.meta.dirname, 'policy.rego'));

/** `sha256` (hex) is of the archive before compression: the policy in it may change where the rules do not. */
export type OpaBundle = { bytes: Buffer; sha256: string };

/**
 * An OPA bundle of one snapshot: the rules as data and one fixed policy that interprets them, gzipped tar.
 * The same snapshot makes the same bytes in every feed. An unsigned one fits every OPA; a signed one only those
 * that have the public key configured, since OPA refuses a signature it cannot check.
 */
export function opaBundle(payload: string, signed: boolean): OpaBundle {
  const snapshot = snapshotSchema.parse(JSON.parse(payload));
  const manifest = {
    revision: String(snapshot.seq),
    roots: ['stopgap'],
    metadata: { seq: snapshot.seq, issued_at: snapshot.issuedAt, expires_at: snapshot.expiresAt },
  };
  const documents: [string, object][] = [
    ['.manifest', manifest],
    ['stopgap/data.json', opaData(snapshot)],
  ];
  const files: TarFile[] = [
    ...documents.map(([name, document]) => ({ name, bytes: Buffer.from(JSON.stringify(document)) })),
    { name: 'stopgap/policy.rego', bytes: POLICY },
  ];
  if (signed) {
    const hashes = [
      ...documents.map(([name, document]) => hashed(name, canonical(document))),
      hashed('stopgap/policy.rego', POLICY),
    ];
    files.unshift({ name: '.signatures.json', bytes: signatures(hashes, snapshot) });
  }
  const archive = tar(files);
  const sha256 = createHash('sha256').update(archive).digest('hex');
  return { bytes: gzipSync(archive, { level: 6 }), sha256 };
}

type Hashed = { name: string; hash: string; algorithm: 'SHA-256' };

const hashed = (name: string, content: Buffer | string): Hashed => ({
  name,
  hash: createHash('sha256').update(content).digest('hex'),
  algorithm: 'SHA-256',
});

function signatures(files: Hashed[], { issuedAt }: Snapshot): Buffer {
  const iat = Math.floor(Date.parse(issuedAt) / 1_000);
  const token = signJwt({ files, keyid: bundleKeyId(), iat, iss: 'stopgap' });
  return Buffer.from(JSON.stringify({ signatures: [token] }));
}

/** What OPA hashes of a JSON document: keys in byte order at every depth, no white space, as Go writes strings. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    return `{${members.map(([key, member]) => `${primitive(key)}:${canonical(member)}`).join(',')}}`;
  }
  return primitive(value);
}

function primitive(value: unknown): string {
  // Go escapes these two separators always; JavaScript never.
  return JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}
