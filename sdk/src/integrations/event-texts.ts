import { isCall, isLabel, isWords } from './answer-texts.ts';
import { callPieces } from './call-book.ts';
import { STOPPED } from './exchange.ts';
import { type Holder, isHolder } from './text-places.ts';

/** A piece of a text that goes on in later events. */
export interface Slot {
  /** The answer it belongs to: one of several choices, or all there is. */
  unit: string;
  /** Pieces of one lane are one text. */
  lane: string;
  text: string;
  set(text: string): void;
}

/** What one event of a stream says. */
export interface EventTexts {
  slots: Slot[];
  /** Pieces of calls; `key` is what they wait for until they are whole. */
  calls: { unit: string; key: string; call: Holder; place: number | string }[];
  /** Words beside the answer, whole with the event or in pieces; `drop` takes what holds them out of the event. */
  asides: { unit: string; path: string; text: string; drop(): void }[];
  /** Whole texts and calls, said again or for the first time. */
  wholes: { unit: string; value: unknown; commit(): void }[];
  /** Lanes and calls that are over with this event, by the beginning of their names. */
  ends: string[];
  /** Answers that are over with this event. */
  over: string[];
  /** The service breaks off. */
  isError: boolean;
}

const ALL = '';
const END_OF_ALL = /^(message_stop|response\.(completed|incomplete|failed|cancelled))$/;

const nothing = (): EventTexts => ({
  slots: [],
  calls: [],
  asides: [],
  wholes: [],
  ends: [],
  over: [],
  isError: false,
});

/** Reads one event in the form of OpenAI's chat, completions and responses, of Anthropic's messages, or of Gemini. */
export function eventTexts(value: Holder): EventTexts {
  const found = nothing();
  const { choices, candidates, type } = value;
  const rest = (but: readonly string[]) => {
    for (const field of Object.keys(value)) {
      if (!but.includes(field)) asides(found, ALL, field, value[field], () => delete value[field], 0);
    }
  };
  if (Array.isArray(choices) || (type === undefined && 'choices' in value)) {
    for (const choice of Array.isArray(choices) ? choices.filter(isHolder) : []) readChoice(found, choice);
    rest(['choices', 'error']);
  } else if (Array.isArray(candidates)) {
    for (const candidate of candidates.filter(isHolder)) readCandidate(found, candidate);
    rest(['candidates', 'error']);
  } else if (typeof type === 'string') readTyped(found, type, value);
  else rest(['error']);
  if (isHolder(value.error) || typeof value.error === 'string' || type === 'error') {
    found.isError = true;
    // Clients must still learn that it broke off.
    const drop = () => {
      value.error = { message: STOPPED, code: 'content_filter' };
    };
    asides(found, ALL, 'error', value.error, drop, 0);
  }
  return found;
}

function readChoice(found: EventTexts, choice: Holder): void {
  const unit = `choice ${choice.index ?? 0} `;
  const delta = isHolder(choice.delta) ? choice.delta : {};
  for (const field of Object.keys(delta)) {
    if (field !== 'tool_calls' && field !== 'function_call')
      words(found, unit, `${unit}${field}`, delta, field, 0);
  }
  for (const piece of callPieces(delta)) found.calls.push({ unit, key: `${unit}calls`, ...piece });
  if (typeof choice.text === 'string') words(found, unit, `${unit}content`, choice, 'text', 0);
  for (const field of Object.keys(choice)) {
    if (field === 'message') whole(found, unit, choice, field);
    else if (!['delta', 'text', 'index', 'logprobs'].includes(field)) {
      asides(found, unit, `${unit}beside ${field}`, choice[field], () => delete choice[field], 0);
    }
  }
  if (typeof choice.finish_reason === 'string') found.over.push(unit);
}

function readCandidate(found: EventTexts, candidate: Holder): void {
  const unit = `candidate ${candidate.index ?? 0} `;
  const { content } = candidate;
  const parts = isHolder(content) && Array.isArray(content.parts) ? content.parts.filter(isHolder) : [];
  for (const part of parts) {
    const lane = `${unit}${part.thought === true ? 'thought' : 'text'}`;
    if (typeof part.text === 'string') words(found, unit, lane, part, 'text', 0);
    for (const field of Object.keys(part)) if (field !== 'text') whole(found, unit, part, field);
  }
  for (const field of Object.keys(candidate)) {
    if (field !== 'content' && field !== 'logprobsResult') {
      asides(found, unit, `${unit}beside ${field}`, candidate[field], () => delete candidate[field], 0);
    }
  }
  if (typeof candidate.finishReason === 'string') found.over.push(unit);
}

