import { JsonStream } from './json-stream.ts';
import type { ReadingsListener } from './stream-set.ts';
import {
  endOf,
  type Found,
  type Scanner,
  type StreamRule,
  type TextScanner,
  wholeUnits,
} from './stream-window.ts';

/** A string of so many characters is judged when it is over, so it is held back until then; a longer one as it comes. */
const SHORT = 512;
/** So many of the strings that were judged are remembered: one that comes again, such as a name, is not judged again. */
const MOST_KNOWN = 2_000;

const isBlank = (text: string) => text.trim() === '';

/** Where in the answer the character of a string at `at`, and what is plain behind it, stands. */
interface Mark {
  at: number;
  place: number;
}

/** A string of JSON in an answer, as its reader reads it. */
class JsonText {
  /** What of it is still looked at. */
  text = '';
  base = 0;
  /** It is over. */
  final = false;
  /** How much of the answer has to be there for all that is there of it. */
  end: number;
  /** Where what is not decided begins, and where it goes on behind escapes. */
  #first: Mark;
  #marks: Mark[] | undefined;

  constructor(place: number) {
    this.end = place;
    this.#first = { at: 0, place };
  }

  get isLong(): boolean {
    return this.base > 0 || (this.text.length > SHORT && !isBlank(this.text));
  }

  add(text: string, place: number): void {
    if (place !== this.end) {
      this.#marks ??= [];
      this.#marks.push({ at: endOf(this), place });
    }
    this.text = this.text === '' ? text : this.text + text;
    this.end = place + text.length;
  }

  /** Where in the answer the character at `at` stands. */
  placeOf(at: number): number {
    const marks = this.#marks ?? [];
    let [low, high] = [0, marks.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((marks[middle]?.at ?? 0) <= at) low = middle + 1;
      else high = middle;
    }
    const mark = marks[low - 1] ?? this.#first;
    return Math.min(this.end, mark.place + Math.max(0, at - mark.at));
  }

  /** Nothing before `safe` is asked for any more, and nothing before `keep` is looked at. */
  forget(safe: number, keep: number): void {
    const marks = this.#marks ?? [];
    let done = 0;
    while ((marks[done]?.at ?? Number.POSITIVE_INFINITY) <= safe) done++;
    if (done > 0) this.#first = marks.splice(0, done)[done - 1] as Mark;
    const from = Math.max(this.base, keep);
    this.text = this.text.slice(from - this.base);
    this.base = from;
  }
}

/** The strings of JSON in one answer, however its rules change while it is written. */
export class JsonTexts {
  /** Those that are being written: one of the answer, one in that, and so on. */
  readonly open: (JsonText | undefined)[] = [];
  /** Those that are over and were not taken. */
  #over: JsonText[] = [];
  readonly #stream = new JsonStream({
    add: (depth, text, from) => {
      this.open[depth] ??= new JsonText(from);
      this.open[depth].add(text, from);
    },
    end: (depth, at) => {
      const text = this.open[depth];
      if (!text) return;
      text.end = at;
      text.final = true;
      this.open[depth] = undefined;
      this.#over.push(text);
    },
  });

  take(piece: string, final: boolean): void {
    this.#stream.take(piece);
    if (final) this.#stream.finish();
  }

  takeOver(): JsonText[] {
    const over = this.#over;
    if (over.length > 0) this.#over = [];
    return over;
  }
}

/** What rules that remove something leave of an answer; it waits here while a string of it may still hold a match. */
export class LeftText {
  readonly strings = new JsonTexts();
  text = '';
  base = 0;
  final = false;

  add(text: string, final: boolean): void {
    this.strings.take(text, final);
    this.text += text;
    this.final = final;
  }

  /** Lets go of it up to the offset `safe`. */
  upTo(safe: number): string {
    const out = this.text.slice(0, Math.max(0, safe - this.base));
    this.text = this.text.slice(out.length);
    this.base += out.length;
    return out;
  }
}

