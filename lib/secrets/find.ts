import { env } from '#lib/env';
import { log } from '#lib/log';
import { createAutomaton } from '#sdk/automaton';
import { assignments } from './assignments.ts';
import { commands } from './commands.ts';
import { formats } from './formats.ts';
import { gitleaksRules } from './gitleaks.ts';
import type { Hit, Rule } from './hits.ts';
import { keptRules } from './kept-rules.ts';
import { keyBlocks } from './key-blocks.ts';
import { unescaped } from './unescaped.ts';

/** More in one text is no longer a text with secrets in it: it is covered from the first to the last. */
const MAX_SPANS = 500;

const RULES: readonly Rule[] = [keptRules, ...formats, keyBlocks, ...commands, assignments];

let chosen: ((text: string) => Rule[]) | undefined;

/** The rules that have something to look for in a text: ours, and those that the operator names. */
function rulesFor(text: string): Rule[] {
  chosen ??= prefilterOf([...RULES, ...operatorRules()]);
  return chosen(text);
}

function operatorRules(): Rule[] {
  const file = env().STOPGAP_GITLEAKS_CONFIG;
  if (file === undefined) return [];
  const { rules, leftOut } = gitleaksRules(file);
  for (const line of leftOut) log('warn', line, { file });
  return rules;
}

/**
 * Finds secrets in a text: by the kept rule set of secretlint (`preset-recommend`), and by our rules for what has no
 * format of its own. Answers spans in order that do not overlap; about 0.1 ms for 2 KB. A text that breaks a rule is
 * covered whole.
 */
export function findIn(text: string): Hit[] {
  if (text === '') return [];
  try {
    return merged(hitsIn(text));
  } catch {
    return [{ start: 0, end: text.length, rule: 'unscanned' }];
  }
}

/** The words of all rules, looked for in one pass; answers the rules that have something to look for. */
function prefilterOf(rules: readonly Rule[]): (text: string) => Rule[] {
  const words = [...new Set(rules.flatMap((rule) => rule.words))];
  const automaton = createAutomaton(words);
  const always = rules.filter((rule) => rule.words.length === 0);
  const ofPart = automaton.parts.map((part) => {
    const meant = new Set(part.map((index) => words[index]));
    return rules.filter((rule) => rule.words.some((word) => meant.has(word)));
  });
  return (text) => {
    const asked = new Set(always);
    automaton.scan(text, (part) => {
      for (const rule of ofPart[part] ?? []) asked.add(rule);
    });
    // In the order of the rules: of two that find the same, the first names it.
    return rules.filter((rule) => asked.has(rule));
  };
}

function hitsIn(text: string): Hit[] {
  const view = unescaped(text);
  const hits: Hit[] = [];
  for (const rule of rulesFor(view.text)) {
    for (const { start, end, rule: name } of rule.find(view)) {
      hits.push({ start: view.origin(start), end: view.origin(end), rule: name });
    }
  }
  return hits;
}

/** In order, overlapping ones as one under the first's name. */
export function merged(hits: Hit[]): Hit[] {
  const spans: Hit[] = [];
  for (const hit of hits.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = spans.at(-1);
    if (hit.end <= hit.start) continue;
    if (last && hit.start <= last.end) last.end = Math.max(last.end, hit.end);
    else spans.push({ ...hit });
  }
  const [first] = spans;
  const last = spans.at(-1);
  if (spans.length <= MAX_SPANS || !first || !last) return spans;
  return [{ start: first.start, end: last.end, rule: first.rule }];
}
