import type { Decision, DecisionRequest } from '../decision.ts';
import { compileRules, RuleCache } from '../engine.ts';
import type { Rule } from '../rule.ts';
import { createJudge, type Judge, type JudgeSource } from '../stream-judge.ts';
import { createStreamSets, type StreamSet } from '../stream-set.ts';

/** Numbers from 0 to just under 1, the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const pick = <T>(next: () => number, list: readonly T[]): T =>
  list[Math.floor(next() * list.length)] as T;

/** The text cut at random places, also inside of surrogate pairs, CRLFs and words. */
export function cutUp(text: string, next: () => number, longest: number): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    const size = 1 + Math.floor(next() * longest);
    pieces.push(text.slice(at, at + size));
    at += size;
  }
  return pieces;
}

export interface Judged {
  judge: Judge;
  decision: Decision;
  text: string;
  errors: string[];
}

interface JudgeTestOptions {
  context?: DecisionRequest;
  now?: Date;
  stale?: boolean;
  demoted?: ReadonlySet<string>;
  cache?: RuleCache;
  json?: boolean;
  /** Called whenever the judge asks for its ruleset. */
  onAsk?: () => void;
}

/** What judges of the same rules can share. */
export function streamSet(rules: readonly Rule[], cache = new RuleCache()): StreamSet {
  const here = { labels: {}, instanceId: 'i-1', cache };
  return createStreamSets(here)(compileRules(rules, { ...here, seq: 7 }));
}

export function openJudge(
  rules: readonly Rule[] | StreamSet,
  options: JudgeTestOptions = {},
  errors: string[] = [],
): Judge {
  const set = 'seq' in rules ? rules : streamSet(rules, options.cache);
  const source: JudgeSource = {
    set: () => {
      options.onAsk?.();
      return set;
    },
    onFault: (error) => errors.push(error instanceof Error ? error.message : String(error)),
    now: () => options.now ?? new Date(),
    stale: () => options.stale ?? false,
    demoted: () => options.demoted ?? new Set(),
    onTrouble: (rule, { message }) => errors.push(`${rule.ref}: ${message}`),
  };
  return createJudge(options.context ?? {}, source, { json: options.json });
}

/** Puts the pieces through a judge, to the end. */
export function judgePieces(
  rules: readonly Rule[] | StreamSet,
  pieces: readonly string[],
  options: JudgeTestOptions = {},
): Judged {
  const errors: string[] = [];
  const judge = openJudge(rules, options, errors);
  let text = '';
  for (const piece of pieces) text += judge.write(piece);
  text += judge.end();
  return { judge, decision: judge.decision(), text, errors };
}
