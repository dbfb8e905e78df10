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
  /** The strings of what is left of it: asked for where a rule removes something. `isNew` where none did before. */
  left(): { texts: JsonTexts; isNew: boolean };
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
  const rest = strings && rules.some(removes) ? left() : undefined;
  const begun = rest?.isNew ? (strings?.open.filter((text) => text !== undefined) ?? []) : [];
  const inAnswer = () => {
    if (!strings || begun.length === 0) return strings && inStrings(strings, others);
    return untilOver(begun, inStrings(strings, parts), removing);
  };
  return {
    set,
    rules,
    scanner: joined([scanner, inAnswer()].filter((each) => each !== undefined)),
    leftScanner: rest && removing.length > 0 ? inStrings(rest.texts, removing) : undefined,
    whole: rules.filter(({ need }) => need.kind === 'whole'),
    keepsAnswer: rules.some(
      ({ rule, need }) => need.kind === 'whole' || rule.sample > 0 || rule.action === 'require_review',
    ),
  };
}

/**
 * What is left of a string that began before rules came that remove something cannot be read from its middle: until it
 * is over they look at the string as it is written.
 */
function untilOver(
  begun: readonly { final: boolean }[],
  scanner: Scanner,
  rules: readonly StreamRule[],
): Scanner {
  return {
    drop: scanner.drop,
    scan: (window) => {
      const scan = scanner.scan(window);
      if (begun.every(({ final }) => final)) for (const of of rules) scanner.drop(of);
      return scan;
    },
  };
}
