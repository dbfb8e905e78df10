import type { IncomingHttpHeaders } from 'node:http';
import { callerOf } from '#sdk/integrations/caller';
import type { Context } from '#sdk/integrations/exchange';
import { SURFACES, type Surface } from '#sdk/rule';

/** What a serving layer may tell of a request besides its texts; each is the name of a rule's scope, or `id`. */
const NAMES = [
  'id',
  'model',
  'version',
  'tenant',
  'tier',
  'actor',
  'language',
  'surface',
  'feature',
] as const;

const LONGEST = 200;

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A short text or number as text; anything else counts as not told. */
export function word(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  return typeof value === 'string' && value !== '' && value.length <= LONGEST ? value : undefined;
}

/** Reads `tenant`, `tier`, … from an object of unknown shape, such as Portkey's metadata. */
export function identityFrom(values: unknown): Context {
  if (!isRecord(values)) return {};
  const identity: Context = {};
  for (const name of NAMES) {
    const value = word(values[name]);
    if (value === undefined) continue;
    if (name !== 'surface') identity[name] = value;
    else if (isSurface(value)) identity.surface = value;
  }
  return identity;
}

/** Reads `x-stopgap-tenant`, `x-stopgap-tier`, …, and who asks from other headers for it; `x-request-id` names the request where nothing else does. */
export function identityFromHeaders(headers: IncomingHttpHeaders): Context {
  const values: Record<string, unknown> = {};
  for (const name of NAMES) values[name] = headers[`x-stopgap-${name}`];
  const actor = callerOf((name) => headers[name]);
  return identityFrom({ ...values, actor, id: values.id ?? headers['x-request-id'] });
}

/** What is told first wins; absent fields are filled from the next. */
export function merged(...identities: Context[]): Context {
  return Object.assign({}, ...identities.toReversed());
}

const isSurface = (value: string): value is Surface => (SURFACES as readonly string[]).includes(value);
