import { createHash } from 'node:crypto';
import { isHolder } from './text-places.ts';

/** Longer names are told by their digest: the same name is the same caller. */
const LONGEST = 200;

/** Where gateways and chat front ends write who is at the other end, the most certain first. */
const HEADERS = [
  'x-stopgap-actor',
  'x-litellm-end-user-id',
  'x-litellm-customer-id',
  'x-end-user-id',
  'x-openwebui-user-id',
  'x-user-id',
];
const FIELDS = ['safety_identifier', 'safetyIdentifier', 'user', 'user_id', 'userId', '_user', 'end_user'];

const name = (value: unknown): string | undefined => {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  return value.length <= LONGEST
    ? value
    : `sha256:${createHash('sha256').update(value).digest('hex').slice(0, 32)}`;
};

/**
 * Who asked: a header that the operator's own software sets, else `safety_identifier`, `user` or `metadata.user_id` of
 * the request (OpenAI, Anthropic, Portkey). Undefined where nobody says. What a client writes itself is no proof.
 */
export function callerOf(header: (name: string) => unknown, ...bodies: unknown[]): string | undefined {
  for (const each of HEADERS) {
    const found = name(header(each));
    if (found !== undefined) return found;
  }
  for (const body of bodies) {
    if (!isHolder(body)) continue;
    for (const holder of [body, body.metadata]) {
      if (!isHolder(holder)) continue;
      for (const field of FIELDS) {
        const found = name(holder[field]);
        if (found !== undefined) return found;
      }
    }
  }
  return undefined;
}