interface StringOptions {
  /** What looks through long strings, one at a time. */
  makeScanner(from: number): TextScanner;
  /** Tells of the rules that hit each of several short texts. */
  judge(texts: readonly string[], listener: ReadingsListener): void;
  onError(of: StreamRule, error: unknown): void;
}

/** Looks for rules in each string of JSON by itself, as in a whole answer. Its `window` is the answer. */
export function createStringScanner(
  rules: readonly StreamRule[],
  texts: JsonTexts,
  { makeScanner, judge, onError }: StringOptions,
): Scanner {
  const sought = new Map(rules.map((of) => [of.rule.id, of]));
  const known = new Set<string>();
  const scanners: TextScanner[] = [];
  const idle: TextScanner[] = [];
  const busy = new Map<JsonText, TextScanner>();

  const drop = (of: StreamRule) => {
    if (sought.get(of.rule.id) !== of) return;
    sought.delete(of.rule.id);
    for (const scanner of scanners) scanner.drop(of);
  };

  const hit = (of: StreamRule, settledAt: number, found: Found[]) => {
    found.push({ of, start: 0, end: Number.POSITIVE_INFINITY, settledAt, isInside: true });
    // One hit says all.
    drop(of);
  };

  const scannerFor = (text: JsonText): TextScanner => {
    let scanner = busy.get(text) ?? idle.pop();
    if (!scanner) {
      scanner = makeScanner(text.base);
      scanners.push(scanner);
      for (const of of rules) if (!sought.has(of.rule.id)) scanner.drop(of);
    } else if (!busy.has(text)) scanner.restart(text.base);
    busy.set(text, scanner);
    return scanner;
  };

  /** Looks through what came of a long string; answers where in the answer that begins which is not decided. */
  const scanLong = (text: JsonText, found: Found[]): { safe: number; read: number } => {
    const scanner = scannerFor(text);
    const { base, final } = text;
    const seen = final ? text.text : text.text.slice(0, wholeUnits(text.text));
    const { found: inside, safe, keep, read } = scanner.scan({ text: seen, base, final });
    for (const { of, settledAt } of inside) {
      hit(of, settledAt < endOf(text) ? text.placeOf(settledAt) : text.end, found);
    }
    if (final) {
      busy.delete(text);
      idle.push(scanner);
      return { safe: text.end, read };
    }
    const place = safe < endOf(text) ? text.placeOf(safe) : text.end;
    text.forget(safe, keep);
    return { safe: place, read };
  };

  const isNew = ({ text }: JsonText) => {
    if (known.has(text) || isBlank(text)) return false;
    if (known.size < MOST_KNOWN) known.add(text);
    return true;
  };

  return {
    drop,
    scan: (window) => {
      const end = endOf(window);
      const all = { found: [] as Found[], safe: end, keep: end, read: 0 };
      const over = texts.takeOver();
      if (sought.size === 0) return all;
      const short: JsonText[] = [];
      for (const text of over) {
        if (text.isLong || busy.has(text)) all.read += scanLong(text, all.found).read;
        else if (isNew(text)) short.push(text);
      }
      judge(
        short.map(({ text }) => text),
        {
          wanted: (id) => sought.has(id),
          onHit: (id, index) => {
            const of = sought.get(id);
            if (of) hit(of, short[index]?.end ?? end, all.found);
          },
          onFailed: (id, error) => {
            const of = sought.get(id);
            if (of) onError(of, error);
          },
        },
      );
      for (const text of texts.open) {
        if (!text) continue;
        let safe = text.placeOf(0);
        if (text.isLong || busy.has(text)) {
          const scan = scanLong(text, all.found);
          safe = scan.safe;
          all.read += scan.read;
        }
        all.safe = Math.min(all.safe, safe);
      }
      if (![...sought.values()].some(({ holds }) => holds)) all.safe = end;
      return all;
    },
  };
}
