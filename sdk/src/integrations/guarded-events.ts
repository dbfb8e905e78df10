import { LEVELS_MAX, nestsDeeper } from '../nesting.ts';
import { isInScope, shapesOf } from '../scope-shape.ts';
import { answerTexts } from './answer-texts.ts';
import { CallBook } from './call-book.ts';
import { decideAnswer } from './decide-answer.ts';
import { eventLike, settleLogprobs, withoutCalls, withoutUnit } from './event-edit.ts';
import { type EventTexts, eventTexts, type Slot } from './event-texts.ts';
import { type Context, decideText, type Enforcer, STOPPED, stopsToolCall } from './exchange.ts';
import { Lane } from './lane.ts';
import { isFields } from './openai-answer.ts';
import { isSpoken, Spoken } from './spoken.ts';
import { type SseBlock, withData } from './sse-blocks.ts';
import { stopEvents } from './stop-events.ts';
import type { Holder } from './text-places.ts';

/** One event that goes out when its calls are whole; `block` is how it came, none where it is of our making. */
interface Item {
  block: SseBlock | null;
  value: Holder;
  found: EventTexts | null;
  changed: boolean;
}
type Step = Item | { stop: string; words: string };

const LANES = 1_000;

/**
 * Events of a streamed answer, each text through a guard of its own, in the order they came: as they came where no rule
 * acts. Calls of tools, and what comes after them, wait until they are whole; comments and heartbeats never wait.
 */
export class GuardedEvents {
  readonly #guard: Enforcer;
  readonly #context: Context;
  readonly #candidates: number;
  readonly #emit: (text: string) => void;
  readonly #lanes = new Map<string, Lane>();
  /** What stands beside the words, by its place: looked at, never held back. */
  readonly #beside = new Map<string, { lane: Lane; last: string }>();
  readonly #calls = new Map<string, { unit: string; book: CallBook }>();
  /** Texts and inputs that were judged, and what may be served of them. */
  readonly #judged = new Map<string, string>();
  readonly #queue: Step[] = [];
  readonly #said = new Spoken();
  readonly #units = new Map<string, 'open' | 'over' | 'stopped'>();
  /** The last event that said something, and what has gone out: blocks of Anthropic's, numbers of OpenAI's responses. */
  #last: Holder = {};
  /** Its choices as they came: a stopped one is taken out. */
  #form: Holder = {};
  #response: unknown;
  #openBlock: number | undefined;
  #outputs = 0;
  #sequence = -1;
  #shift = 0;

  constructor(guard: Enforcer, context: Context, candidates: number, emit: (text: string) => void) {
    this.#guard = guard;
    this.#context = context;
    this.#candidates = candidates;
    this.#emit = emit;
  }

