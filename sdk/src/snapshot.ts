import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { z } from 'zod';
import { lintRule, RuleCache, runVectors } from './engine.ts';
import { envelopeSchema, LIMITS, type Rule, type Snapshot, snapshotSchema } from './rule.ts';
import { SDK_VERSION } from './version.ts';

export type SnapshotErrorCode = 'signature' | 'schema' | 'rollback' | 'freshness' | 'vectors' | 'compile';

/** Why a snapshot was not loaded. The message is a plain sentence fit for a report. */
export class SnapshotError extends Error {
  readonly code: SnapshotErrorCode;
  /** The sequence number that was refused, when the payload was proven genuine and says one. */
  readonly seq: number | undefined;

  constructor(code: SnapshotErrorCode, message: string, seq?: number) {
    super(message);
    this.name = 'SnapshotError';
    this.code = code;
    this.seq = seq;
  }
}

const SPKI_ED25519 = Buffer.from('302a300506032b6570032100', 'hex');

/** Reads an Ed25519 public key: SPKI PEM, or the 32 raw bytes in base64. Throws a plain `Error` for anything else. */
export function parsePublicKey(text: string): KeyObject {
  const trimmed = text.trim();
  let key: KeyObject;
  if (trimmed.startsWith('-----')) {
    key = createPublicKey(trimmed);
  } else {
    const raw = Buffer.from(trimmed, 'base64');
    if (raw.length !== 32) throw new Error('A raw Ed25519 public key is 32 bytes in base64.');
    key = createPublicKey({ key: Buffer.concat([SPKI_ED25519, raw]), format: 'der', type: 'spki' });
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('The public key is not an Ed25519 key.');
  return key;
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SnapshotError('schema', `The ${what} is not JSON.`);
  }
}

function firstIssue(error: {
  issues: readonly { path: PropertyKey[]; message: string; keys?: string[] }[];
}): string {
  const issue = error.issues[0];
  return issue ? `${issue.path.map(String).join('.') || 'top level'}: ${issue.message}` : 'unknown problem';
}

/** Why a genuine snapshot cannot be read: most often because its publisher is newer than this SDK. */
function malformed(issues: Parameters<typeof firstIssue>[0]['issues'], payload: unknown): SnapshotError {
  const seq = z.object({ seq: z.int().positive() }).safeParse(payload).data?.seq;
  const unknown = issues.flatMap((issue) => {
    if (!('keys' in issue) || !Array.isArray(issue.keys)) return [];
    return issue.keys.map((key) => [...issue.path.map(String), String(key)].join('.'));
  });
  const reason =
    unknown.length > 0
      ? `The snapshot says ${unknown.slice(0, 3).join(', ')}, which SDK ${SDK_VERSION} does not know: the publisher is newer. Update the SDK.`
      : `The snapshot is malformed (${firstIssue({ issues })}).`;
  return new SnapshotError('schema', reason, seq);
}

/** What is not a rule, or came as another one before, is checked; a rule that came word for word is taken as it is. */
function readSnapshot(json: unknown, cache: RuleCache): Snapshot {
  const rows: unknown = typeof json === 'object' && json !== null && 'rules' in json ? json.rules : undefined;
  if (!Array.isArray(rows) || rows.length > LIMITS.rules) return checked(json);
  const digests = rows.map((row) =>
    createHash('sha256')
      .update(JSON.stringify(row) ?? '')
      .digest('base64'),
  );
  const fresh = rows.filter((_, index) => cache.known(digests[index] as string) === undefined);
  const read = snapshotSchema.safeParse({ ...(json as object), rules: fresh });
  // Places in what is said of it are those of the whole.
  if (!read.success) return checked(json);
  const parsed = read.data.rules.values();
  const rules = digests.map((digest) => {
    const rule = cache.known(digest) ?? (parsed.next().value as Rule);
    cache.remember(digest, rule);
    return rule;
  });
  return { ...read.data, rules };
}

function checked(json: unknown): Snapshot {
  const parsed = snapshotSchema.safeParse(json);
  if (!parsed.success) throw malformed(parsed.error.issues, json);
  return parsed.data;
}

/** Lint and compile. */
function compile(rule: Rule, seq: number, cache: RuleCache): void {
  const problems = lintRule(rule);
  if (problems.length > 0) {
    throw new SnapshotError('compile', `Rule ${rule.ref} cannot run. ${problems.join(' ')}`, seq);
  }
  cache.compile(rule);
}

