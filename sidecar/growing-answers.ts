import { type Decision, type DecisionRequest, type Hit, resolve } from '#sdk/decision';
import { findHits } from '#sdk/engine';
import type { Guard } from '#sdk/guard';
import { type Context, servedText } from '#sdk/integrations/exchange';
import { jsonReadings } from '#sdk/json-text';
import { reachOf } from './reach.ts';

/** What to do with an answer that may go on: the text to show for what is there, and how much of its end to hold. */
export interface Judged {
  decision: Decision;
  /** As if the answer ended here; what lies before the last `hold` characters will not change. */
  text: string;
  /** UTF-16 code units at the end of `text` that later text may still change. */
  hold: number;
  /** Some of it was judged before, so its beginning may have been shown already. */
  begun: boolean;
}

interface Answer {
  text: string;
  /** No rule of ruleset `seq` had hit the text so far, so only what is new has to be read by it. */
  clean: boolean;
  seq: number;
  /** The decision that was counted, once a rule had hit. */
  counted: boolean;
  characters: number;
}

const LIMIT = { answers: 10_000, characters: 64 * 1024 * 1024, ms: 600_000 };
/** What `^`, `\b` and half a surrogate pair look at before a match begins. */
const CONTEXT = 2;

/**
 * Answers that come again and again, each time longer, with nothing that says which is the last. Every answer counts
 * as one decision, and as a second one when a rule hits it later. Remembers a bounded number of them.
 */
export class GrowingAnswers {
  readonly #guard: Pick<Guard, 'decide' | 'ruleset' | 'status'>;
  readonly #findHits: typeof findHits;
  readonly #answers = new Map<string, Answer & { at: number }>();
  #characters = 0;

  constructor(guard: Pick<Guard, 'decide' | 'ruleset' | 'status'>, find = findHits) {
    this.#guard = guard;
    this.#findHits = find;
  }

  get size(): number {
    return this.#answers.size;
  }

  /**
   * Judges what is there of answer `key`. With `repeatsLast` the caller shows the whole answer a second time at its
   * end; then a hit that the next character could undo waits for it, and is held back meanwhile.
   */
  judge(key: string | null, identity: Context, text: string, repeatsLast: boolean): Judged {
    const before = key === null ? undefined : this.#answers.get(key);
    const grows = before !== undefined && text.length > before.text.length && text.startsWith(before.text);
    const known = grows || before?.text === text ? before : undefined;
    const reach = reachOf(this.#guard.ruleset()?.snapshot.rules ?? [], identity);
    const request = { ...identity, completion: text };
    const json = jsonReadings(text).texts.length > 0;

    const seq = this.#seq;
    const answer = { text, clean: true, seq, counted: known?.counted ?? false };
    const count = () => {
      answer.counted = true;
      return this.#guard.decide(request, { json });
    };
    let decision: Decision;
    if (!known) {
      decision = this.#guard.decide(request, { json });
      answer.clean = decision.rules.length === 0;
      answer.counted = !answer.clean;
    } else if (
      known.clean &&
      known.seq === seq &&
      // What a string of JSON says is told from its beginning only.
      !json &&
      this.#find({ ...identity, completion: tail(text, known.text.length - reach.read) }).length === 0
    ) {
      decision = { verdict: 'allow', rules: [], seq };
    } else {
      const hits = this.#find(request, json);
      answer.clean = hits.length === 0;
      const certain = repeatsLast && grows ? hits.filter((hit) => isCertain(hit, text, reach.hold)) : hits;
      decision = resolve(certain, request, seq);
      if (certain.length > 0 && !answer.counted) {
        const counted = count();
        if (certain.length === hits.length) decision = counted;
      }
    }
    if (key !== null) this.#remember(key, answer);
    return { decision, begun: known !== undefined, ...this.#shown(decision, identity, text, reach.hold) };
  }

  get #seq(): number {
    return this.#guard.status().seq;
  }

  #find(request: DecisionRequest, json = false): Hit[] {
    const ruleset = this.#guard.ruleset();
    if (!ruleset) return [];
    const { compiled, now, demoted } = ruleset;
    return this.#findHits(compiled, request, now, { json, demoted });
  }

  /** What is shown of the text up to where no rule can begin any more stays as it is, whatever follows. */
  #shown(decision: Decision, identity: Context, text: string, hold: number): Pick<Judged, 'text' | 'hold'> {
    const served = servedText(decision, text);
    const settled = text.slice(0, Math.max(0, text.length - hold));
    if (served === text) return { text, hold: text.length - settled.length };
    if (decision.verdict === 'replace') return { text: served, hold: 0 };
    const request = { ...identity, completion: settled };
    const start = resolve(this.#find(request), request, this.#seq).text ?? settled;
    return { text: served, hold: served.length - commonPrefix(served, start) };
  }

  #remember(key: string, answer: Omit<Answer, 'characters'>): void {
    this.#forget(key);
    this.#answers.set(key, { ...answer, characters: answer.text.length, at: performance.now() });
    this.#characters += answer.text.length;
    const oldest = performance.now() - LIMIT.ms;
    for (const [other, { at }] of this.#answers) {
      const fits = this.#answers.size <= LIMIT.answers && this.#characters <= LIMIT.characters;
      if (fits && at > oldest) break;
      this.#forget(other);
    }
  }

  #forget(key: string): void {
    this.#characters -= this.#answers.get(key)?.characters ?? 0;
    this.#answers.delete(key);
  }
}

const tail = (text: string, from: number) => text.slice(Math.max(0, from - CONTEXT));

/**
 * Whether no further text can undo it: it ends before the text does, or is longer than what can be held back. What has no
 * place, in JSON or where a rule failed, cannot be held back at all.
 */
const isCertain = ({ spans }: Hit, text: string, hold: number) =>
  spans.length === 0 || spans.some(({ start, end }) => end < text.length || end - start > hold);

function commonPrefix(a: string, b: string): number {
  let at = 0;
  while (at < a.length && at < b.length && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  return at;
}
