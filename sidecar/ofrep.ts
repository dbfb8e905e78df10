import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError } from '#lib/errors';
import type { Context } from '#sdk/integrations/exchange';
import { answerJson, readJson } from './answer.ts';
import type { Contract, Desk } from './contract.ts';
import type { FailMode } from './evaluator.ts';
import { identityFrom, isRecord, merged, word } from './identity.ts';
import { readSwitch, readSwitches, type Switch } from './kill-switches.ts';

const PREFIX = '/ofrep/v1/evaluate/flags';

/** OpenFeature's remote evaluation protocol over the kill switches: every flag is a boolean, `false` is off. */
export function ofrepContract(desk: Desk, fail: FailMode): Contract {
  return {
    name: 'ofrep',
    refuse: (response, status, { code, message }) => {
      const errorCode = code === 'invalid' ? 'PARSE_ERROR' : 'GENERAL';
      answerJson(response, status, { errorCode, errorDetails: message });
    },
    routes: {
      [`POST ${PREFIX}`]: (request, response) => answerAll(desk, fail, request, response),
      [`POST ${PREFIX}/*`]: (request, response) => answerOne(desk, fail, request, response),
    },
  };
}

async function answerAll(desk: Desk, fail: FailMode, request: IncomingMessage, response: ServerResponse) {
  const context = await readContext(request);
  const flags = readSwitches(desk.guard, context).map((each) => flagOf(each, fail));
  note(desk, response);
  desk.count({ contract: 'ofrep', phase: 'request', outcome: 'bulk' });
  const body = { flags };
  const etag = `"${createHash('sha256').update(JSON.stringify(body)).digest('base64url').slice(0, 27)}"`;
  // Providers that poll forget the tag of an answer that does not repeat it.
  if (request.headers['if-none-match'] === etag) response.writeHead(304, { etag }).end();
  else answerJson(response, 200, body, { etag });
}

async function answerOne(desk: Desk, fail: FailMode, request: IncomingMessage, response: ServerResponse) {
  const key = keyOf(request.url ?? '');
  const context = await readContext(request);
  const found = readSwitch(desk.guard, key, context);
  note(desk, response);
  desk.count({ contract: 'ofrep', phase: 'request', outcome: found ? (found.on ? 'on' : 'off') : 'unknown' });
  if (found) {
    answerJson(response, 200, flagOf(found, fail));
    return;
  }
  const errorDetails = 'Keys are model:NAME, model:NAME@VERSION, feature:NAME and serving.';
  answerJson(response, 404, { key, errorCode: 'FLAG_NOT_FOUND', errorDetails });
}

/** From the address as it was sent: a parsed one has lost `//`, `./` and `\`, which names may hold. */
function keyOf(address: string): string {
  const [path = ''] = address.split(/[?#]/, 1);
  try {
    return decodeURIComponent(path.slice(path.indexOf(`${PREFIX}/`) + PREFIX.length + 1));
  } catch {
    throw new AppError('invalid', 'The flag’s key cannot be read.');
  }
}

async function readContext(request: IncomingMessage): Promise<Context> {
  const body = await readJson(request);
  const context = isRecord(body) ? body.context : undefined;
  if (context !== undefined && !isRecord(context)) {
    throw new AppError('invalid', 'The context is not an object.');
  }
  // Rollouts by request fall by who is targeted, as in every other flag system.
  return merged(identityFrom(context), { id: word(context?.targetingKey) });
}

function note(desk: Desk, response: ServerResponse): void {
  desk.note(response, desk.evaluator.degraded());
}

function flagOf({ key, on, rule, seq }: Switch, fail: FailMode): object {
  if (seq === 0) {
    const value = fail === 'open';
    return { key, value, variant: value ? 'on' : 'off', reason: 'UNKNOWN', metadata: { seq } };
  }
  return {
    key,
    value: on,
    variant: on ? 'on' : 'off',
    reason: rule ? 'TARGETING_MATCH' : 'STATIC',
    metadata: { seq, ...(rule && { rule: rule.ref, expiresAt: rule.expiresAt }) },
  };
}
