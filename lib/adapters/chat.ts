type Json = Record<string, unknown>;

/** The value as an object to look into, or an empty one. */
export function fields(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

/** The first that is a text with something in it. */
export function firstText(...values: unknown[]): string | undefined {
  return values.find((value): value is string => typeof value === 'string' && value.trim() !== '');
}

/** A text a reviewer can read, and how many of what could not become text: pictures, sounds, what is encrypted. */
interface ReadText {
  text: string;
  leftOut: Record<string, number>;
}

/**
 * What was asked, of chat messages, items of OpenAI's responses or contents of Gemini: the bare text of a single
 * message, else each under its role.
 */
export function readPrompt(messages: unknown, system?: unknown): ReadText {
  const reader = new Reader();
  const list = Array.isArray(messages) ? messages : [messages];
  const said =
    system === undefined || system === null ? list : [{ role: 'system', content: system }, ...list];
  const parts = said.map((each) => ({ role: roleOf(each), text: reader.message(each) }));
  const [only] = parts;
  if (parts.length === 1 && only) return reader.read(only.text);
  return reader.read(
    parts
      .filter(({ text }) => text !== '')
      .map(({ role, text }) => `[${role}]\n${text}`)
      .join('\n\n'),
  );
}

/**
 * What a model answered: chat completions, text completions, Anthropic messages, OpenAI responses, Gemini candidates,
 * Bedrock's Converse, or the text itself. Several answers to one request are one text, each under its number.
 */
export function readAnswer(response: unknown): ReadText {
  const reader = new Reader();
  if (typeof response === 'string') return reader.read(response);
  const answer = fields(response);
  const choices = [answer.choices, answer.candidates].find(Array.isArray);
  if (choices) {
    const texts = choices.map((choice: unknown) => {
      const { message, content, text } = fields(choice);
      return reader.message(message ?? content) || firstText(text) || '';
    });
    if (texts.length < 2) return reader.read(texts[0] ?? '');
    return reader.read(
      texts.map((text, index) => `[answer ${index + 1} of ${texts.length}]\n${text}`).join('\n\n'),
    );
  }
  // Bedrock's Converse has one message there, OpenAI's responses a list of items.
  const items = list(answer.output).length > 0 ? list(answer.output) : [fields(answer.output).message];
  const output = items.map((item) => reader.message(item));
  const text = output.filter((each) => each !== '').join('\n\n') || reader.message(answer);
  const said = text || firstText(answer.output_text, answer.completion, answer.text) || '';
  if (said === '' && isUnknownForm(response)) reader.leave('answer');
  return reader.read(said);
}

/** Holds something, and nothing where answers are looked for. */
function isUnknownForm(response: unknown): boolean {
  if (Array.isArray(response)) return response.length > 0;
  const answer = fields(response);
  if (ANSWERS.some((name) => name in answer) || Array.isArray(answer.output)) return false;
  return Object.entries(answer).some(
    ([name, value]) =>
      !BESIDE_ANSWERS.has(name) && (list(value).length > 0 || Object.keys(fields(value)).length > 0),
  );
}

const ANSWERS = ['content', 'parts', 'output_text', 'completion', 'text', 'refusal', 'tool_calls'];
const BESIDE_ANSWERS = new Set([
  'error',
  'usage',
  'metadata',
  'headers',
  'incomplete_details',
  'promptFeedback',
]);

function roleOf(message: unknown): string {
  const { role, type } = fields(message);
  if (typeof role === 'string') return role;
  if (typeof type !== 'string' || type === 'message') return 'user';
  return type.endsWith('_output') || type.endsWith('_result') ? 'tool' : 'assistant';
}

/** What has no text of its own; what it holds is not copied. */
const NO_TEXT =
  /^(input_|output_)?(image|image_url|audio|video|video_url|file|inlineData|inline_data|fileData|file_data)$/;
const ENCRYPTED = ['encrypted_content', 'signature', 'thoughtSignature', 'thought_signature'];
/** Of a call beside what it hands to its tool. */
const LABELS = new Set([
  'id',
  'call_id',
  'type',
  'role',
  'status',
  'index',
  'tool_use_id',
  'tool_call_id',
  ...ENCRYPTED,
]);
const NAMES = ['name', 'function', 'custom', 'functionCall'];
const INPUTS = ['arguments', 'input', 'args', 'code', 'action', 'operation'];
const CALLED = ['output', 'outputs', 'error', 'result', 'response'];

class Reader {
  readonly #leftOut: Record<string, number> = {};

  read(text: string): ReadText {
    return { text, leftOut: this.#leftOut };
  }

  leave(what: string): void {
    this.#leftOut[what] = (this.#leftOut[what] ?? 0) + 1;
  }

  /** A message, an item or a part, in the order in which the model said it: reasoning, words, calls. */
  message(value: unknown): string {
    if (typeof value === 'string') return value;
    if (Array.isArray(value)) return this.#content(value);
    const message = fields(value);
    const { type } = message;
    if (typeof type === 'string' && type !== 'message' && type !== 'response') {
      const text = this.#part(message);
      if (text !== null) return text.trim();
    }
    const reasoning = firstText(
      message.reasoning_content,
      message.reasoning,
      message.thinking,
      list(message.thinking_blocks)
        .map((block) => firstText(fields(block).thinking) ?? '')
        .join('\n'),
    );
    const said = this.#content(message.content ?? message.parts);
    const refusal = firstText(message.refusal);
    const calls = [
      ...list(message.tool_calls),
      ...(message.function_call ? [{ function: message.function_call }] : []),
    ];
    if (fields(message.audio).transcript !== undefined || message.audio) this.leave('audio');
    return [
      reasoning === undefined ? '' : `[reasoning]\n${reasoning}`,
      said,
      firstText(fields(message.audio).transcript) ?? '',
      refusal === undefined ? '' : `[refusal]\n${refusal}`,
      ...calls.map((call) => this.#call(fields(call))),
    ]
      .filter((each) => each !== '')
      .join('\n');
  }

  #content(content: unknown): string {
    if (typeof content === 'string') return content;
    if (!Array.isArray(content)) return '';
    return content
      .map((part) => (typeof part === 'string' ? part : (this.#part(fields(part)) ?? '')))
      .join('')
      .replace(/^\n/, '');
  }

  /** Null where it is no part that has a form of its own. */
  #part(part: Json): string | null {
    const { type, text } = part;
    const kind = typeof type === 'string' ? type : '';
    for (const name of ENCRYPTED)
      if (typeof part[name] === 'string' && !kind.endsWith('call')) this.leave(name);
    if (kind === 'redacted_thinking') {
      this.leave(kind);
      return '';
    }
    if (kind === 'reasoning' || kind === 'thinking' || part.thought === true) {
      const words = [
        firstText(part.thinking, text),
        this.#content(part.summary),
        this.#content(part.content),
      ];
      const said = words.filter(Boolean).join('\n');
      return said === '' ? '' : `\n[reasoning]\n${said}\n`;
    }
    if (typeof text === 'string') return text;
    if (typeof part.refusal === 'string') return `\n[refusal]\n${part.refusal}`;
    const media = NO_TEXT.test(kind) ? kind : Object.keys(part).find((name) => NO_TEXT.test(name));
    if (media !== undefined) {
      this.leave(media);
      return `[${media}]`;
    }
    if (kind === '' && ![...NAMES, ...CALLED].some((name) => name in part)) {
      const own = Object.keys(part).find((name) =>
        /^(executableCode|codeExecutionResult|functionResponse|toolUse|toolResult|reasoningContent)$/.test(
          name,
        ),
      );
      return own === undefined ? null : `\n${this.#call({ type: own, ...fields(part[own]) })}`;
    }
    return kind === 'message' ? null : `\n${this.#call(part)}`;
  }

  /** A call of a tool, or what came back: a code agent writes its code as a tool's argument, and a reviewer must see it. */
  #call(call: Json): string {
    const own = fields(
      [call.function, call.custom, call.functionCall].find((each) => fields(each) === each) ?? call,
    );
    const name = firstText(own.name, call.name, call.type) ?? 'call';
    const key = INPUTS.find((each) => own[each] !== undefined && own[each] !== null);
    const came = CALLED.filter((each) => own[each] !== undefined && own[each] !== null);
    const content = this.#content(own.content);
    // What a tool hands or gets is all there is; of kinds that nobody knows yet everything is kept.
    const known = key !== undefined || came.length > 0 || content !== '';
    const rest = Object.fromEntries(
      Object.entries(own).filter(([each]) => !LABELS.has(each) && each !== 'name'),
    );
    const words = known
      ? [
          key === undefined ? '' : written(own[key]),
          ...came.map((each) => this.#content(own[each]) || written(own[each])),
          content,
        ]
      : [Object.keys(rest).length > 0 ? written(rest) : ''];
    return [`[${name}]`, ...words.filter((each) => each !== '')].join('\n');
  }
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** A text as it is, else as JSON. */
function written(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    // Nested deeper than the stack: nobody could read it either.
    return '[nested too deep]';
  }
}

/** What both sides left out, added up; absent where that is nothing. */
export function leftOutOf(...texts: ReadText[]): Record<string, number> | undefined {
  const sum: Record<string, number> = {};
  for (const { leftOut } of texts) {
    for (const [name, count] of Object.entries(leftOut)) sum[name] = (sum[name] ?? 0) + count;
  }
  return Object.keys(sum).length > 0 ? sum : undefined;
}

/** The language of the first fenced block of code, by the word after its fence; `text` where there is none. */
export function fencedLanguage(completion: string): string {
  return /^```([A-Za-z0-9+#._-]{1,40})[ \t\r]*$/m.exec(completion)?.[1]?.toLowerCase() ?? 'text';
}

/** An instant from seconds since 1970, or from a text; null when it is neither. */
export function instant(value: unknown): string | null {
  const at =
    typeof value === 'number' ? new Date(value * 1_000) : typeof value === 'string' ? new Date(value) : null;
  return at && !Number.isNaN(at.getTime()) ? at.toISOString() : null;
}
