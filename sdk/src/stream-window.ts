import type { Need } from './holdback.ts';
import type { SubjectMatcher } from './match.ts';
import type { PackageFinder } from './packages/finder.ts';
import type { Rule } from './rule.ts';

/** The part of an answer that is still looked at: `text` begins at the answer's offset `base`. */
export interface Window {
  text: string;
  base: number;
  /** Nothing follows: what is true at the end of the text is true. */
  final: boolean;
}

/** One rule that applies to one stream. */
export interface StreamRule {
  rule: Rule;
  /** Its place in the ruleset, so that hits are told in the order in which `decide` tells them. */
  order: number;
  find: SubjectMatcher;
  /** How its list of packages is looked for; null where it has none. */
  packages: PackageFinder | null;
  need: Need;
  /** It changes what is released, so text is held back for it. */
  holds: boolean;
}

/** A hit that no further text can undo. Offsets in the answer; `end` may be infinite. */
export interface Found {
  of: StreamRule;
  start: number;
  end: number;
  /** How much of the answer has to be there for this to be certain: the same however the answer is cut. */
  settledAt: number;
  /** In a string of JSON, from which nothing can be removed. */
  isInside?: boolean;
}

export interface Scan {
  found: Found[];
  /** No rule that holds text back can still begin a match before this offset. */
  safe: number;
  /** Text before this offset is not looked at again. */
  keep: number;
  /** Characters looked at, those that were looked at before included. */
  read: number;
}

/** Looks for some kinds of rules in a text that grows. Called with every piece in turn, the last one `final`. */
export interface Scanner {
  scan(window: Window): Scan;
  /** The rule is not looked for any longer. */
  drop(of: StreamRule): void;
}

/** One that goes from text to text, which is cheaper than one for each. */
export interface TextScanner extends Scanner {
  /** The text is over; another one is looked through from its offset `from` on. */
  restart(from: number): void;
}

/** Told of a rule that threw. */
export type OnRuleError = (of: StreamRule, error: unknown) => void;

/** How much of a text that is still written can be looked at: not half a surrogate pair, nor half a CRLF. */
export function wholeUnits(text: string): number {
  const last = text.charCodeAt(text.length - 1);
  return last === 13 || (last >= 0xd800 && last <= 0xdbff) ? text.length - 1 : text.length;
}

export const endOf = ({ text, base }: Window): number => base + text.length;