function readTyped(found: EventTexts, type: string, value: Holder): void {
  const unit = ALL;
  const { delta } = value;
  const at = value.item_id ?? value.output_index ?? value.index ?? '';
  const place = `${at} ${value.content_index ?? value.summary_index ?? ''}`;
  // Anthropic.
  if (type === 'content_block_delta' && isHolder(delta)) {
    if (typeof delta.partial_json === 'string') {
      found.calls.push({ unit, key: `${at} call`, call: { input: delta.partial_json, index: at }, place: 0 });
    } else for (const field of Object.keys(delta)) words(found, unit, `${at} ${field}`, delta, field, 0);
    return;
  }
  if (type === 'content_block_start' && isHolder(value.content_block)) {
    const block = value.content_block;
    if (isCall(block)) {
      const { input: _, ...named } = block;
      const hasInput = isHolder(block.input) && Object.keys(block.input).length > 0;
      const call = { ...(hasInput ? block : named), id: undefined, index: at };
      found.calls.push({ unit, key: `${at} call`, call, place: 0 });
    } else if (typeof block.text === 'string' || typeof block.thinking === 'string') {
      for (const field of Object.keys(block)) words(found, unit, `${at} ${field}`, block, field, 0);
    } else whole(found, unit, value, 'content_block');
    return;
  }
  if (type === 'content_block_stop') {
    found.ends.push(`${at} `);
    return;
  }
  // OpenAI's responses.
  const stem = type.replace(/\.(delta|done)$/, '');
  const lane = `${place} ${stem}`;
  if (type.endsWith('.delta') && typeof delta === 'string') {
    if (/_call|arguments|mcp/.test(stem)) {
      found.calls.push({ unit, key: lane, call: { input: delta, index: lane }, place: 0 });
    } else if (!stem.endsWith('.audio')) words(found, unit, lane, value, 'delta', 0);
    return;
  }
  if (stem !== type) found.ends.push(type === 'response.output_item.done' ? `${itemIn(value)} ` : lane);
  if (END_OF_ALL.test(type)) found.over.push(unit);
  for (const field of Object.keys(value))
    if (!isLabel(field) && field !== 'error') whole(found, unit, value, field);
}

const itemIn = ({ item, output_index: index }: Holder) => (isHolder(item) ? (item.id ?? index) : index);

function whole(found: EventTexts, unit: string, holder: Holder, field: string): void {
  if (isLabel(field)) return;
  const value = { [field]: holder[field] };
  found.wholes.push({
    unit,
    value: isHolder(holder[field]) ? holder[field] : value,
    commit: () => {
      holder[field] = value[field];
    },
  });
}

/** Texts under a field of a piece: what is called words goes through a lane, the rest is looked at beside it. */
function words(
  found: EventTexts,
  unit: string,
  lane: string,
  holder: Holder,
  key: string | number,
  depth: number,
): void {
  const value = holder[key];
  if (typeof key === 'string' && isLabel(key)) return;
  if (typeof value === 'string') {
    const set = (text: string) => {
      holder[key] = text;
    };
    found.slots.push({ unit, lane, text: value, set });
  } else if (isHolder(value) && depth < 32) {
    for (const name of Object.keys(value)) {
      const inner = Array.isArray(value) ? Number(name) : name;
      const isText = typeof inner === 'number' || isWords(inner);
      const under =
        typeof inner === 'number' || inner === 'text' || inner === 'content' ? lane : `${lane}.${inner}`;
      if (isText || isHolder(value[inner])) words(found, unit, under, value as Holder, inner, depth + 1);
      else asides(found, unit, `${lane}.${inner}`, value[inner], () => delete value[inner], depth + 1);
    }
  }
}

function asides(
  found: EventTexts,
  unit: string,
  path: string,
  value: unknown,
  drop: () => void,
  depth: number,
): void {
  if (isLabel(path.slice(Math.max(path.lastIndexOf('.'), path.lastIndexOf(' ')) + 1))) return;
  if (typeof value === 'string') {
    if (value !== '') found.asides.push({ unit, path, text: value, drop });
  } else if (isHolder(value) && depth < 32) {
    for (const name of Object.keys(value))
      asides(found, unit, `${path}.${name}`, value[name], drop, depth + 1);
  }
}
