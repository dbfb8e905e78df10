import type { Sampling } from '#sdk/decision';
import { isRecord } from './identity.ts';

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
