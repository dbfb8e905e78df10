import { Agent, request as httpRequest } from 'node:http';
import { loadavg } from 'node:os';
import { z } from 'zod';
import { startChild } from './child.ts';
import { summary } from './quantile.ts';

const optionsSchema = z.strictObject({
  rules: z.coerce.number().int().min(1).max(5_000).default(100),
  /** Calls per round, on each side. */
  calls: z.coerce.number().int().min(100).max(50_000).default(2_000),
  rounds: z.coerce.number().int().min(1).max(50).default(5),
  /** Connections that are kept, each with one call at a time. */
  connections: z.coerce.number().int().min(1).max(64).default(1),
});

const START_MS = 30_000;
const TEXT_LENGTH = 2_048;

const isPort = (message: unknown): message is { port: number } =>
  z.object({ port: z.number() }).safeParse(message).success;

/**
 * What `POST /v1/decide` of a sidecar adds for a text of 2 KB that it has not seen: the whole call as the caller
 * feels it, beside the same call to a bare node:http handler that reads the body and decides nothing.
 */
export async function run(given: Record<string, string>): Promise<unknown> {
  const options = optionsSchema.parse(given);
  const loadBefore = Math.round((loadavg()[0] ?? 0) * 100) / 100;
  const sides = {
    sidecar: startChild('sidecar-process.ts', { RULES: String(options.rules) }),
    bare: startChild('sidecar-process.ts', { BARE: '1' }),
  };
  const agent = new Agent({ keepAlive: true, maxSockets: options.connections * 2 });
  try {
    const ports = {
      sidecar: (await sides.sidecar.next(isPort, START_MS)).port,
      bare: (await sides.bare.next(isPort, START_MS)).port,
    };
    const times = { sidecar: [] as number[], bare: [] as number[] };
    const texts = textMaker();
    // The first round warms both and is not counted.
    for (let round = 0; round <= options.rounds; round++) {
      for (const side of ['bare', 'sidecar'] as const) {
        const found = await measure(agent, ports[side], options.calls, options.connections, texts);
        if (round > 0) times[side].push(...found);
      }
      console.error(`sidecar: round ${round} of ${options.rounds}`);
    }
    const decided = summary(times.sidecar);
    const bare = summary(times.bare);
    const of = (name: 'p50' | 'p99') => ({
      addedMs: round2((decided[name] ?? 0) - (bare[name] ?? 0)),
      ratio: round2((decided[name] ?? 0) / (bare[name] ?? 1)),
    });
    return { options, loadBefore, sidecarMs: decided, bareMs: bare, p50: of('p50'), p99: of('p99') };
  } finally {
    agent.destroy();
    await Promise.all(Object.values(sides).map((side) => side.stop()));
  }
}

const round2 = (value: number) => Math.round(value * 100) / 100;

/** Milliseconds of each call, `connections` at a time. */
async function measure(agent: Agent, port: number, calls: number, connections: number, text: () => string) {
  const times: number[] = [];
  const lane = async (count: number) => {
    for (let call = 0; call < count; call++) {
      const body = JSON.stringify({
        model: 'coder',
        tenant: 'acme',
        language: 'javascript',
        completion: text(),
      });
      const startedAt = performance.now();
      await post(agent, port, body);
      times.push(performance.now() - startedAt);
    }
  };
  await Promise.all(Array.from({ length: connections }, () => lane(Math.ceil(calls / connections))));
  return times;
}

function post(agent: Agent, port: number, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const request = httpRequest({
      agent,
      port,
      host: '127.0.0.1',
      method: 'POST',
      path: '/v1/decide',
      headers,
    });
    request.on('error', reject);
    request.on('response', (response) => {
      let answer = '';
      response.on('data', (chunk) => {
        answer += chunk;
      });
      response.on('end', () => {
        const isDecision = response.statusCode === 200 && answer.includes('"verdict":"allow"');
        if (isDecision) resolve();
        else reject(new Error(`The answer was ${response.statusCode}: ${answer.slice(0, 200)}`));
      });
    });
    request.end(body);
  });
}

/** Code-like texts of 2 KB, each new: the same text twice would be found in caches. */
function textMaker(): () => string {
  const words =
    'const let return await function user query result select insert cursor execute find load save item'.split(
      ' ',
    );
  let seed = 7;
  const next = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return seed % below;
  };
  return () => {
    let text = '';
    while (text.length < TEXT_LENGTH) {
      text += `  ${words[next(words.length)]} ${words[next(words.length)]}_${next(9_999)} = ${words[next(words.length)]}("${next(99_999)}", ${words[next(words.length)]});\n`;
    }
    return text.slice(0, TEXT_LENGTH);
  };
}
