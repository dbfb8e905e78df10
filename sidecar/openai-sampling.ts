import type { Sampling } from '#sdk/decision';
import { isRecord } from './identity.ts';

/** Whether a request is in tokens, which nobody can read here. */
export const isTokens = (body: unknown): boolean =>
  isRecord(body) && [body.prompt, body.input].some(holdsNumbers);

const holdsNumbers = (value: unknown): boolean =>
  Array.isArray(value) && value.some((part) => typeof part === 'number' || holdsNumbers(part));

/** The sampling parameters that a request names. */
export function samplingOf(body: unknown): Sampling {
  if (!isRecord(body)) return {};
  const given = { temperature: body.temperature, topP: body.top_p, candidates: body.n };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => typeof value === 'number'));
}

/** The same body with other sampling parameters. */
export function withSampling(body: unknown, { temperature, topP, candidates }: Sampling): unknown {
  if (!isRecord(body)) return body;
  return {
    ...body,
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...(candidates !== undefined && { n: candidates }),
  };
}
