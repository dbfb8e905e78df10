import type { LinkedExample } from '#lib/mitigations/linked';
import type { Rule, RuleMatcher, RuleScope } from '#sdk/rule';

/** What the composer holds: every kind of matcher keeps what was typed while another is chosen. */
export type RuleForm = {
  title: string;
  kind: RuleMatcher['kind'];
  pattern: string;
  text: string;
  packages: string[];
  phrases: string[];
  /** For `shape`: the language its pattern is written in. */
  language: string;
  ignoreCase: boolean;
  target: Rule['target'];
  scope: Required<Omit<RuleScope, 'labels'>>;
  /** Instance labels as `name=value`. */
  labels: string[];
  action: Rule['action'];
  mode: Rule['mode'];
  /** Minutes from saving; empty keeps the end of the rule that is edited. */
  minutes: string;
};

/** What the composer shows of a linked interaction; long texts are cut before they reach the browser. */
export type ComposerExample = Omit<LinkedExample, 'findings'>;

export type Start = { title: string; matcher: RuleMatcher; target: Rule['target']; scope: RuleScope };

export function formFrom(start: Start, rest: Pick<RuleForm, 'action' | 'mode' | 'minutes'>): RuleForm {
  const { title, matcher, target, scope } = start;
  return {
    title,
    kind: matcher.kind,
    pattern: matcher.kind === 're2' || matcher.kind === 'shape' ? matcher.pattern : '',
    text: matcher.kind === 'literal' ? matcher.text : '',
    packages: matcher.kind === 'imports' ? matcher.packages : [],
    phrases: matcher.kind === 'phrases' ? matcher.phrases : [],
    language: matcher.kind === 'shape' ? matcher.language : '',
    ignoreCase: (matcher.kind === 're2' || matcher.kind === 'literal') && matcher.ignoreCase,
    target,
    scope: {
      models: scope.models ?? [],
      versions: scope.versions ?? [],
      tenants: scope.tenants ?? [],
      tiers: scope.tiers ?? [],
      languages: scope.languages ?? [],
      surfaces: scope.surfaces ?? [],
      features: scope.features ?? [],
    },
    labels: Object.entries(scope.labels ?? {}).map(([name, value]) => `${name}=${value}`),
    ...rest,
  };
}

/** The matcher as typed so far, or null while there is nothing to look for. */
export function matcherOf(form: RuleForm): RuleMatcher | null {
  const { kind, ignoreCase } = form;
  switch (kind) {
    case 're2':
      return form.pattern === '' ? null : { kind, pattern: form.pattern, ignoreCase };
    case 'literal':
      return form.text === '' ? null : { kind, text: form.text, ignoreCase };
    case 'imports':
      return form.packages.length === 0 ? null : { kind, packages: form.packages };
    case 'phrases':
      return form.phrases.length === 0 ? null : { kind, phrases: form.phrases };
    case 'shape':
      return form.pattern === '' || form.language === ''
        ? null
        : { kind, pattern: form.pattern, language: form.language };
    case 'any':
      return { kind };
  }
}

/** Lists that are empty narrow nothing and are left out. */
export function scopeOf(form: RuleForm): RuleScope {
  const lists = Object.entries(form.scope).filter(([, values]) => values.length > 0);
  const labels = Object.fromEntries(
    form.labels.flatMap((label) => {
      const at = label.indexOf('=');
      return at > 0 ? [[label.slice(0, at), label.slice(at + 1)]] : [];
    }),
  );
  return { ...Object.fromEntries(lists), ...(Object.keys(labels).length > 0 && { labels }) };
}

/** Values that occur among the examples, offered while typing a scope. */
export function knownValues(examples: readonly ComposerExample[]): Record<keyof RuleForm['scope'], string[]> {
  const distinct = (values: (string | null)[]) =>
    [...new Set(values.filter((value) => value !== null))].sort();
  return {
    models: distinct(examples.map((example) => example.modelName)),
    versions: distinct(examples.map((example) => example.modelVersion)),
    tenants: distinct(examples.map((example) => example.tenant)),
    tiers: distinct(examples.map((example) => example.tier)),
    languages: distinct(examples.map((example) => example.language)),
    surfaces: distinct(examples.map((example) => example.surface)),
    features: [],
  };
}
