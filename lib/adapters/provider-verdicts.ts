import type { Finding } from '#lib/findings/schema';
import { SEVERITIES } from '#lib/interactions/schema';
import { clip, scalar, storableText } from './adapted.ts';
import { fields, list } from './chat.ts';
import { guardrailMeaning } from './guardrail-mapping.ts';
import { yesOrNo } from './verdict-words.ts';

/** Why an answer ended, where a filter of the model's service ended it (OpenAI, Azure, Anthropic, Gemini, Bedrock). */
const STOPPED =
  /^(content_filter(ed)?|safety|prohibited_content|blocklist|spii|image_safety|image_prohibited_content|refusal|guardrail_intervened|language_blocked)$/i;
/** Codes of errors that say the same. */
const POLICY = /content_filter|content_policy|policy_violation|_policy$|safety|moderation/i;
const REASONS = new Set([
  'finish_reason',
  'finishReason',
  'stop_reason',
  'stopReason',
  'reason',
  'native_finish_reason',
]);
const FILTERS = new Set(['content_filter_results', 'content_filter_result', 'content_filter_offsets']);
/** What the model and the client say is no verdict. */
const SAID = new Set([
  'message',
  'content',
  'parts',
  'text',
  'delta',
  'output',
  'messages',
  'input',
  'arguments',
]);
const DEPTH = 64;

/** What a model's service says of an exchange beside its words: filters that acted, blocked prompts, refused requests. */
export function providerVerdicts(...bodies: unknown[]): Finding[] {
  const found = new Map<string, Finding>();
  const add = (rule: string, what: string, severity?: unknown) => {
    const words = storableText(clip(rule, 400));
    const { category } = guardrailMeaning([words]);
    const named = SEVERITIES.find((each) => each === String(severity).toLowerCase()) ?? 'medium';
    found.set(words, {
      detector: 'Model service',
      rule: words,
      category,
      severity: named,
      message: `${what}: ${words}`,
    });
  };
  const look = (value: unknown, name: string, depth: number): void => {
    if (typeof value !== 'object' || value === null || depth > DEPTH) return;
    for (const each of Array.isArray(value) ? value : []) look(each, name, depth + 1);
    if (Array.isArray(value)) return;
    for (const [key, inner] of Object.entries(value)) {
      const text = scalar(inner);
      if (FILTERS.has(key)) for (const [what, said] of Object.entries(fields(inner))) filter(what, said);
      else if (key === 'safetyRatings')
        for (const each of list(inner)) {
          const { category, blocked } = fields(each);
          if (yesOrNo(blocked) === 'yes') add(scalar(category) ?? 'safety', 'The model service blocked it');
        }
      else if (key === 'blockReason' && text) add(text, 'The model service blocked the prompt');
      else if (REASONS.has(key) && text && STOPPED.test(text))
        add(text, 'The model service ended the answer');
      else if (key === 'code' && /error/i.test(name) && text && POLICY.test(text))
        add(text, 'The model service refused it');
      else if (!SAID.has(key)) look(inner, key, depth + 1);
      else if (key === 'output' && Array.isArray(inner))
        for (const each of inner) look({ reason: fields(each).finish_reason }, key, depth);
    }
  };
  const filter = (what: string, said: unknown) => {
    const { filtered, detected, severity } = fields(said);
    if ([filtered, detected].some((each) => ['yes', 'unclear'].includes(String(yesOrNo(each)))))
      add(what, 'The model service filtered it', severity);
  };
  for (const body of bodies) look(body, '', 0);
  return [...found.values()];
}
