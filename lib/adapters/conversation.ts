import type { NotShown } from '#lib/interactions/schema';
import { isLabel } from '#sdk/integrations/answer-texts';
import { counted } from './adapted.ts';
import { fields, list } from './chat.ts';
import { mediaKind, readMedia } from './media.ts';

type Json = Record<string, unknown>;

/** A text a reviewer can read, and what of it could not become text: a mark stands in its place. */
export interface ReadText {
  text: string;
  notShown: NotShown | undefined;
}

/**
 * What was asked, of chat messages, items of OpenAI's responses or contents of Gemini: the bare text of a single
 * message, else each under its role.
 */
export function readPrompt(messages: unknown, system?: unknown): ReadText {
  const reader = new Reader();
  const asked = Array.isArray(messages) && !isNumbers(messages) ? messages : [messages];
  const said = isNothing(system) ? asked : [{ role: 'system', content: system }, ...asked];
  const parts = said.map((each) => ({ head: reader.head(each), text: reader.text(each) }));
  const [only] = parts;
  const shown = parts.filter(({ text }) => text !== '');
  return reader.read(
    parts.length === 1 && only ? only.text : shown.map(({ head, text }) => `[${head}]\n${text}`).join('\n\n'),
  );
}

/**
 * What a model answered: chat completions, text completions, Anthropic messages, OpenAI responses, Gemini candidates,
 * Bedrock's Converse, or the text itself. Several answers to one request are one text, each under its number.
 */
export function readAnswer(response: unknown): ReadText {
  const reader = new Reader();
  return reader.read(joinAnswers(reader.answers(response)));
}

/** Each answer by itself. */
export function answersOf(response: unknown): string[] {
  return new Reader().answers(response);
}

function joinAnswers(answers: string[]): string {
  if (answers.length < 2) return answers[0] ?? '';
  return answers.map((text, index) => `[answer ${index + 1} of ${answers.length}]\n${text}`).join('\n\n');
}

/** Beside what the SDK knows as no words: of services, and what is read elsewhere (verdicts) or stands in the request. */
const NO_WORDS = new Set([
  'index',
  'created',
  'created_at',
  'cache_control',
  'citations_enabled',
  'is_error',
  'caller',
  'container',
  'content_filter_results',
  'prompt_filter_results',
  'safetyRatings',
  'promptFeedback',
  'hook_results',
  'logprobsResult',
  'avgLogprobs',
  'tokenCount',
  'token_ids',
  'headers',
  'incomplete_details',
  'stopReason',
  'truncation',
  'background',
  'store',
  'billing',
  'include',
  'prompt_cache_key',
  'verbosity',
  'stop_details',
]);
/** Of the request, in an answer of OpenAI's responses. */
const ECHOED = new Set([
  'text',
  'reasoning',
  'input',
  'conversation',
  'prompt_cache_retention',
  'moderation',
]);
const WORDS = [
  'content',
  'parts',
  'text',
  'message',
  'delta',
  'completion',
  'output',
  'output_text',
  'generated_text',
  'generation',
  'value',
];
const REASONING = [
  'reasoning_content',
  'reasoning',
  'thinking',
  'thinking_blocks',
  'reasoning_details',
  'reasoningContent',
];
const CALLS = ['tool_calls', 'function_call', 'functionCall', 'toolUse', 'toolCall'];
const RESULTS = ['functionResponse', 'toolResult', 'executableCode', 'codeExecutionResult'];
const ENCRYPTED = ['encrypted_content', 'redactedContent'];
const KNOWN = new Set([
  ...WORDS,
  ...REASONING,
  ...CALLS,
  ...RESULTS,
  ...ENCRYPTED,
  'refusal',
  'summary',
  'audio',
]);
/** Kinds of parts and items that are nothing but words. */
const TEXTS =
  /^(|message|response|completion|text|(in|out)put_text|(summary|reasoning)_text|refusal|model_output|user_input)$/;
const REASONS = /^(reasoning|thinking|redacted_thinking|reasoning\.\w+|thought)$/;
const INPUTS = ['arguments', 'input', 'args', 'code', 'action', 'operation', 'patch', 'queries'];
const CALLED = ['output', 'outputs', 'error', 'result', 'response', 'content'];
const DEPTH = 48;

/** A block stands on lines of its own. */
type Piece = { text: string; block: boolean };

class Reader {
  readonly #hidden = new Map<string, number>();
  /** The names of tools by the ids of their calls. */
  readonly #tools = new Map<string, string>();

