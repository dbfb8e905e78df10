import type { PromptText } from './exchange.ts';
import { decodedText, isDataUrl, mediaOf } from './media-text.ts';
import { type Holder, isHolder } from './text-places.ts';

/** One text of a request, and how to put another in its place. */
interface RequestText extends PromptText {
  set(text: string): void;
}

/** What a request says, and the fields of it that nobody can read here: pictures, sounds, tokens, what lies elsewhere. */
interface RequestTexts {
  texts: RequestText[];
  unread: string[];
}

/** Whose words the operator writes where no client does. */
const OWN_ROLES: ReadonlySet<unknown> = new Set(['system', 'developer']);
const OWN_FIELDS = new Set(['system', 'instructions', 'systemInstruction', 'system_instruction']);
/** Lists of messages: what stands elsewhere in a request is said beside them. */
const TALK = new Set(['messages', 'input', 'contents', 'prompt', 'suffix', 'query', ...OWN_FIELDS]);
/** For the service and not for the model. */
const SERVICE = new Set([
  ...[
    'model',
    'user',
    'safety_identifier',
    'metadata',
    'service_tier',
    'include',
    'truncation',
    'stream_options',
  ],
  ...['prompt_cache_key', 'prompt_cache_retention', 'reasoning_effort', 'verbosity', 'modalities', 'betas'],
]);
/** Names of forms and of things elsewhere; no words. */
const LABELS = new Set([
  ...[
    'type',
    'role',
    'id',
    'call_id',
    'tool_call_id',
    'tool_use_id',
    'item_id',
    'toolCallId',
    'status',
    'phase',
    'detail',
    'format',
  ],
  ...[
    'media_type',
    'mimeType',
    'mime_type',
    'mediaType',
    'cache_control',
    'signature',
    'thoughtSignature',
    'thought_signature',
  ],
]);
/** What the model is given although it does not stand in the request. */
const ELSEWHERE = new Set([
  ...['file_id', 'file_url', 'fileUri', 'file_uri', 'previous_response_id', 'conversation', 'cachedContent'],
  ...['container', 'encrypted_content', 'vector_store_ids'],
]);
/** Parts of these follow each other without a gap. */
const JOINED = new Set(['content', 'parts', 'output', 'thinking', 'summary', ...OWN_FIELDS]);
/** Said beside a message's words. */
const ASIDE = new Set(['name', 'title', 'filename', 'display_name', 'displayName', 'toolName', 'context']);
/** The names of their fields are the client's own words; of the second kind, of everything below them too. */
const NAMED = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']);
const FREE = new Set(['input', 'args', 'arguments', 'response', 'variables', 'chat_template_kwargs']);
/** Words between client and service. */
const SKIPPED = new Set(['providerOptions', 'providerMetadata', 'cache_control']);
const PICTURES = /^(image|input_image|image_url|video|video_url|input_video|audio|input_audio|audio_url)$/;
const DEPTH = 256;

/** Prompts in numbers, of which nobody can say what they say. */
const IN_NUMBERS = ['prompt_token_ids', 'input_ids', 'prompt_embeds', 'input_embeds'];

/** Whether a request is in tokens or embeddings, which nobody can read here. */
export const isTokens = (body: unknown): boolean =>
  isHolder(body) &&
  ([body.prompt, body.input].some(holdsNumbers) ||
    IN_NUMBERS.some((name) => body[name] !== undefined && body[name] !== null));

const holdsNumbers = (value: unknown): boolean =>
  Array.isArray(value) && value.some((part) => typeof part === 'number' || holdsNumbers(part));

/** Labels are words without blanks. What holds more is said: templates write roles and ids out for the model. */
const isLabel = (text: string): boolean => /^[\x21-\x7e]*$/.test(text);

interface At {
  holder: Holder;
  key: string | number;
  /** The nearest name above. */
  name: string;
  depth: number;
  free: boolean;
  aside: boolean;
}

/**
 * Every text that reaches a model by a request in the shapes of OpenAI (chat, completions, responses, embeddings),
 * Anthropic or Gemini, whatever its role; without `everyRole` what the operator says of itself is left out. Fields that
 * are not known are read too.
 */
export function requestTexts(body: unknown, everyRole: boolean): RequestTexts {
  const reader = new Reader(everyRole);
  if (isHolder(body)) {
    for (const key of Object.keys(body)) {
      if (SERVICE.has(key) || (!everyRole && OWN_FIELDS.has(key))) continue;
      const aside = !TALK.has(key);
      reader.read({ holder: body, key, name: key, depth: 0, free: FREE.has(key) && aside, aside });
    }
  }
  return { texts: reader.texts, unread: [...reader.unread] };
}

