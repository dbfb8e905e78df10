import type { DecisionRequest, Sampling } from '../decision.ts';
import { type Context, decidePrompt, type Enforcer, STOPPED, servedText, stopsToolCall } from './exchange.ts';
import { answerStream } from './openai-stream.ts';

export interface ChatGuardOptions {
  guard: Enforcer;
  /** What else is known of a request: tenant, tier, language, surface, feature. Its model is known already. */
  context?: (request: Request, body: ChatBody) => Context | Promise<Context>;
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
  [other: string]: unknown;
}

type Message = { role?: unknown; content?: unknown };
type Place = { get: string; set: (text: string) => void };

/** Where a user or a tool has put text into the request; the system prompt is the operator's own. */
function placesOf(body: ChatBody): Place[] {
  const places: Place[] = [];
  const messages = Array.isArray(body.messages) ? (body.messages as Message[]) : [];
  for (const message of messages) {
    if (message === null || typeof message !== 'object') continue;
    if (message.role !== 'user' && message.role !== 'tool' && message.role !== 'function') continue;
    if (typeof message.content === 'string') {
      places.push({
        get: message.content,
        set: (text) => {
          message.content = text;
        },
      });
    }
    for (const part of Array.isArray(message.content) ? message.content : []) {
      if (typeof part?.text !== 'string') continue;
      places.push({
        get: part.text,
        set: (text) => {
          part.text = text;
        },
      });
    }
  }
  if (typeof body.prompt === 'string') {
    places.push({
      get: body.prompt,
      set: (text) => {
        body.prompt = text;
      },
    });
  }
  return places;
}

const numbers = ({ temperature, top_p: topP, n: candidates }: ChatBody): Sampling =>
  Object.fromEntries(
    Object.entries({ temperature, topP, candidates }).filter(([, value]) => typeof value === 'number'),
  );

/** The error an OpenAI client expects: `error.code` is `content_filter`. */
function refusal(message: string): Response {
  const error = { message, type: 'invalid_request_error', param: 'messages', code: 'content_filter' };
  return Response.json({ error }, { status: 400, headers: { 'x-stopgap-verdict': 'block' } });
}

/**
 * Sends one chat or completion request on by `forward` and guards it both ways: the prompt before it leaves, the
 * answer before it is seen, whole or streamed (server-sent events). Anything else is forwarded untouched.
 */
export async function guardChat(
  request: Request,
  forward: (request: Request) => Promise<Response>,
  { guard, context }: ChatGuardOptions,
): Promise<Response> {
  const path = new URL(request.url).pathname;
  if (request.method !== 'POST' || !/\/completions$/.test(path)) return forward(request);
  const body = await readBody(request);
  if (body === null) return refusalOfBody();
  const known: DecisionRequest = {
    id: request.headers.get('x-request-id') ?? crypto.randomUUID(),
    model: typeof body.model === 'string' ? body.model : null,
    ...(await context?.(request, body)),
  };
  const places = placesOf(body);
  const outcome = decidePrompt(
    guard,
    { ...known, sampling: numbers(body) },
    places.map(({ get }) => get),
  );
  if (outcome.blocked) return refusal(outcome.message);
  outcome.texts.forEach((text, index) => {
    if (text !== places[index]?.get) places[index]?.set(text);
  });
  const { temperature, topP, candidates } = outcome.sampling ?? {};
  if (temperature !== undefined) body.temperature = temperature;
  if (topP !== undefined) body.top_p = topP;
  if (candidates !== undefined) body.n = candidates;

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
  if (!response.ok || response.body === null) return response;
  const type = response.headers.get('content-type') ?? '';
  if (type.includes('text/event-stream')) return answerStream(response, guard, known);
  return type.includes('json') ? answerWhole(response, guard, known) : response;
}

async function readBody(request: Request): Promise<ChatBody | null> {
  try {
    const body: unknown = await request.json();
    return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as ChatBody) : null;
  } catch {
    return null;
  }
}

function refusalOfBody(): Response {
  const error = {
    message: 'The body is not a JSON object.',
    type: 'invalid_request_error',
    param: null,
    code: null,
  };
  return Response.json({ error }, { status: 400 });
}

type Choice = {
  text?: unknown;
  finish_reason?: unknown;
  message?: { content?: unknown; tool_calls?: { function?: { arguments?: unknown } }[] };
};

/** A whole answer: every choice is decided by itself. */
async function answerWhole(response: Response, guard: Enforcer, context: Context): Promise<Response> {
  const body = (await response.json()) as { choices?: unknown };
  for (const choice of Array.isArray(body.choices) ? (body.choices as Choice[]) : []) {
    decideChoice(choice, guard, context);
  }
  const headers = new Headers(response.headers);
  headers.delete('content-length');
  headers.delete('content-encoding');
  return Response.json(body, { status: response.status, headers });
}

function decideChoice(choice: Choice, guard: Enforcer, context: Context): void {
  const { message } = choice;
  const stop = (words: string) => {
    choice.finish_reason = 'content_filter';
    if (message) choice.message = { ...message, content: words, tool_calls: undefined };
    else choice.text = words;
  };
  for (const call of message?.tool_calls ?? []) {
    const input = call.function?.arguments;
    if (typeof input !== 'string') continue;
    const decision = guard.decide({ ...context, completion: input });
    if (!stopsToolCall(decision)) continue;
    stop(decision.message ?? STOPPED);
    return;
  }
  const text = message ? message.content : choice.text;
  if (typeof text !== 'string' || text === '') return;
  const decision = guard.decide({ ...context, completion: text });
  const served = servedText(decision, text);
  if (decision.verdict === 'block') stop(served);
  else if (message) message.content = served;
  else choice.text = served;
}
