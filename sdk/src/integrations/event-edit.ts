import { type EventTexts, eventTexts } from './event-texts.ts';
import { isFields } from './openai-answer.ts';
import { type Holder, isHolder } from './text-places.ts';

const answersOf = (value: Holder): Holder[] =>
  [value.choices, value.candidates].flatMap((list) => (Array.isArray(list) ? list.filter(isHolder) : []));

const unitOf = (answer: Holder, value: Holder): string =>
  `${Array.isArray(value.choices) ? 'choice' : 'candidate'} ${answer.index ?? 0} `;

/** Takes an answer out of an event; whether there is still something in it to tell. */
export function withoutUnit(value: Holder, unit: string): boolean {
  for (const name of ['choices', 'candidates']) {
    const list = value[name];
    if (!Array.isArray(list)) continue;
    const kept = list.filter((each) => isHolder(each) && unitOf(each, value) !== unit);
    if (kept.length === list.length) return true;
    value[name] = kept;
    return kept.length > 0 || isHolder(value.usage) || isHolder(value.usageMetadata);
  }
  return false;
}

/** Takes the calls of tools out of an answer in an event; whether words are left in it. */
export function withoutCalls(value: Holder, found: EventTexts, unit: string): boolean {
  if (!found.slots.some((slot) => slot.unit === unit && slot.text !== '')) return withoutUnit(value, unit);
  for (const answer of answersOf(value)) {
    if (unitOf(answer, value) !== unit || !isHolder(answer.delta)) continue;
    delete answer.delta.tool_calls;
    delete answer.delta.function_call;
  }
  return true;
}

/** An event in the form of another that says only `text`, in the lane of so many. */
export function eventLike(form: Holder, unit: string, lane: string, text: string): Holder {
  const value = structuredClone(form);
  for (const other of new Set(answersOf(value).map((answer) => unitOf(answer, value)))) {
    if (other !== unit) withoutUnit(value, other);
  }
  const { slots } = eventTexts(value);
  const last = slots.findLast((slot) => slot.lane === lane);
  for (const slot of slots) slot.set(slot === last ? text : '');
  delete value.usage;
  for (const answer of answersOf(value)) {
    if ('finish_reason' in answer) answer.finish_reason = null;
    delete answer.finishReason;
    if ('logprobs' in answer) answer.logprobs = null;
    if (isHolder(answer.delta))
      for (const name of ['role', 'tool_calls', 'function_call']) delete answer.delta[name];
    const { content } = answer;
    if (!isHolder(content) || !Array.isArray(content.parts)) continue;
    content.parts = content.parts.filter((part) => isHolder(part) && part.text === text);
  }
  return value;
}

/** Log probabilities spell out what was said: they go with it only where it goes as it came. */
export function settleLogprobs(value: Holder, found: EventTexts, changed: boolean): boolean {
  let dropped = false;
  for (const answer of answersOf(value)) {
    const { logprobs } = answer;
    if (!isHolder(logprobs)) continue;
    const slots = found.slots.filter(({ unit }) => unit === unitOf(answer, value));
    const said = slots.map(({ text }) => text);
    const spelled = ['content', 'refusal', 'tokens'].flatMap((name) => tokensIn(logprobs[name])).join('');
    if (!changed && (spelled === '' || said.includes(spelled))) continue;
    answer.logprobs = null;
    dropped = true;
  }
  return dropped;
}

const tokensIn = (list: unknown): string[] =>
  Array.isArray(list)
    ? list.map((each) => (typeof each === 'string' ? each : isFields(each) ? String(each.token ?? '') : ''))
    : [];
