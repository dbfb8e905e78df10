import { isLabel } from './answer-texts.ts';
import { decideInPlace } from './decide-answer.ts';
import type { Context, Enforcer } from './exchange.ts';

export type Fields = Record<string, unknown>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Where answers stand in a body, by the contract: OpenAI's chat, completions and responses, Anthropic's, Gemini's. */
const ANSWERS = ['choices', 'candidates', 'output', 'content'] as const;

/**
 * A whole answer as it may be served, changed in place: every choice by itself. What the service says beside it passes
 * where no rule would act on it, and is left out where one would.
 */
export function decideWhole(body: Fields, guard: Enforcer, context: Context): Fields {
  for (const field of ANSWERS) {
    const answers = body[field];
    if (!Array.isArray(answers)) continue;
    if (field === 'choices' || field === 'candidates') {
      body[field] = answers.filter(isFields).map((choice) => decideChoice(choice, guard, context));
    } else {
      const outcome = decideInPlace(guard, context, answers);
      if ('stopped' in outcome) Object.assign(body, stoppedBody(field, outcome.stopped));
    }
  }
  for (const field of Object.keys(body)) {
    if (isLabel(field) || (ANSWERS as readonly string[]).includes(field)) continue;
    const before = JSON.stringify(body[field]);
    const outcome = decideInPlace(guard, context, { [field]: body[field] });
    if ('stopped' in outcome || JSON.stringify(body[field]) !== before) delete body[field];
  }
  return body;
}

function decideChoice(choice: Fields, guard: Enforcer, context: Context): Fields {
  const outcome = decideInPlace(guard, context, choice);
  if ('stopped' in outcome) return stoppedChoice(choice, outcome.stopped);
  // They spell out what was said.
  if (outcome.changed && 'logprobs' in choice) choice.logprobs = null;
  if (outcome.changed && 'logprobsResult' in choice) delete choice.logprobsResult;
  return choice;
}

/** A choice that a rule has stopped, in the form it came in. */
function stoppedChoice({ index, message, text, content }: Fields, words: string): Fields {
  const at = index === undefined ? {} : { index };
  if (isFields(content)) {
    return { ...at, finishReason: 'SAFETY', content: { role: 'model', parts: [{ text: words }] } };
  }
  const end = { ...at, finish_reason: 'content_filter' };
  if (!isFields(message)) return { ...end, ...(text === undefined ? {} : { text: words }) };
  return { ...end, message: { role: message.role ?? 'assistant', content: words } };
}

/** The fields of a stopped answer of OpenAI's responses (`output`) or Anthropic's messages (`content`). */
export function stoppedBody(field: 'output' | 'content', words: string): Fields {
  if (field === 'content') {
    return { content: [{ type: 'text', text: words }], stop_reason: 'refusal', stop_sequence: null };
  }
  const content = [{ type: 'output_text', text: words, annotations: [] }];
  return {
    status: 'incomplete',
    incomplete_details: { reason: 'content_filter' },
    output: [{ type: 'message', id: 'msg_stopgap', role: 'assistant', status: 'incomplete', content }],
  };
}
