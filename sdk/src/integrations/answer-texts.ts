import type { PromptText } from './exchange.ts';
import { type Holder, isHolder } from './text-places.ts';

/** One text of an answer, and how to put another in its place. */
interface AnswerPlace extends PromptText {
  set(text: string): void;
}

/** What a tool is called with, and what else the call says: its name, the server it goes to. */
export interface ToolInput {
  input: string;
  more: string[];
}

export interface AnswerTexts {
  texts: AnswerPlace[];
  calls: ToolInput[];
}

/** Of services and forms: no words of the model's. */
const LABELS = new Set([
  ...[
    'id',
    'object',
    'model',
    'modelVersion',
    'system_fingerprint',
    'service_tier',
    'role',
    'type',
    'status',
    'phase',
  ],
  ...[
    'finish_reason',
    'native_finish_reason',
    'stop_reason',
    'finishReason',
    'stop_sequence',
    'item_id',
    'call_id',
  ],
  ...[
    'response_id',
    'responseId',
    'tool_call_id',
    'tool_use_id',
    'format',
    'mime_type',
    'mimeType',
    'obfuscation',
  ],
  ...[
    'signature',
    'thoughtSignature',
    'thought_signature',
    'encrypted_content',
    'provider',
    'name',
    'createTime',
  ],
  ...[
    'logprobs',
    'usage',
    'usageMetadata',
    'timings',
    'previous_response_id',
    'instructions',
    'tools',
    'tool_choice',
    'metadata',
    'prompt',
    'effort',
    'safety_identifier',
    'user',
  ],
]);
/** What the model says, under whatever name. */
const WORDS =
  /^(content|text|thinking|reasoning|reasoning_content|refusal|summary|transcript|output_text|output|delta|thoughts?|parts)$/;
const CALL = /(_call|tool_use|apply_patch|tool_calls?)$/;
const DEPTH = 256;

export const isLabel = (name: string): boolean => LABELS.has(name);
export const isWords = (name: string): boolean => WORDS.test(name);

/** Whether it is a call of a tool, in the shapes of OpenAI, Anthropic and Gemini. */
export const isCall = ({ type, function: called, custom, functionCall }: Holder): boolean =>
  (typeof type === 'string' && CALL.test(type)) || [called, custom, functionCall].some(isHolder);

/** What a call hands to its tool, as text, and its other words. */
export function toolInputOf(call: Holder): ToolInput {
  const { function: called, custom, functionCall } = call;
  const own = [called, custom, functionCall].find(isHolder) ?? call;
  const key = ['arguments', 'input', 'args', 'code', 'action', 'operation', 'patch', 'queries'].find(
    (name) => own[name] !== undefined && own[name] !== null,
  );
  const given = key === undefined ? '' : own[key];
  const more: string[] = [];
  for (const [name, value] of Object.entries(own)) {
    if (name !== key && (name === 'name' || !LABELS.has(name))) collect(value, more, 0);
  }
  return { input: typeof given === 'string' ? given : JSON.stringify(given), more };
}

function collect(value: unknown, into: string[], depth: number): void {
  if (typeof value === 'string') into.push(value);
  else if (isHolder(value) && depth < DEPTH) {
    for (const each of Object.values(value)) collect(each, into, depth + 1);
  }
}

/**
 * Every text in a part of an answer, whatever the service calls it, and what tools would be called with. Log
 * probabilities spell out the texts and are left to whoever changes those.
 */
export function answerTexts(value: unknown): AnswerTexts {
  const found: AnswerTexts = { texts: [], calls: [] };
  const read = (holder: Holder, key: string | number, name: string, depth: number): void => {
    const each = holder[key];
    if (typeof each === 'string') {
      if (each === '' || LABELS.has(name)) return;
      const set = (text: string) => {
        holder[key] = text;
      };
      found.texts.push({ text: each, set, ...(!WORDS.test(name) && { aside: true }) });
    } else if (Array.isArray(each)) list(each, name, depth);
    else if (isHolder(each) && depth < DEPTH && !LABELS.has(name)) object(each, name, depth);
  };
  const list = (values: unknown[], name: string, depth: number): void => {
    if (LABELS.has(name) || depth >= DEPTH) return;
    let before = false;
    for (const index of values.keys()) {
      const first = found.texts.length;
      read(values as unknown as Holder, index, name, depth + 1);
      // What stands beside a part's words, such as where they are from, does not come between two parts.
      const added = found.texts.slice(first).filter(({ aside }) => !aside);
      const [words] = added;
      const isOne = words !== undefined && added.length === 1 && WORDS.test(name);
      if (isOne && before) words.joined = true;
      before = isOne || (before && found.texts.length === first);
    }
  };
  const object = (each: Holder, name: string, depth: number): void => {
    if (name === 'function_call' || name === 'functionCall' || isCall(each)) {
      found.calls.push(
        toolInputOf(name === 'function_call' || name === 'functionCall' ? { function: each } : each),
      );
      return;
    }
    for (const key of Object.keys(each)) read(each, key, key, depth + 1);
  };
  read({ value }, 'value', 'content', 0);
  return found;
}
