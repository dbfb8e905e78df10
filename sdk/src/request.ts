import type { DecisionRequest } from './decision.ts';
import type { GuardEvent } from './events.ts';
import { asks, FIELD_NAMES, type Field } from './scope-shape.ts';

type Name = keyof DecisionRequest;

const NAMES = {
  id: true,
  model: true,
  version: true,
  tenant: true,
  tier: true,
  actor: true,
  language: true,
  surface: true,
  feature: true,
  sampling: true,
  prompt: true,
  completion: true,
  readings: true,
} satisfies Record<Name, true>;
const KNOWN = Object.keys(NAMES) as Name[];

/** Names of fields are a program's own words, but may be anything: so much of one is told. */
const LONGEST = 60;

/** A request as it was read, once. */
export interface ReadRequest {
  /** A copy: reading it again runs no code of the caller's. */
  request: DecisionRequest;
  /** Names of fields that no request has, such as a misspelt one. */
  unknown: string[];
  /** Fields that could not be read: reading them threw, or they hold no text. */
  unread: ReadonlySet<Name>;
}

const add = (names: Set<Name> | undefined, name: Name) => (names ?? new Set<Name>()).add(name);
const NONE: ReadonlySet<never> = new Set();

/** Reads every field of a request once. Never throws, whatever `given` is. */
export function readRequest(given: unknown): ReadRequest {
  const request: Record<string, unknown> = {};
  let unread: Set<Name> | undefined;
  for (const name of KNOWN) {
    try {
      const value = (given as Record<string, unknown>)[name];
      if (value === undefined || value === null) continue;
      if (name === 'readings') request[name] = readingsOf(value);
      else if (typeof value === (name === 'sampling' ? 'object' : 'string')) request[name] = value;
      else unread = add(unread, name);
    } catch {
      unread = add(unread, name);
    }
  }
  return { request: request as DecisionRequest, unknown: unknownOf(given), unread: unread ?? NONE };
}

function readingsOf(given: unknown): DecisionRequest['readings'] {
  const { prompt = [], completion = [] } = given as { prompt?: unknown[]; completion?: unknown[] };
  const texts = (list: unknown[]) => Array.from(list).filter((each) => typeof each === 'string');
  return { prompt: texts(prompt), completion: texts(completion) };
}

function unknownOf(given: unknown): string[] {
  try {
    return Object.keys(given as object).filter((name) => !Object.hasOwn(NAMES, name));
  } catch {
    // Nothing that has fields.
    return [];
  }
}

/** Whether the request names something in a field of scopes; what could not be read may have. */
export const unreadFields = ({ unread }: ReadRequest): ReadonlySet<Field> =>
  unread.size === 0 ? NONE : new Set(FIELD_NAMES.filter((field) => unread.has(asks[field])));

/** Whether one name is the other with a letter more, less, changed, or two swapped. */
function isNear(one: string, other: string): boolean {
  if (Math.abs(one.length - other.length) > 1) return false;
  let from = 0;
  while (from < one.length && one[from] === other[from]) from++;
  const [a, b] = [one.slice(from), other.slice(from)];
  return (
    a.slice(1) === b ||
    b.slice(1) === a ||
    a.slice(1) === b.slice(1) ||
    (a.slice(2) === b.slice(2) && a[0] === b[1] && a[1] === b[0])
  );
}

/** "`modle` is not a field of a request; did you mean `model`?", for logs and errors. */
export function unknownFieldWords(name: string): string {
  const told = name.length > LONGEST ? `${name.slice(0, LONGEST)}…` : name;
  const lower = name.toLowerCase();
  const meant = KNOWN.find(
    (known) => lower === known || isNear(lower, known) || lower === `${known}s` || lower === `${known}id`,
  );
  return meant === undefined
    ? `\`${told}\` is not a field of a request, so no rule sees it. Fields are ${KNOWN.join(', ')}.`
    : `\`${told}\` is not a field of a request, so no rule sees it. Did you mean \`${meant}\`?`;
}

/** For logs: which fields, never what they held. */
export const unreadWords = ({ unread }: ReadRequest): string =>
  `${[...unread].join(', ')} of a request could not be read, or held no text. Rules that need it did as they do when they fail.`;

/** Names of unknown fields that are told apart. */
const MAX_SAID = 100;

/** Reads requests and tells once of each name that is no field's; with `throw` it throws a `TypeError` instead. */
export function createReader(
  unknownFields: 'report' | 'throw',
  onEvent: (event: GuardEvent) => void,
): (given: DecisionRequest) => ReadRequest {
  const said = new Set<string>();
  return (given) => {
    const read = readRequest(given);
    for (const field of read.unknown) {
      const message = unknownFieldWords(field);
      if (unknownFields === 'throw') throw new TypeError(message);
      if (said.has(field) || said.size >= MAX_SAID) continue;
      said.add(field);
      onEvent({ type: 'unknown_field', field: field.slice(0, LONGEST), message });
    }
    return read;
  };
}
