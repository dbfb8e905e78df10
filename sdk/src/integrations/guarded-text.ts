import type { Decision } from '../decision.ts';
import { breakAfter, VERDICTS } from '../effects.ts';
import { JsonStream } from '../json-stream.ts';
import { type Context, type Enforcer, STOPPED } from './exchange.ts';

/** So many characters at a time are read as JSON: what is held back of it begins where one of these does. */
const PART = 256;
/** How much may wait behind strings until they count as over: twice as much each time, for what follows is read anew. */
const MOST_WAITING = 8_192;

/**
 * One text that goes through a guard piece by piece; `onText` gets what may be shown, in order. Where it holds JSON,
 * its strings are judged as their reader reads them, as in a whole answer, and it is held back until they may be shown.
 */
export class GuardedText {
  readonly #guard: Enforcer;
  readonly #context: Context;
  readonly #onText: (text: string) => void;
  readonly #outer: Passage;
  readonly #json = new JsonStream();
  /** The strings of the text, of JSON in those, and so on, by depth. */
  readonly #levels = new Map<number, Level>();
  /** What was decided of strings that are over. */
  readonly #inside: Decision[] = [];
  /** A string is to be replaced: nothing is shown any more, but what is shown instead. */
  #isReplaced = false;
  /** What the text's own guard let go of and the strings have not, and where in the text that begins. */
  #held = '';
  #from = 0;
  #patience = PART;
  /** Pieces that are still being read. */
  #waiting = 0;
  #reading: Promise<void> = Promise.resolve();
  #shown = '';
  #stopped: Decision | undefined;

