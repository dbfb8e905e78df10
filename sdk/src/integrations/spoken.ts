import { isFields } from './openai-answer.ts';

/** Lanes of what an answer says, not of what it reasons or calls. */
const SPOKEN = / (content|text|response\.output_text)$/;

/** A whole that is said in an answer: a choice's message, a block or an item of text. */
export const isSpoken = (unit: string, value: unknown): boolean =>
  unit !== '' || (isFields(value) && /^(message|text|output_text)$/.test(String(value.type)));

interface Said {
  /** The first block, and its words as long as there is no other. */
  lane: string;
  first: string;
  last: string;
  isMany: boolean;
}

/** What each answer of a stream has said: clients show its blocks as one text. */
export class Spoken {
  readonly #answers = new Map<string, Said>();

  /** Takes words that are about to go out; answers what they add to a text of several blocks, else nothing. */
  add(unit: string, lane: string, text: string): string {
    if (text === '' || !SPOKEN.test(lane)) return '';
    const said = this.#answers.get(unit) ?? { lane, first: '', last: '', isMany: false };
    this.#answers.set(unit, said);
    said.last = text;
    if (said.isMany) return text;
    if (said.lane === lane) {
      said.first += text;
      return '';
    }
    const all = said.first + text;
    said.isMany = true;
    said.first = '';
    return all;
  }

  /** Words that were said as a whole. */
  note(unit: string, text: string): void {
    this.#answers.set(unit, { lane: '', first: '', isMany: false, ...this.#answers.get(unit), last: text });
  }

  /** The last words of an answer, empty where it has said none. */
  last(unit: string): string {
    return this.#answers.get(unit)?.last ?? '';
  }
}
