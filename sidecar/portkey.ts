import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { answerTexts } from '#sdk/integrations/answer-texts';
import { callerOf } from '#sdk/integrations/caller';
import { isTokens, requestTexts } from '#sdk/integrations/request-texts';
import { answerJson, readJson } from './answer.ts';
import type { Contract, Desk } from './contract.ts';
import { parsed } from './decide.ts';
import type { Outcome, Phase } from './evaluator.ts';
import { identityFrom, identityFromHeaders, isRecord, merged, word } from './identity.ts';
import { samplingOf, withSampling } from './openai-sampling.ts';

/** What Portkey's webhook guardrail sends; fields that are not read are let through. */
const bodySchema = z.object({
  eventType: z.enum(['beforeRequestHook', 'afterRequestHook']),
  request: z.object({ json: z.unknown().optional(), isStreamingRequest: z.boolean().nullish() }),
  response: z.object({ json: z.unknown().optional() }).nullish(),
  metadata: z.unknown().optional(),
});

/** `POST /portkey`, for `default.webhook` in Portkey's input and output guardrails. */
export function portkeyContract(desk: Desk): Contract {
  return {
    name: 'portkey',
    refuse: (response, status, { code, message }) => {
      // Portkey lets pass what is answered with an error: a body that nobody could read is refused in its own words.
      const unread = code === 'too_large' || code === 'invalid';
      const isClosed = unread && desk.evaluator.unreadable().kind === 'block';
      answerJson(response, isClosed ? 200 : status, { verdict: false, data: { error: { code, message } } });
    },
    routes: { 'POST /portkey': (request, response) => answer(desk, request, response) },
  };
}

async function answer(desk: Desk, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = parsed(bodySchema, await readJson(request));
  const phase: Phase = body.eventType === 'beforeRequestHook' ? 'request' : 'response';
  const asked = body.request.json;
  const answered = body.response?.json;
  const streamed = body.request.isStreamingRequest === true;
  // Portkey calls the output hook of a streamed answer without its text, and delivers it whatever we say.
  const unseen = phase === 'response' && streamed && !isRecord(answered);
  const model = isRecord(asked) ? word(asked.model) : undefined;
  const identity = merged(
    identityFrom(body.metadata),
    identityFromHeaders(request.headers),
    { model },
    { actor: callerOf(() => undefined, body.metadata, asked) },
  );

  const said = phase === 'request' ? requestTexts(asked, false) : answerTexts(answered);
  const known = phase === 'request' ? { ...identity, sampling: samplingOf(asked) } : identity;
  const isUnreadable = phase === 'request' && isTokens(asked);
  const outcome = isUnreadable
    ? { ...desk.evaluator.unreadable(), unread: ['prompt'] }
    : desk.evaluator.check({ phase, identity: known, ...said });
  desk.note(response, outcome.degraded);
  const { unread } = outcome;
  desk.count({
    contract: 'portkey',
    phase,
    outcome: unseen ? 'unseen' : outcome.kind,
    streamed,
    unseen,
    unread,
  });
  answerJson(
    response,
    200,
    reply(phase, outcome, said.texts, phase === 'request' ? asked : answered, unseen),
  );
}

function reply(
  phase: Phase,
  outcome: Outcome,
  places: readonly { set(text: string): void }[],
  json: unknown,
  unseen: boolean,
): object {
  const rules = outcome.decisions.flatMap((decision) => decision.rules.map(({ ref }) => ref));
  const data = { rules, ...(unseen && { unseen: true }) };
  if (outcome.kind === 'block') return { verdict: false, data: { ...data, reason: outcome.reason } };
  let transformed: unknown;
  if (outcome.kind === 'rewrite') {
    outcome.texts.forEach((text, index) => {
      places[index]?.set(text);
    });
    transformed = json;
  }
  if (outcome.sampling) transformed = withSampling(json, outcome.sampling);
  if (transformed === undefined) return { verdict: true, data };
  return { verdict: true, data, transformedData: { [phase]: { json: transformed } } };
}