/** What is said beside the messages, a tool or a document at a time. */
class Reader {
  readonly texts: RequestText[] = [];
  readonly unread = new Set<string>();
  readonly #everyRole: boolean;

  constructor(everyRole: boolean) {
    this.#everyRole = everyRole;
  }

  read(at: At): void {
    const value = at.holder[at.key];
    if (typeof value === 'string') this.#text(at, value);
    else if (at.depth > DEPTH) this.unread.add('nesting');
    else if (Array.isArray(value)) this.#list(at, value);
    else if (isHolder(value)) this.#object(at, value);
  }

  #text(at: At, text: string): void {
    const { name, free, holder, key } = at;
    if (text === '') return;
    if (LABELS.has(name) && !free && !at.aside) {
      if (!isLabel(text)) this.#add({ ...at, aside: true }, text);
      return;
    }
    const isPicture = PICTURES.test(name) && !free;
    if (isDataUrl(text)) this.#bytes(isPicture ? name : 'data', decodedText(text));
    if (isPicture) {
      this.unread.add(name);
      if (!/^https?:/i.test(text)) return;
    }
    if (ELSEWHERE.has(name) && !free) {
      this.unread.add(name);
      if (!/^https?:/i.test(text)) return;
    }
    this.#add(at, text, (next) => {
      holder[key] = next;
    });
  }

  #add(at: At, text: string, set?: (text: string) => void): void {
    const aside = at.aside || (ASIDE.has(at.name) && !at.free);
    const fixed = set === undefined;
    this.texts.push({
      text,
      set: set ?? (() => undefined),
      ...(fixed && { fixed }),
      ...(aside && { aside }),
    });
  }

  #bytes(name: string, text: string | null): void {
    if (text === null) this.unread.add(name);
    else if (text !== '') this.texts.push({ text, set: () => undefined, fixed: true });
  }

  #list(at: At, list: unknown[]): void {
    // A prompt in tokens.
    if (list.some((each) => typeof each === 'number') && at.depth <= 1 && !at.aside) this.unread.add(at.name);
    let before = false;
    for (const [key, each] of list.entries()) {
      const isTalk = at.depth === 0 && !at.aside && isHolder(each);
      if (isTalk && !this.#everyRole && OWN_ROLES.has(each.role)) continue;
      const first = this.texts.length;
      const unread = this.unread.size;
      this.read({ ...at, holder: list as unknown as Holder, key, depth: at.depth + 1 });
      if (!JOINED.has(at.name) || at.free) continue;
      const added = this.texts.slice(first).filter(({ aside }) => !aside);
      const own = wordsOf(each);
      const words = added.find(({ text }) => text === own);
      // What stands in a part beside its words does not come between two parts.
      if (words) for (const other of added) if (other !== words) other.aside = true;
      if (words && before) words.joined = true;
      const isNothing = added.length === 0 && this.unread.size === unread;
      before = words !== undefined || (before && isNothing);
    }
  }

  #object(at: At, value: Holder): void {
    const isPicture = typeof value.type === 'string' && PICTURES.test(value.type);
    const own = isPicture && !at.free ? String(value.type) : at.name;
    const media = at.free ? null : mediaOf(value);
    if (media) this.#bytes(own, decodedText(media.data, media.type));
    if (!at.free && isElsewhere(at.name, value)) this.unread.add(own);
    const names = at.free || NAMED.has(at.name) ? Object.keys(value).join('\n') : '';
    if (names !== '') this.#add({ ...at, aside: true }, names);
    for (const name of Object.keys(value)) {
      if (name === media?.key || (!at.free && SKIPPED.has(name))) continue;
      const free = at.free || (FREE.has(name) && !Array.isArray(value[name]));
      // The address of a picture is the picture's, whatever the field is called.
      const known = name === 'url' || name === 'source' ? own : name;
      this.read({ ...at, holder: value, key: name, name: known, depth: at.depth + 1, free });
    }
  }
}

/** A thing that is only named here: a stored prompt, a former answer, a file behind an address. */
const isElsewhere = (name: string, { type, id, source, data }: Holder): boolean =>
  type === 'item_reference' ||
  (isHolder(data) && (data.type === 'url' || data.type === 'reference')) ||
  (type === 'document' && isHolder(source) && source.type === 'url') ||
  ((name === 'prompt' || name === 'audio' || ELSEWHERE.has(name)) && typeof id === 'string');

/** The words of a part, if that is what it is. */
function wordsOf(part: unknown): string | undefined {
  if (typeof part === 'string') return part;
  return isHolder(part) && typeof part.text === 'string' ? part.text : undefined;
}
