import type { DecisionRequest, Sampling } from '../decision.ts';
import { LEVELS_MAX, nestsDeeper } from '../nesting.ts';
import { answerStream } from './answer-stream.ts';
import { callerOf } from './caller.ts';
import {
  type Context,
  decidePrompt,
  decideText,
  type Enforcer,
  type OnUnreadable,
  STOPPED,
  stopsToolCall,
  unreadableWords,
} from './exchange.ts';
import { decideWhole, type Fields, isFields } from './openai-answer.ts';
import { modelIn, pathOf, routeOf } from './openai-routes.ts';
import { isTokens, requestTexts } from './request-texts.ts';

export interface ChatGuardOptions {
  guard: Enforcer;
  /** What else is known of a request: tenant, tier, language, surface, feature. Its model is known already. */
  context?: (request: Request, body: ChatBody) => Context | Promise<Context>;
  /**
   * Prompt rules read the system's messages too. A proxy does unless told otherwise: there the client writes them all.
   */
  everyRole?: boolean;
  /**
   * What becomes of a request with a picture, a sound, a file that is no text, or what lies elsewhere: counted on the
   * fleet page by its field (the default), or refused with 400 as well. A prompt of tokens is always refused.
   */
  onUnreadable?: OnUnreadable;
  /** Paths such as `/v1/custom` that go by unread on the operator's word, although they may bring an answer. */
  unguarded?: readonly string[];
}

/** What is read of a chat or completion request; everything else passes as it came. */
export interface ChatBody {
  model?: unknown;
  stream?: unknown;
  messages?: unknown;
  prompt?: unknown;
  temperature?: unknown;
  top_p?: unknown;
  n?: unknown;
  best_of?: unknown;
  [other: string]: unknown;
}

function numbers({ temperature, top_p: topP, n, best_of: bestOf }: ChatBody): Sampling {
  // What is written and thrown away was written all the same.
  const candidates = typeof bestOf === 'number' ? Math.max(bestOf, typeof n === 'number' ? n : 1) : n;
  return Object.fromEntries(
    Object.entries({ temperature, topP, candidates }).filter(([, value]) => typeof value === 'number'),
  );
}

function setNumbers(body: ChatBody, { temperature, topP, candidates }: Sampling, takesMany: boolean): void {
  if (temperature !== undefined) body.temperature = temperature;
  if (topP !== undefined) body.top_p = topP;
  if (candidates === undefined || !takesMany) return;
  if (typeof body.best_of === 'number') {
    body.n = Math.min(typeof body.n === 'number' ? body.n : 1, candidates);
    body.best_of = candidates;
  } else body.n = candidates;
}

const isGemini = (url: string): boolean => /:(stream)?generatecontent$/i.test(pathOf(url));
/** Contracts that write several answers to one request. */
const hasCandidates = (url: string): boolean => /completions\/*$/i.test(pathOf(url));

/** The error an OpenAI client expects: `error.code` is `content_filter`. */
function refusal(message: string): Response {
  const error = { message, type: 'invalid_request_error', param: 'messages', code: 'content_filter' };
  return Response.json({ error }, { status: 400, headers: { 'x-stopgap-verdict': 'block' } });
}

/**
 * Sends one request for an answer (OpenAI's chat, completions and responses, Anthropic's messages, Gemini's contents) on
 * by `forward` and guards it both ways: the prompt before it leaves, the
 * answer before it is seen, whole or streamed (server-sent events). What asks for no answer goes by untouched; what
 * would bring one that cannot be read here (`/batches`, say) is refused with 501.
 */
