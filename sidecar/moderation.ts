import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Decision } from '#sdk/decision';
import { callerOf } from '#sdk/integrations/caller';
import { requestTexts } from '#sdk/integrations/request-texts';
import { answerJson, readJson } from './answer.ts';
import type { Contract, Desk } from './contract.ts';
import { parsed } from './decide.ts';
import { identityFromHeaders } from './identity.ts';

const part = z.looseObject({ type: z.string(), text: z.string().optional() });
const bodySchema = z.object({
  model: z.string().optional(),
  user: z.unknown().optional(),
  safety_identifier: z.unknown().optional(),
  input: z.union([z.string(), z.array(z.string()).min(1).max(100), z.array(part).min(1).max(100)]),
});

const CHANGED = new Set<Decision['verdict']>(['block', 'replace', 'redact']);

/** `POST /v1/moderations` in OpenAI's shape; a category is the reference of an enforced rule that hit. */
export function moderationContract(desk: Desk): Contract {
  return {
    name: 'openai',
    refuse: (response, status, { message, code }) =>
      answerJson(response, status, { error: { message, type: 'invalid_request_error', param: null, code } }),
    routes: { 'POST /v1/moderations': (request, response) => answer(desk, request, response) },
  };
}

async function answer(desk: Desk, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = parsed(bodySchema, await readJson(request));
  const { input } = body;
  const actor = callerOf((name) => request.headers[name], body);
  const identity = { ...identityFromHeaders(request.headers), ...(actor !== undefined && { actor }) };
  // Who asks does not say whether it is a prompt or an answer, unless it sends the header: then both are tried.
  const phase = request.headers['x-stopgap-phase'];
  const results = textsOf(input).map(({ text, whole, unread }) => {
    const { decision, degraded } = desk.evaluator.decide({
      ...identity,
      ...(phase !== 'response' && { prompt: text }),
      ...(phase !== 'request' && { completion: text }),
      readings: {
        ...(phase !== 'response' && { prompt: whole }),
        ...(phase !== 'request' && { completion: whole }),
      },
    });
    desk.note(response, degraded);
    desk.count({
      contract: 'openai',
      phase: phase === 'response' ? 'response' : 'request',
      outcome: decision.verdict,
      unread,
    });
    return resultOf(decision);
  });
  answerJson(response, 200, { id: `modr-${randomUUID()}`, model: 'stopgap', results });
}

/** Strings are judged one by one; parts belong together: they are judged as one, with and without a gap between them. */
function textsOf(
  input: z.infer<typeof bodySchema>['input'],
): { text: string; whole: string[]; unread: string[] }[] {
  const items = [input].flat();
  const strings = items.filter((item) => typeof item === 'string');
  if (strings.length > 0) return strings.map((text) => ({ text, whole: [], unread: [] }));
  const { texts, unread } = requestTexts({ messages: [{ content: items }] }, true);
  const words = texts.map(({ text }) => text);
  return [{ text: words.join('\n\n'), whole: words.length > 1 ? [words.join('')] : [], unread }];
}

function resultOf({ verdict, rules }: Decision): object {
  const refs = rules.filter(({ mode }) => mode === 'enforce').map(({ ref }) => ref);
  const each = <T>(value: T) => Object.fromEntries(refs.map((ref) => [ref, value]));
  return {
    flagged: CHANGED.has(verdict),
    categories: each(true),
    category_scores: each(1),
    category_applied_input_types: each(['text']),
  };
}