/** The rule's own vectors. */
function prove(rule: Rule, seq: number, cache: RuleCache): void {
  const entry = cache.compile(rule);
  const failures = runVectors(rule, entry.find);
  if (failures.length > 0) {
    throw new SnapshotError('vectors', `Rule ${rule.ref} fails its own tests. ${failures.join(' ')}`, seq);
  }
  entry.proven = true;
}

/** What all rules take together, in memory and in time, whatever each of them may. */
function refuseTotals({ rules, seq }: Snapshot, cache: RuleCache): void {
  const entries = rules.map((rule) => cache.compile(rule));
  const sum = (of: (entry: (typeof entries)[number]) => number) =>
    entries.reduce((total, entry) => total + of(entry), 0);
  const size = sum(({ programSize }) => programSize);
  if (size > LIMITS.programTotal) {
    throw new SnapshotError(
      'compile',
      `All patterns together are ${size} RE2 instructions; the limit is ${LIMITS.programTotal}. Withdraw one, or make its counted repeats shorter.`,
      seq,
    );
  }
  const units = sum((entry) => entry.units);
  if (units > LIMITS.costTotal) {
    throw new SnapshotError(
      'compile',
      `All rules together cost ${units} units; the limit is ${LIMITS.costTotal}. Withdraw a pattern that requires no string.`,
      seq,
    );
  }
}

export interface OpenOptions {
  /** The highest sequence number seen so far; anything lower is refused. */
  minSeq?: number;
  cache?: RuleCache;
  /** Told the exact payload as soon as its signature is proven. */
  onPayload?: (payload: string) => void;
  /** Asked before anything is compiled; throws to refuse it. */
  accept?: (snapshot: Snapshot) => void;
  /** Told after each step, for how long it took: signature and form, every pattern compiled, every vector right. */
  onStep?: (step: 'verified' | 'compiled' | 'tested') => void;
}

/**
 * Opens what a feed sent: checks the signature over the exact payload, then form, order, and every rule's
 * own tests. Throws `SnapshotError`. An expired snapshot opens: whether it is stale is the caller's clock to say.
 */
export function openEnvelope(
  text: string,
  publicKeys: readonly (KeyObject | string)[],
  options: OpenOptions = {},
): Snapshot {
  // JSON escapes can double the payload, hardly more.
  if (text.length > 2 * LIMITS.snapshotBytes + 1_000) {
    throw new SnapshotError('schema', 'The envelope is larger than a snapshot may be.');
  }
  const envelope = envelopeSchema.safeParse(parseJson(text, 'envelope'));
  if (!envelope.success) {
    throw new SnapshotError('schema', `The envelope is malformed (${firstIssue(envelope.error)}).`);
  }
  const { payload, signature, keyId } = envelope.data;
  const bytes = Buffer.from(payload, 'utf8');
  if (bytes.length > LIMITS.snapshotBytes) {
    throw new SnapshotError('schema', `The snapshot is larger than ${LIMITS.snapshotBytes} bytes.`);
  }
  const signed = Buffer.from(signature, 'base64');
  const keys = publicKeys.map((key) => (typeof key === 'string' ? parsePublicKey(key) : key));
  if (!keys.some((key) => verify(null, bytes, key, signed))) {
    throw new SnapshotError('signature', `The signature (key ${keyId}) was not made by a trusted key.`);
  }
  options.onPayload?.(payload);
  const { cache = new RuleCache(), onStep } = options;
  const snapshot = readSnapshot(parseJson(payload, 'snapshot'), cache);
  const minSeq = options.minSeq ?? 0;
  if (snapshot.seq < minSeq) {
    throw new SnapshotError(
      'rollback',
      `Snapshot ${snapshot.seq} is older than ${minSeq}, which was seen before.`,
      snapshot.seq,
    );
  }
  options.accept?.(snapshot);
  const ids = new Set<string>();
  for (const rule of snapshot.rules) {
    if (ids.has(rule.id)) {
      throw new SnapshotError('schema', `Rule ${rule.ref} (${rule.id}) is listed twice.`, snapshot.seq);
    }
    ids.add(rule.id);
  }
  onStep?.('verified');
  // What the cache has already proven is not run again.
  const fresh = snapshot.rules.filter((rule) => !cache.isProven(rule));
  for (const rule of fresh) compile(rule, snapshot.seq, cache);
  refuseTotals(snapshot, cache);
  onStep?.('compiled');
  for (const rule of fresh) prove(rule, snapshot.seq, cache);
  onStep?.('tested');
  return snapshot;
}