export async function guardChat(
  request: Request,
  forward: (request: Request) => Promise<Response>,
  { guard, context, everyRole = false, unguarded = [], onUnreadable = 'count' }: ChatGuardOptions,
): Promise<Response> {
  const route = routeOf(request);
  if (route === 'pass' || unguarded.includes(new URL(request.url).pathname)) return forward(request);
  if (route === 'refuse')
    return failure(501, 'This request would bring an answer that is not guarded here, so it is not sent on.');
  const body = (await readJson(request)) as ChatBody | null;
  if (body === null) return failure(400, `The body is not a JSON object of at most ${LEVELS_MAX} levels.`);
  const own = await context?.(request, body);
  const known: DecisionRequest = {
    // Not the caller's own name for it: whoever picks that could pick their place in a rollout.
    id: crypto.randomUUID(),
    // Services that name it in the address read it only there.
    model: modelIn(request.url) ?? (typeof body.model === 'string' ? body.model : null),
    ...own,
    actor: own?.actor ?? callerOf((name) => request.headers.get(name), body) ?? null,
  };
  if (isTokens(body)) return failure(400, 'A prompt of tokens cannot be checked; send it as text.');
  const { texts, unread } = requestTexts(body, everyRole);
  const outcome = decidePrompt(guard, { ...known, sampling: numbers(body) }, texts);
  const fields = outcome.isTooDeep ? [...unread, 'json'] : unread;
  guard.coverage?.('http', 'request', { unread: fields });
  if (outcome.blocked) return refusal(outcome.message);
  if (fields.length > 0 && onUnreadable === 'refuse') return failure(400, unreadableWords(fields));
  outcome.texts.forEach((text, index) => {
    if (text !== texts[index]?.text) texts[index]?.set(text);
  });
  if (!isGemini(request.url)) setNumbers(body, outcome.sampling ?? {}, hasCandidates(request.url));

  const headers = new Headers(request.headers);
  // The length has changed, and an answer that is packed cannot be read on its way.
  headers.delete('content-length');
  headers.set('accept-encoding', 'identity');
  const next = new Request(request.url, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
    signal: request.signal,
  });
  const response = await forward(next);
  if (response.body === null) return response;
  if (!response.ok) return errorAnswer(response, guard, known);
  const type = (response.headers.get('content-type') ?? '').toLowerCase();
  if (type.includes('text/event-stream'))
    return answerStream(response, guard, known, typeof body.n === 'number' ? body.n : 1);
  const answer = type.includes('json') ? await readJson(response) : null;
  if (answer) return answerWhole(response, answer, guard, known);
  await response.body.cancel().catch(() => undefined);
  return failure(502, 'The model answered in a form that cannot be checked.');
}

async function readJson(from: Request | Response): Promise<Record<string, unknown> | null> {
  try {
    const text = await from.text();
    if (nestsDeeper(text, LEVELS_MAX)) return null;
    const body: unknown = JSON.parse(text);
    return isFields(body) ? body : null;
  } catch {
    return null;
  }
}

function failure(status: number, message: string): Response {
  const type = status < 500 ? 'invalid_request_error' : 'server_error';
  return Response.json({ error: { message, type, param: null, code: null } }, { status });
}

/** An error of the service's as it came, unless a rule stops its words: some quote what the model wrote. */
async function errorAnswer(response: Response, guard: Enforcer, context: Context): Promise<Response> {
  const bytes = await response.arrayBuffer();
  const text = new TextDecoder().decode(bytes);
  const headers = new Headers(response.headers);
  headers.delete('content-length');
  headers.delete('content-encoding');
  const { status, statusText } = response;
  if (!stopsToolCall(decideText(guard, context, text)))
    return new Response(bytes, { status, statusText, headers });
  headers.delete('content-type');
  const error = { message: STOPPED, type: 'server_error', param: null, code: 'content_filter' };
  return Response.json({ error }, { status, headers });
}

/** A whole answer: every choice is decided by itself. */
function answerWhole(response: Response, body: Fields, guard: Enforcer, context: Context): Response {
  const headers = new Headers(response.headers);
  headers.delete('content-length');
  headers.delete('content-encoding');
  headers.delete('content-type');
  return Response.json(decideWhole(body, guard, context), { status: response.status, headers });
}