  constructor(guard: Enforcer, given: Context, onText: (text: string) => void) {
    // The text and its strings fall alike in a rollout.
    const context = { ...given, id: given.id ?? crypto.randomUUID() };
    this.#guard = guard;
    this.#context = context;
    this.#onText = onText;
    this.#outer = new Passage(guard, context, (text) => {
      const isApart = this.#waiting === 0 && this.#held === '' && !this.#json.isOpen;
      if (isApart && this.#levels.size === 0 && !text.includes('"')) {
        this.#json.take(text);
        this.#from += text.length;
        this.#pass(text);
        return;
      }
      this.#waiting++;
      this.#reading = this.#reading.then(() => this.#read(text)).finally(() => this.#waiting--);
      // Whoever writes hears of a fault.
      this.#reading.catch(() => undefined);
    });
  }

  /** Takes the next piece; answers the decision once the text has been stopped. */
  async write(piece: string): Promise<Decision | undefined> {
    if (this.#stopped) return this.#stopped;
    const decision = await this.#outer.write(piece);
    await this.#reading;
    if (decision) this.#stop(decision);
    return this.#stopped;
  }

  /** Lets go of what was held back; everything that may be shown has been when this resolves. */
  async end(): Promise<Decision> {
    await this.#reading;
    if (this.#stopped) return this.#stopped;
    const decision = await this.#outer.end();
    await this.#reading;
    if (decision.verdict === 'block') this.#stop(decision);
    if (this.#stopped) return this.#stopped;
    await this.#endStrings();
    if (this.#stopped) return this.#stopped;
    const result = strongest([decision, ...this.#inside]);
    const isInside = this.#isReplaced || result.verdict !== decision.verdict;
    this.#pass(this.#held);
    this.#held = '';
    const words = result.verdict === 'replace' ? result.text : result.message;
    if (isInside && words !== undefined) this.#show(breakAfter(this.#shown) + words);
    return result;
  }

  /** Nobody waits for it any more: what was held back is dropped, and the decision is of what had come. */
  cancel(reason?: unknown): void {
    void this.#outer.cancel(reason);
    for (const { passage } of this.#levels.values()) void passage.cancel(reason);
  }

  #pass(text: string): void {
    if (!this.#isReplaced) this.#show(text);
  }

  #show(text: string): void {
    if (text === '') return;
    this.#shown = text;
    this.#onText(text);
  }

  async #read(text: string): Promise<void> {
    for (let at = 0; at < text.length && !this.#stopped; ) {
      let end = at + PART;
      if (/[\ud800-\udbff]/.test(text.charAt(end - 1))) end++;
      const part = text.slice(at, end);
      at = end;
      const from = this.#from + this.#held.length;
      this.#held += part;
      for (const [depth, added] of this.#json.take(part).entries()) {
        if (added === '' || this.#stopped) continue;
        const level = this.#levels.get(depth) ?? new Level(this.#guard, this.#context);
        this.#levels.set(depth, level);
        const decision = await level.write(added, from);
        if (decision) this.#stop(decision);
      }
      // Words that follow a string do not wait for the next one.
      if (!this.#json.isOpen && this.#held.length > this.#patience) {
        await this.#endStrings();
        this.#patience = Math.min(MOST_WAITING, this.#patience * 2);
      }
      if (this.#stopped) return;
      const safe = Math.min(...[...this.#levels.values()].map((level) => level.safe)) - this.#from;
      const out = this.#held.slice(0, Math.min(safe, this.#held.length));
      this.#held = this.#held.slice(out.length);
      this.#from += out.length;
      this.#pass(out);
    }
  }

  async #endStrings(): Promise<void> {
    const levels = [...this.#levels.values()];
    this.#levels.clear();
    for (const { passage } of levels) {
      const decision = asStopped(await passage.end());
      if (decision.verdict === 'block') this.#stop(decision);
      else this.#inside.push(decision);
      this.#isReplaced ||= decision.verdict === 'replace';
    }
  }

  #stop(decision: Decision): void {
    if (this.#stopped) return;
    this.#stopped = decision;
    this.#held = '';
    this.cancel();
  }
}

/** The strings of one depth as one text, and where in the text that holds them each piece of theirs begins. */
class Level {
  readonly passage: Passage;
  readonly #marks: { at: number; from: number }[] = [];
  #written = 0;
  #released = 0;
  /** What has been written and not been let go of. */
  #left = '';
  #isChanged = false;

  constructor(guard: Enforcer, context: Context) {
    this.passage = new Passage(guard, context, (text) => {
      this.#isChanged ||= !this.#left.startsWith(text);
      this.#left = this.#left.slice(text.length);
      this.#released += text.length;
    });
  }

  /** Up to here the text that holds these strings may be shown. */
  get safe(): number {
    if (this.#left === '') return Number.POSITIVE_INFINITY;
    while ((this.#marks[1]?.at ?? Number.POSITIVE_INFINITY) <= this.#released) this.#marks.shift();
    return this.#marks[0]?.from ?? 0;
  }

  async write(text: string, from: number): Promise<Decision | undefined> {
    this.#marks.push({ at: this.#written, from });
    this.#written += text.length;
    this.#left += text;
    const stopped = await this.passage.write(text);
    if (stopped) return stopped;
    return this.#isChanged ? asStopped(await this.passage.cancel()) : undefined;
  }
}

/** From a string of JSON nothing can be removed: what a rule would remove is stopped. */
function asStopped(decision: Decision): Decision {
  if (decision.verdict !== 'redact') return decision;
  const { text: _, ...rest } = decision;
  return { ...rest, verdict: 'block', message: STOPPED };
}

/** What several readings of one text come to: the strongest verdict, and every rule that hit one. */
function strongest(decisions: readonly [Decision, ...Decision[]]): Decision {
  const place = ({ verdict }: Decision) => {
    const at = VERDICTS.findIndex(([, each]) => each === verdict);
    return at === -1 ? VERDICTS.length : at;
  };
  const [first] = [...decisions].sort((a, b) => place(a) - place(b));
  const rules = new Map(decisions.flatMap((each) => each.rules.map((rule) => [rule.id, rule])));
  return { ...(first ?? decisions[0]), rules: [...rules.values()] };
}

/** One text as it stands, piece by piece; `onText` gets what may be shown of it, in order. */
class Passage {
  readonly #writer: WritableStreamDefaultWriter<string>;
  readonly #reading: Promise<void>;
  readonly #decision: Promise<Decision>;
  #stopped: Decision | undefined;
  #isCancelled = false;

  constructor(guard: Enforcer, context: Context, onText: (text: string) => void) {
    const stream = guard.stream(context);
    this.#writer = stream.writable.getWriter();
    this.#decision = stream.decision.then((decision) => {
      if (decision.verdict === 'block') this.#stopped = decision;
      return decision;
    });
    this.#reading = read(stream.readable, onText);
    // Whoever writes hears of a fault; nobody has to listen twice.
    this.#reading.catch(() => undefined);
    this.#decision.catch(() => undefined);
    this.#writer.closed.catch(() => undefined);
  }

  /** Takes the next piece; answers the decision once the text has been stopped. */
  async write(piece: string): Promise<Decision | undefined> {
    if (!this.#stopped) await this.#writer.write(piece).catch((error) => this.#unlessStopped(error));
    return this.#stopped;
  }

  /** Lets go of what was held back; everything that may be shown has been when this resolves. */
  async end(): Promise<Decision> {
    if (!this.#stopped) await this.#writer.close().catch((error) => this.#unlessStopped(error));
    await this.#reading;
    return this.#decision;
  }

  /** Nobody waits for it any more: what was held back is dropped, and the decision is of what had come. */
  cancel(reason?: unknown): Promise<Decision> {
    this.#isCancelled = true;
    this.#writer.abort(reason).catch(() => undefined);
    return this.#decision;
  }

  // A stream that a rule has stopped refuses what is written after it.
  async #unlessStopped(error: unknown): Promise<void> {
    const decision = await this.#decision;
    if (decision.verdict !== 'block' && !this.#isCancelled) throw error;
  }
}

async function read(readable: ReadableStream<string>, onText: (text: string) => void): Promise<void> {
  const reader = readable.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) onText(next.value);
}
