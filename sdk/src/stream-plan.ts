import type { DecisionRequest } from './decision.ts';
import { createScanner, joined } from './stream-scanners.ts';
import type { StreamSet } from './stream-set.ts';
import { createStringScanner, type JsonTexts } from './stream-strings.ts';
import type { OnRuleError, Scanner, StreamRule } from './stream-window.ts';

/** What is looked for in one answer under one ruleset, and how. */
export interface Plan {
  set: StreamSet;
  rules: readonly StreamRule[];
  /** For the answer and its strings. */
  scanner: Scanner;
  /** For the strings of what is left of the answer, where rules remove something from it. */
  leftScanner: Scanner | undefined;
  /** Rules over the whole answer. */
  whole: StreamRule[];
  keepsAnswer: boolean;
}

interface PlanOptions {
  request: DecisionRequest;
  now(): Date;
  onTrouble: Parameters<StreamSet['inScope']>[1];
  onError: OnRuleError;
  /** Before this offset nothing is looked for any more. */
  from: number;
  /** The strings of the answer, where they are judged. */
  strings: JsonTexts | undefined;
  /** The strings of what is left of it: asked for where a rule removes something. */
  left(): JsonTexts;
}

/** From a string of JSON nothing can be removed, so a rule that would do that looks at what is left. */
export const removes = ({ holds, rule }: StreamRule): boolean => holds && rule.action === 'redact';

export function createPlan(set: StreamSet, rules: readonly StreamRule[], options: PlanOptions): Plan {
  const { request, now, onTrouble, onError, from, strings, left } = options;
  const asked = {
    candidates: (text: string) => set.candidates(request, now(), text, onTrouble),
    language: request.language,
    onError,
  };
  const inStrings = (texts: JsonTexts, some: readonly StreamRule[]) =>
    createStringScanner(some, texts, {
      makeScanner: (at) => createScanner(some, asked, at),
      judge: (all, listener) => set.readings(request, now(), all, listener, onTrouble),
      onError,
    });
  const scanner = createScanner(rules, asked, from);
  const parts = rules.filter(({ need }) => need.kind !== 'whole' && need.kind !== 'start');
  const removing = parts.filter(removes);
  const others = parts.filter((of) => !removes(of));
  return {
    set,
    rules,
    scanner: strings ? joined([scanner, inStrings(strings, others)]) : scanner,
    leftScanner: strings && removing.length > 0 ? inStrings(left(), removing) : undefined,
    whole: rules.filter(({ need }) => need.kind === 'whole'),
    keepsAnswer: rules.some(
      ({ rule, need }) => need.kind === 'whole' || rule.sample > 0 || rule.action === 'require_review',
    ),
  };
}