  /** Whether a rule stopped an answer and every other is over too: what the service goes on to say is for nobody. */
  get isCutShort(): boolean {
    const states = [...this.#units.values()];
    const areAll = this.#isOne || states.length >= this.#candidates;
    return areAll && states.includes('stopped') && !states.includes('open');
  }

  /** The last word of a contract that has one. */
  finish(): void {
    if ('choices' in this.#last) this.#emit('data: [DONE]\n\n');
  }

  cancel(reason: unknown): void {
    for (const lane of this.#lanes.values()) lane.cancel(reason);
    for (const { lane } of this.#beside.values()) lane.cancel(reason);
  }

  async take(block: SseBlock): Promise<void> {
    const data = block.data?.trim() ?? '';
    if (data === '') return this.#emit(block.raw);
    if (data === '[DONE]') {
      await this.end();
      return this.#emit(block.raw);
    }
    const value = parsed(data);
    if (isFields(value)) return this.#event(block, value);
    // Several events without an empty line between them: clients that read line by line see each.
    const lines = data.split('\n').filter((line) => line.trim() !== '');
    if (lines.length > 1 && lines.every((line) => line.trim() === '[DONE]' || isFields(parsed(line)))) {
      for (const line of lines) await this.take({ ...block, raw: `data: ${line}\n\n`, data: line });
      return;
    }
    if (block.event === 'error') await this.end();
    // A heartbeat in words, or an error of something on the way.
    if (typeof value === 'object' && value !== null) return;
    if ((await this.#trouble('raw', data, '')) === null && !this.#isStopped('')) this.#emit(block.raw);
  }

  /** A stream that ends, or breaks off, still lets go of what was held back. */
  async end(): Promise<void> {
    await this.#endLanes(() => true);
    this.#endCalls(() => true);
    await this.#endBeside(() => true);
    this.#release();
  }

  get #isOne(): boolean {
    return this.#units.has('');
  }

  #isStopped(unit: string): boolean {
    return this.#units.get(unit) === 'stopped';
  }

  async #event(block: SseBlock, value: Holder): Promise<void> {
    if (this.#isStopped('')) return;
    const found = eventTexts(value);
    if (found.isError) await this.end();
    const item: Item = { block, value, found, changed: false };
    if (isFields(value.response)) this.#response = value.response;
    if (found.slots.length + found.calls.length + found.over.length > 0 || !this.#isOne) {
      this.#last = value;
      this.#form = Array.isArray(value.choices) ? { choices: value.choices } : {};
    }
    for (const unit of [...[...found.slots, ...found.calls].map((each) => each.unit), ...found.over]) {
      if (!this.#units.has(unit)) this.#units.set(unit, 'open');
    }
    for (const aside of found.asides) await this.#aside(item, aside);
    for (const slot of found.slots) await this.#say(item, slot);
    for (const { unit, key, call, place } of found.calls) {
      if (this.#isStopped(unit)) continue;
      const entry = this.#calls.get(key) ?? { unit, book: new CallBook() };
      this.#calls.set(key, entry);
      entry.book.add(call, place);
    }
    const isEnded = (key: string) => found.ends.some((start) => key.startsWith(start));
    const isOver = (unit: string) => found.over.includes(unit);
    await this.#endLanes(({ unit }, key) => isOver(unit) || isEnded(key), item);
    await this.#endBeside(({ unit }) => isOver(unit));
    this.#endCalls(({ unit }, key) => isOver(unit) || isEnded(key));
    for (const each of found.wholes) this.#whole(item, each);
    item.changed = settleLogprobs(value, found, item.changed) || item.changed;
    const stopped = [...this.#units].flatMap(([unit, state]) => (state === 'stopped' ? [unit] : []));
    if (stopped.every((unit) => this.#removed(item, unit))) this.#queue.push(item);
    for (const unit of found.over) if (!this.#isStopped(unit)) this.#units.set(unit, 'over');
    this.#release();
  }

  /** A piece of a text goes into its lane; what may be shown by now takes its place. */
  async #say(item: Item, slot: Slot): Promise<void> {
    if (slot.text === '' || this.#isStopped(slot.unit)) return;
    const lane = this.#lane(slot.lane, slot.unit);
    lane.form = item.value;
    const stopped = await lane.write(slot.text);
    if (stopped) {
      await this.#sayRest(slot.lane, lane);
      return this.#stop(slot.unit, stopped.message);
    }
    const text = lane.take();
    const words = await this.#show(slot.unit, slot.lane, text);
    if (words !== null) return this.#stop(slot.unit, words);
    this.#set(item, slot, text);
  }

  #set(item: Item, slot: Slot, text: string): void {
    if (text === slot.text) return;
    item.changed = true;
    slot.text = text;
    slot.set(text);
  }

  /** Words that are about to go out: null where no rule hits them behind those before, else what is said instead. */
  async #show(unit: string, lane: string, text: string): Promise<string | null> {
    const joined = this.#said.add(unit, lane, text);
    return joined === '' ? null : this.#trouble(`said ${unit}`, joined, unit, true);
  }

  #lane(key: string, unit: string): Lane {
    const name = this.#lanes.has(key) || this.#lanes.size < LANES ? key : 'more';
    const known = this.#lanes.get(name);
    if (known) return known;
    const lane = new Lane(this.#guard, this.#context, unit);
    this.#lanes.set(name, lane);
    return lane;
  }

  async #endLanes(which: (lane: Lane, key: string) => boolean, item?: Item): Promise<void> {
    for (const [key, lane] of [...this.#lanes]) {
      if (!which(lane, key)) continue;
      this.#lanes.delete(key);
      const decision = await lane.end();
      this.#judged.set(lane.written, lane.served);
      if (this.#isStopped(lane.unit)) continue;
      const last = item?.found?.slots.findLast((slot) => slot.lane === key);
      const isBlocked = decision.verdict === 'block';
      // What was held back goes out with the event that ends it, or with one more like those before.
      if (item && last && !isBlocked) {
        const rest = lane.take();
        const words = await this.#show(lane.unit, key, rest);
        if (words === null) this.#set(item, last, last.text + rest);
        else this.#stop(lane.unit, words);
      } else await this.#sayRest(key, lane);
      if (isBlocked) this.#stop(lane.unit, decision.message);
    }
  }

  async #sayRest(key: string, lane: Lane): Promise<void> {
    const text = lane.take();
    if (text === '') return;
    const words = await this.#show(lane.unit, key, text);
    if (words !== null) return this.#stop(lane.unit, words);
    const value = eventLike(lane.form, lane.unit, key, text);
    this.#queue.push({ block: null, value, found: null, changed: true });
  }

  /** What stands beside the words is looked at before it goes; where a rule acts, its field does not go. */
  async #aside(item: Item, { path, text, unit, drop }: EventTexts['asides'][number]): Promise<void> {
    if (this.#isStopped(unit)) return;
    const words = await this.#trouble(path, text, unit);
    if (words === null) return;
    if (unit !== '') return this.#stop(unit, words);
    drop();
    item.changed = true;
  }

  /** Looks at what is not held back: null where it may go, else what is said in its place. */
  async #trouble(path: string, text: string, unit: string, isPiece = false): Promise<string | null> {
    const name = this.#beside.has(path) || this.#beside.size < LANES ? path : 'more';
    let beside = this.#beside.get(name);
    if (!beside) {
      beside = { lane: new Lane(this.#guard, this.#context, unit), last: '' };
      this.#beside.set(name, beside);
    }
    // Services say some things again with every event.
    if (!isPiece && beside.last === text) return null;
    beside.last = text;
    const stopped = await beside.lane.write(text);
    if (stopped !== undefined || !beside.lane.isAsCame) return stopped?.message ?? STOPPED;
    if (isPiece) return null;
    // Nothing is held back here, so a match at its very end would be known only when it is out.
    const decision = decideText(this.#guard, this.#context, text);
    return stopsToolCall(decision) ? (decision.message ?? STOPPED) : null;
  }

  async #endBeside(which: (lane: Lane) => boolean): Promise<void> {
    for (const [path, { lane }] of [...this.#beside]) {
      if (!which(lane)) continue;
      this.#beside.delete(path);
      const decision = await lane.end();
      if (lane.unit !== '' && stopsToolCall(decision)) this.#stop(lane.unit, decision.message);
    }
  }

  #endCalls(which: (call: { unit: string }, key: string) => boolean): void {
    for (const [key, call] of [...this.#calls]) {
      if (!which(call, key)) continue;
      this.#calls.delete(key);
      const { unit, book } = call;
      const inputs = book.inputs();
      const outcome = decideAnswer(this.#guard, this.#context, [], inputs);
      for (const { input } of inputs) this.#judged.set(input, input);
      if (outcome.blocked) this.#stop(unit, outcome.message, key);
      else if (book.isAmbiguous && this.#hasRules()) this.#stop(unit, STOPPED, key);
    }
  }

  /** Whether a rule could act on this answer at all. */
  #hasRules(): boolean {
    if (!this.#guard.ruleset) return true;
    const shapes = shapesOf({ ...this.#context, completion: ' ' });
    const rules = this.#guard.ruleset()?.snapshot.rules ?? [];
    return rules.some((rule) => rule.mode === 'enforce' && isInScope(rule, shapes));
  }

  /** A text or a call said as a whole: what has come in pieces is as it was judged then. */
  #whole(item: Item, { unit, value, commit }: EventTexts['wholes'][number]): void {
    if (this.#isStopped(unit)) return;
    const { texts, calls } = answerTexts(value);
    const fresh = texts.filter(({ text }) => !this.#judged.has(text));
    const freshCalls = calls.filter(({ input }) => !this.#judged.has(input));
    const outcome = decideAnswer(this.#guard, this.#context, fresh, freshCalls);
    if (outcome.blocked) {
      this.#stop(unit, outcome.message);
      return;
    }
    fresh.forEach(({ text }, index) => {
      this.#judged.set(text, outcome.texts[index] ?? text);
    });
    for (const { input } of calls) this.#judged.set(input, input);
    for (const place of texts) {
      const served = this.#judged.get(place.text) ?? place.text;
      if (served === place.text) continue;
      place.set(served);
      item.changed = true;
    }
    const [spoken] = isSpoken(unit, value) ? fresh : [];
    if (spoken) this.#said.note(unit, spoken.text);
    commit();
  }

  /** Ends an answer with a rule's words; its calls, and what the service goes on to say of it, do not go out. */
  #stop(unit: string, words = STOPPED, call?: string): void {
    if (this.#isStopped(unit)) return;
    this.#units.set(unit, 'stopped');
    const keys = new Set([...this.#calls].flatMap(([key, each]) => (each.unit === unit ? [key] : [])));
    for (const key of keys) this.#calls.delete(key);
    if (call !== undefined) keys.add(call);
    const kept = this.#queue
      .splice(0)
      .filter((step) => 'stop' in step || this.#withoutCalls(step, unit, keys));
    for (const step of kept) this.#queue.push(step);
    this.#queue.push({ stop: unit, words });
  }

  #withoutCalls(item: Item, unit: string, keys: ReadonlySet<string>): boolean {
    if (!item.found?.calls.some(({ key }) => keys.has(key))) return true;
    item.changed = true;
    return withoutCalls(item.value, item.found, unit);
  }

  /** Takes a stopped answer out of an event; whether something is left of it. */
  #removed(item: Item, unit: string): boolean {
    const before = JSON.stringify(item.value);
    const isLeft = withoutUnit(item.value, unit);
    item.changed ||= JSON.stringify(item.value) !== before;
    return isLeft;
  }

  /** Everything goes out up to the first event whose calls are not whole yet. */
  #release(): void {
    let sent = 0;
    for (const step of this.#queue) {
      if (!('stop' in step) && step.found?.calls.some(({ key }) => this.#calls.has(key))) break;
      sent++;
      if (!('stop' in step)) this.#send(step);
      else {
        const at = {
          openBlock: this.#openBlock,
          sequence: this.#sequence,
          output: this.#outputs,
          before: this.#said.last(step.stop),
          like: { response: this.#response, ...this.#last, ...this.#form },
          unit: step.stop,
        };
        for (const value of stopEvents(at, step.words)) {
          this.#send({ block: null, value, found: null, changed: true });
        }
      }
    }
    // At once: taken one by one, each would move all that wait behind it.
    if (sent > 0) this.#queue.splice(0, sent);
  }

  #send({ block, value, changed }: Item): void {
    let isChanged = changed;
    if (value.type === 'content_block_start') this.#openBlock = Number(value.index ?? 0);
    if (value.type === 'content_block_stop') this.#openBlock = undefined;
    if (typeof value.output_index === 'number')
      this.#outputs = Math.max(this.#outputs, value.output_index + 1);
    if (typeof value.sequence_number === 'number') {
      if (block === null) this.#shift++;
      isChanged ||= this.#shift > 0;
      value.sequence_number = block === null ? this.#sequence + 1 : value.sequence_number + this.#shift;
      this.#sequence = Number(value.sequence_number);
    }
    if (block && !isChanged) this.#emit(block.raw);
    else if (block) this.#emit(withData(block, JSON.stringify(value)));
    else {
      const name = typeof value.type === 'string' ? `event: ${value.type}\n` : '';
      this.#emit(`${name}data: ${JSON.stringify(value)}\n\n`);
    }
  }
}

function parsed(data: string): unknown {
  // Nobody can check it, so it does not go out.
  if (nestsDeeper(data, LEVELS_MAX)) return [];
  try {
    return JSON.parse(data);
  } catch {
    return data;
  }
}
