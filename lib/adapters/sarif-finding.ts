import type { Finding } from '#lib/findings/schema';
import type { Category, Severity } from '#lib/interactions/schema';
import { clip, storableText } from './adapted.ts';
import { firstText } from './chat.ts';
import {
  CATEGORY_BY_CWE,
  CATEGORY_BY_RULE_WORD,
  CATEGORY_OTHERWISE,
  MAX_SCORE,
  SEVERITY_BY_GOSEC_TAG,
  SEVERITY_BY_LEVEL,
  SEVERITY_BY_SCORE,
} from './sarif-mapping.ts';
import type { SarifResult, SarifRule, SarifRun } from './sarif-schema.ts';

/** One result in our words, without its place. */
export function findingOf(run: SarifRun, result: SarifResult): Finding {
  const rule = ruleOf(run, result);
  const detector = run.tool?.driver?.name || 'SARIF';
  const ruleId = result.ruleId ?? result.rule?.id ?? rule?.id;
  const cwes = cwesOf(result, rule);
  const message = messageOf(run, result, rule);
  return {
    detector: storableText(clip(detector, 500)),
    ...(ruleId && { rule: storableText(clip(ruleId, 500)) }),
    category: categoryOf(cwes, ruleId ?? ''),
    severity: severityOf(detector, result, rule),
    ...(cwes[0] && { cwe: cwes[0] }),
    ...(message && { message: storableText(clip(message, 4_000)) }),
  };
}

/**
 * The rule's description. Tools get `ruleIndex` wrong (gosec sorts its rules after it has numbered them), so an index
 * that leads to another rule's id loses against the id. An id may have more levels than its rule's: `CA1000/1`.
 */
function ruleOf(run: SarifRun, result: SarifResult): SarifRule | undefined {
  const extension = result.rule?.toolComponent?.index;
  const component = extension === undefined ? run.tool?.driver : run.tool?.extensions?.[extension];
  const rules = component?.rules ?? [];
  const id = result.ruleId ?? result.rule?.id;
  const named = rules[result.rule?.index ?? result.ruleIndex ?? -1];
  if (named && (id === undefined || named.id === id || id.startsWith(`${named.id}/`))) return named;
  if (id === undefined) return undefined;
  const all = [component, run.tool?.driver, ...(run.tool?.extensions ?? [])];
  for (const each of all) {
    const rule = each && rulesById(each).get(id);
    if (rule) return rule;
  }
  return undefined;
}

type Component = NonNullable<NonNullable<SarifRun['tool']>['driver']>;
const byId = new WeakMap<Component, Map<string, SarifRule>>();

/** Made once for each tool of a log: there may be as many rules as results. */
function rulesById(component: Component): Map<string, SarifRule> {
  const known = byId.get(component);
  if (known) return known;
  const rules = new Map<string, SarifRule>();
  for (const rule of component.rules ?? [])
    if (rule?.id !== undefined && !rules.has(rule.id)) rules.set(rule.id, rule);
  byId.set(component, rules);
  return rules;
}

/** CodeQL tags `external/cwe/cwe-089`, Semgrep `CWE-89: …`; gosec relates its rules to a taxonomy named CWE. */
function cwesOf(result: SarifResult, rule: SarifRule | undefined): string[] {
  const related = [
    ...(rule?.relationships ?? []).map((each) => each?.target),
    ...(result.taxa ?? []),
  ].flatMap((target) =>
    target?.toolComponent?.name?.toUpperCase() === 'CWE' && target.id
      ? [`CWE-${target.id.replace(/^CWE-/i, '')}`]
      : [],
  );
  const own = [result.properties?.cwe ?? [], rule?.properties?.cwe ?? []].flat();
  const tags = [...(result.properties?.tags ?? []), ...(rule?.properties?.tags ?? [])];
  const found = [...own, ...related, ...tags].flatMap((word) => {
    const digits = /\bcwe[-_ ]0*(\d{1,6})\b/i.exec(word)?.[1];
    return digits ? [`CWE-${digits}`] : [];
  });
  const telling = found.find((cwe) => Object.hasOwn(CATEGORY_BY_CWE, cwe));
  return [...new Set(telling ? [telling, ...found] : found)];
}

function categoryOf(cwes: string[], ruleId: string): Category {
  const first = cwes[0];
  if (first && Object.hasOwn(CATEGORY_BY_CWE, first)) return CATEGORY_BY_CWE[first] ?? CATEGORY_OTHERWISE;
  const word = ruleId
    .toLowerCase()
    .split(/[./:]/)
    .find((each) => Object.hasOwn(CATEGORY_BY_RULE_WORD, each));
  return (word && CATEGORY_BY_RULE_WORD[word]) || CATEGORY_OTHERWISE;
}

function severityOf(detector: string, result: SarifResult, rule: SarifRule | undefined): Severity {
  const scores = [result, rule].map((each) => scoreOf(each?.properties?.['security-severity']));
  const score = scores.find((each) => each !== null);
  const scored = SEVERITY_BY_SCORE.find(
    ([from]) => score !== undefined && score !== null && score >= from,
  )?.[1];
  if (scored) return scored;
  if (detector.toLowerCase() === 'gosec') {
    const tag = rule?.properties?.tags?.find((each) => Object.hasOwn(SEVERITY_BY_GOSEC_TAG, each));
    if (tag && SEVERITY_BY_GOSEC_TAG[tag]) return SEVERITY_BY_GOSEC_TAG[tag];
  }
  const level = (result.level ?? rule?.defaultConfiguration?.level ?? 'warning').toLowerCase();
  return (Object.hasOwn(SEVERITY_BY_LEVEL, level) && SEVERITY_BY_LEVEL[level]) || 'medium';
}

/** Null for what is no score, such as a placeholder of a tool that has none. */
function scoreOf(value: string | number | undefined): number | null {
  const isDecimal = typeof value === 'number' || /^\s*\d{1,2}(\.\d{1,20})?\s*$/.test(value ?? '');
  const score = isDecimal ? Number(value) : Number.NaN;
  return score >= 0.1 && score <= MAX_SCORE ? score : null;
}

/** The text, or the rule's own by its id; `{0}` filled in, links to other places as their words (SARIF 2.1.0, 3.11). */
function messageOf(run: SarifRun, result: SarifResult, rule: SarifRule | undefined): string {
  const { message } = result;
  const id = message?.id;
  const own = [rule?.messageStrings, run.tool?.driver?.globalMessageStrings]
    .map((strings) => (id !== undefined && strings && Object.hasOwn(strings, id) ? strings[id] : undefined))
    .find((each) => each !== undefined);
  const texts = [message, own, rule?.shortDescription, rule?.fullDescription];
  const text = firstText(...texts.flatMap((each) => [each?.text, each?.markdown])) ?? rule?.name ?? '';
  // Before anything is searched in it: a message may be megabytes.
  return clip(text, 8_000)
    .replace(/\{(\d{1,3})\}/g, (whole, digit: string) => message?.arguments?.[Number(digit)] ?? whole)
    .replace(/\[([^[\]]{1,500})\]\(\d{1,9}\)/g, '$1')
    .trim();
}