  read(text: string): ReadText {
    return { text, notShown: counted(this.#hidden) };
  }

  /** The mark that stands in the place of what is not shown. */
  hide = (what: string): string => {
    this.#hidden.set(what, (this.#hidden.get(what) ?? 0) + 1);
    return `[${what}: not shown]`;
  };

  text(value: unknown): string {
    return joined(this.#pieces(value, 0));
  }

  /** The role of a message; of a tool's also which. */
  head(message: unknown): string {
    const { role, type, tool_call_id: id, name } = fields(message);
    if (role === 'tool' || role === 'function') {
      const tool = this.#tools.get(String(id)) ?? name;
      return typeof tool === 'string' && tool !== '' ? `${role} ${tool}` : role;
    }
    if (typeof role === 'string' && role !== '') return role;
    if (typeof type !== 'string' || TEXTS.test(type)) return 'user';
    return type.endsWith('_output') || type.endsWith('_result') ? 'tool' : 'assistant';
  }

  answers(response: unknown): string[] {
    const answer = fields(response);
    const choices = [answer.choices, answer.candidates].find(Array.isArray);
    const items = list(answer.output);
    if (!choices && items.length === 0) return [this.text(response)];
    const texts = choices
      ? choices.map((choice: unknown) => this.text(choice))
      : [
          items
            .map((item) => this.text(item))
            .filter((text) => text !== '')
            .join('\n\n'),
        ];
    const rest = Object.entries(answer).filter(
      ([name, value]) =>
        !['choices', 'candidates', 'output'].includes(name) &&
        !ECHOED.has(name) &&
        !(typeof value === 'string' && texts.includes(value)),
    );
    const beside = joined(this.#rest(rest.filter(([name]) => name !== 'output_text')));
    if (beside === '') return texts;
    return texts.length === 1 ? [[texts[0], beside].filter(Boolean).join('\n\n')] : [...texts, beside];
  }

  #pieces(value: unknown, depth: number): Piece[] {
    if (isNothing(value)) return [];
    if (typeof value === 'string') return [{ text: value, block: false }];
    if (typeof value !== 'object') return [{ text: String(value), block: false }];
    if (depth > DEPTH) return [{ text: this.hide('nesting'), block: false }];
    if (Array.isArray(value)) {
      if (isNumbers(value)) return [{ text: this.hide('tokens'), block: false }];
      return value.flatMap((each) => this.#pieces(each, depth + 1));
    }
    return this.#object(value as Json, depth);
  }

  #object(part: Json, depth: number): Piece[] {
    const type = typeof part.type === 'string' ? part.type : '';
    const kind = mediaKind(part, type);
    if (kind !== null) return this.#media(part, kind);
    if (REASONS.test(type) || part.thought === true) {
      const words = this.#reasons(part, depth);
      return words === '' ? [] : [block('reasoning', words)];
    }
    if (!TEXTS.test(type) && typeof part.text !== 'string') return this.#call(part, type, depth);
    const said = (names: string[]) => names.flatMap((name) => this.#pieces(part[name], depth + 1));
    const reasons = new Set(REASONING.map((name) => this.#reasons(part[name], depth + 1)));
    const refusal = joined(said(['refusal']));
    return [
      ...[...reasons].filter((text) => text !== '').map((text) => block('reasoning', text)),
      ...said(WORDS),
      ...said(['summary']),
      ...(isNothing(part.audio) ? [] : this.#media(part.audio, 'audio')),
      ...(refusal === '' ? [] : [block('refusal', refusal)]),
      ...CALLS.flatMap((name) => [part[name] ?? []].flat()).flatMap((call) => this.#called(call, '', depth)),
      ...RESULTS.flatMap((name) => (isNothing(part[name]) ? [] : this.#called(part[name], name, depth))),
      ...this.#encrypted(part),
      ...this.#rest(Object.entries(part).filter(([name]) => !KNOWN.has(name))),
    ];
  }

  #media(part: unknown, kind: string): Piece[] {
    const { isHidden, texts } = readMedia(part);
    const shown = texts.map((text) => ({ text, block: true }));
    return isHidden ? [{ text: this.hide(kind), block: false }, ...shown] : shown;
  }

  /** Reasoning without its mark, which a caller may get twice in two forms. */
  #reasons(value: unknown, depth: number): string {
    if (Array.isArray(value)) return lines(value.map((each) => this.#reasons(each, depth + 1)));
    if (fields(value) !== value || depth > DEPTH) return joined(this.#pieces(value, depth));
    const { data, ...part } = fields(value);
    const names = ['thinking', 'text', 'reasoning', 'reasoningText', 'summary', 'content'];
    const others = Object.entries(part).filter(
      ([name]) => !names.includes(name) && !ENCRYPTED.includes(name),
    );
    const hidden = this.#encrypted({ ...part, encrypted_content: part.encrypted_content ?? data });
    return lines([
      ...names.map((name) => joined(this.#pieces(part[name], depth + 1))),
      joined(this.#rest(others)),
      ...hidden.map(({ text }) => text),
    ]);
  }

  #encrypted(part: Json): Piece[] {
    const found = ENCRYPTED.filter((name) => !isNothing(part[name]));
    return found.map(() => ({ text: this.hide('encrypted content'), block: false }));
  }

  #called(value: unknown, type: string, depth: number): Piece[] {
    return fields(value) === value ? this.#call(fields(value), type, depth) : this.#pieces(value, depth + 1);
  }

  /** A call of a tool, or what came back: a code agent writes its code as a tool's argument, and a reviewer must see it. */
  #call(call: Json, type: string, depth: number): Piece[] {
    const own = fields(
      [call.function, call.custom, call.functionCall].find((each) => fields(each) === each) ?? call,
    );
    const ids = [call.call_id, call.tool_use_id, call.tool_call_id, call.toolUseId, call.id].map(String);
    const given = [own.name, call.name, call.tool_name].find(
      (each) => typeof each === 'string' && each !== '',
    );
    const isResult = /(_output|_result|Result|functionResponse)$/.test(type);
    const tool = isResult ? (ids.map((id) => this.#tools.get(id)).find(Boolean) ?? given) : given;
    if (typeof given === 'string' && !isResult)
      for (const id of ids) if (id !== 'undefined') this.#tools.set(id, given);
    const mark = typeof tool === 'string' ? (isResult ? `result of ${tool}` : tool) : type || 'call';
    const inputs = INPUTS.filter((name) => !isNothing(own[name]) && own[name] !== own);
    const called = CALLED.filter((name) => !isNothing(own[name]));
    const used = new Set([...inputs, ...called, ...ENCRYPTED, 'name', 'tool_name']);
    const others = [
      Object.entries(own).filter(([name]) => !used.has(name)),
      Object.entries(own === call ? {} : call).filter(([name, each]) => each !== own && name !== 'name'),
    ].map((entries) => Object.fromEntries(entries.filter(([name, each]) => isKept(name, each))));
    const words = [
      ...inputs.map((name) => this.#written(own[name])),
      ...called.map((name) =>
        isParts(own[name]) ? joined(this.#pieces(own[name], depth + 1)) : this.#written(own[name]),
      ),
      ...others.map((each) => (isNothing(each) ? '' : this.#written(each))),
    ].filter((text) => text !== '');
    return [block(mark, words.join('\n')), ...this.#encrypted(own)];
  }

  /** What nobody knows yet is shown as it is. */
  #rest(entries: [name: string, value: unknown][]): Piece[] {
    const kept = entries.filter(([name, value]) => isKept(name, value));
    return kept.map(([name, value]) => block(name, this.#written(value)));
  }

  /** A text as it is, else as JSON without the bytes of pictures and files. */
  #written(value: unknown): string {
    if (typeof value === 'string') return value;
    try {
      return JSON.stringify(value, (_, each) => (isBytes(each) ? this.hide('file') : each)) ?? '';
    } catch {
      return this.hide('nesting');
    }
  }
}

const isBytes = (value: unknown): boolean =>
  typeof value === 'string' && /^\s*data:[^,]{0,200};base64,/i.test(value.slice(0, 300));

/** Words are kept under any name that is no label's. */
function isKept(name: string, value: unknown): boolean {
  return (
    !isLabel(name) &&
    !NO_WORDS.has(name) &&
    !isNothing(value) &&
    (typeof value === 'string' || typeof value === 'object')
  );
}

function isNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

const isNumbers = (values: unknown[]): boolean =>
  values.length > 0 && values.every((each) => typeof each === 'number');

/** A text or a list of texts and parts, and no JSON of a tool's own. */
function isParts(value: unknown): boolean {
  if (typeof value === 'string') return true;
  const parts = Array.isArray(value) ? value : [value];
  return parts.every(
    (each) =>
      typeof each === 'string' ||
      typeof fields(each).type === 'string' ||
      typeof fields(each).text === 'string',
  );
}

const block = (mark: string, text: string): Piece => ({
  text: text === '' ? `[${mark}]` : `[${mark}]\n${text}`,
  block: true,
});

const lines = (texts: string[]): string => texts.filter((text) => text !== '').join('\n');

function joined(pieces: readonly Piece[]): string {
  let text = '';
  let afterBlock = false;
  for (const piece of pieces) {
    if (text !== '' && (piece.block || afterBlock) && !text.endsWith('\n')) text += '\n';
    text += piece.text;
    afterBlock = piece.block;
  }
  return text;
}
