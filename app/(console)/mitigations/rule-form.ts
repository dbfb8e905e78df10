import { isKillSwitch } from '#lib/mitigations/kill-switch';
import type { LinkedExample } from '#lib/mitigations/linked';
import type { Plan } from '#lib/mitigations/plan';
import { listText } from '#lib/package-lists/merge';
import type {
  FINDS,
  PackageListItem,
  Rule,
  RuleFail,
  RuleMatcher,
  RuleParameters,
  RuleScope,
  UNVERSIONED,
} from '#sdk/rule';
import { linesIn } from './phrase-lines.ts';

export const SAMPLING = ['temperature', 'topP', 'candidates'] as const;
export type SamplingName = (typeof SAMPLING)[number];
/** One sampling parameter as it is typed; an empty value bounds nothing yet. */
export type TypedBound = { how: 'leave' | 'set' | 'max'; value: number | '' };

/** What the composer holds: every kind of matcher keeps what was typed while another is chosen. */
export type RuleForm = {
  title: string;
  kind: RuleMatcher['kind'];
  pattern: string;
  text: string;
  /** A list of packages as typed or pasted; a hundred thousand lines are no rarity. */
  packageText: string;
  /** What was read in it; null while it is being read. */
  packages: PackageListItem[] | null;
  find: (typeof FINDS)[number];
  unversioned: (typeof UNVERSIONED)[number];
  /** A person chose `find`; until then the back-test does. */
  findChosen: boolean;
  /** One phrase a line. */
  phrases: string;
  shape: string;
  /** The language that `shape` is written in. */
  language: string;
  ignoreCase: boolean;
  /** For a pattern without an end: characters that a stream holds back, as typed; empty for the usual. */
  lookback: number | '';
  target: Rule['target'];
  scope: Required<Omit<RuleScope, 'labels'>>;
  /** Instance labels as `name=value`. */
  labels: string[];
  /** CEL; empty for none. */
  when: string;
  action: Rule['action'];
  /** What is served, added or said, for the actions that have words. */
  words: string;
  sampling: Record<SamplingName, TypedBound>;
  mode: Rule['mode'];
  fail: RuleFail;
  /** Per cent of the hits that come back for review. */
  samplePercent: number;
  /** Null while it is the usual one. */
  plan: Plan | null;
  /** Minutes from saving until it may begin, 0 for as soon as it is published; empty keeps what the edited rule has. */
  begins: string;
  /** Minutes from saving; empty keeps the end of the rule that is edited. */
  minutes: string;
};

/** What the matcher is made of, and nothing else of the form. */
export const MATCHER_FIELDS = [
  'kind',
  'pattern',
  'lookback',
  'text',
  'packageText',
  'packages',
  'find',
  'unversioned',
  'phrases',
  'shape',
  'language',
  'ignoreCase',
] as const satisfies readonly (keyof RuleForm)[];
export type MatcherFields = Pick<RuleForm, (typeof MATCHER_FIELDS)[number]>;

/** What the composer shows of a linked interaction; long texts are cut before they reach the browser. */
export type ComposerExample = Omit<LinkedExample, 'findings'>;

export type Start = {
  title: string;
  matcher: RuleMatcher;
  target: Rule['target'];
  scope: RuleScope;
  when?: string | null;
  action?: Rule['action'];
  parameters?: RuleParameters;
  mode?: Rule['mode'];
  fail?: RuleFail;
  /** 0 to 1. */
  sample?: number;
  plan?: Plan | null;
  begins?: string;
  minutes: string;
  /** Where packages are looked for was decided before, so the back-test does not decide it. */
  findChosen?: boolean;
};

const MINUTE = 60_000;

/** When it begins, as it is sent; nothing where that stays as it is. */
export function startOf(
  { begins }: Pick<RuleForm, 'begins'>,
  now = new Date(),
): { startsAt?: string | null } {
  if (begins === '') return {};
  if (begins === '0') return { startsAt: null };
  return { startsAt: new Date(now.getTime() + Number(begins) * MINUTE).toISOString() };
}

const DEFAULT_SAMPLE_PERCENT = 5;

export function formFrom(start: Start): RuleForm {
  const { title, target, minutes, parameters = {} } = start;
  return {
    title,
    ...matcherFields(start.matcher),
    findChosen: start.findChosen ?? false,
    target,
    ...scopeFields(start.scope),
    when: start.when ?? '',
    action: start.action ?? 'block',
    words: parameters.text ?? '',
    sampling: {
      temperature: typed(parameters.sampling?.temperature),
      topP: typed(parameters.sampling?.topP),
      candidates: typed(parameters.sampling?.candidates),
    },
    mode: start.mode ?? 'enforce',
    fail: start.fail ?? { onError: 'open', onStale: 'open' },
    samplePercent: start.sample === undefined ? DEFAULT_SAMPLE_PERCENT : round(start.sample * 100),
    plan: start.plan ?? null,
    begins: start.begins ?? '0',
    minutes,
  };
}

const round = (value: number) => Number(value.toPrecision(6));

/** The fields of another matcher; where its packages are looked for stays as a person chose it. */
export function refilled(form: RuleForm, matcher: RuleMatcher): MatcherFields {
  const fields = matcherFields(matcher);
  return form.findChosen ? { ...fields, find: form.find } : fields;
}

/** The fields of one matcher, and empty ones for the kinds it is not. */
function matcherFields(matcher: RuleMatcher): MatcherFields {
  return {
    kind: matcher.kind,
    pattern: matcher.kind === 're2' ? matcher.pattern : '',
    lookback: matcher.kind === 're2' ? (matcher.lookback ?? '') : '',
    text: matcher.kind === 'literal' ? matcher.text : '',
    packageText: matcher.kind === 'imports' ? listText(matcher.packages) : '',
    packages: matcher.kind === 'imports' ? matcher.packages : [],
    find: (matcher.kind === 'imports' && matcher.find) || 'imported',
    unversioned: (matcher.kind === 'imports' && matcher.unversioned) || 'hit',
    phrases: matcher.kind === 'phrases' ? matcher.phrases.join('\n') : '',
    shape: matcher.kind === 'shape' ? matcher.pattern : '',
    language: matcher.kind === 'shape' ? matcher.language : '',
    ignoreCase: (matcher.kind === 're2' || matcher.kind === 'literal') && matcher.ignoreCase,
  };
}

function scopeFields(scope: RuleScope): Pick<RuleForm, 'scope' | 'labels'> {
  return {
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
  };
}

function typed(bound: { set: number } | { max: number } | undefined): TypedBound {
  if (!bound) return { how: 'leave', value: '' };
  return 'set' in bound ? { how: 'set', value: bound.set } : { how: 'max', value: bound.max };
}

const isSwitch = (form: RuleForm) =>
  isKillSwitch({ ...form, matcher: form.kind === 'any' ? { kind: 'any' } : null });

/** The form after a change. What becomes a kill switch, or is none any more, has the usual stages again. */
export function changed(form: RuleForm, change: Partial<RuleForm>): RuleForm {
  const next = { ...form, ...change };
  return isSwitch(next) === isSwitch(form) ? next : { ...next, plan: null };
}

/** The matcher as typed so far, or null while there is nothing to look for. */
export function matcherOf(form: MatcherFields): RuleMatcher | null {
  const { kind, ignoreCase, lookback } = form;
  switch (kind) {
    case 're2':
      if (form.pattern === '') return null;
      return { kind, pattern: form.pattern, ignoreCase, ...(lookback !== '' && { lookback }) };
    case 'literal':
      return form.text === '' ? null : { kind, text: form.text, ignoreCase };
    case 'imports': {
      const { packages, find, unversioned } = form;
      if (!packages || packages.length === 0) return null;
      return {
        kind,
        packages,
        ...(find === 'mentioned' && { find }),
        ...(unversioned === 'pass' && { unversioned }),
      };
    }
    case 'phrases': {
      const phrases = linesIn(form.phrases);
      return phrases.length === 0 ? null : { kind, phrases };
    }
    case 'shape':
      return form.shape.trim() === '' || form.language === ''
        ? null
        : { kind, pattern: form.shape, language: form.language };
    case 'any':
      return { kind };
  }
}

/** Lists that are empty narrow nothing and are left out. */
export function scopeOf(form: Pick<RuleForm, 'scope' | 'labels'>): RuleScope {
  const lists = Object.entries(form.scope).filter(([, values]) => values.length > 0);
  const labels = Object.fromEntries(
    form.labels.flatMap((label) => {
      const at = label.indexOf('=');
      return at > 0 ? [[label.slice(0, at), label.slice(at + 1)]] : [];
    }),
  );
  return { ...Object.fromEntries(lists), ...(Object.keys(labels).length > 0 && { labels }) };
}

/** The actions whose user reads or gets a text of the rule's own. */
export const SPEAKING: readonly Rule['action'][] = ['block', 'disable', 'replace', 'warn'];

/** What the chosen action needs; what was typed for another one stays in the form. */
export function parametersOf(form: RuleForm): RuleParameters {
  const words = form.words.trim();
  if (SPEAKING.includes(form.action)) return words === '' ? {} : { text: words };
  if (form.action !== 'sampling') return {};
  const bounds = SAMPLING.flatMap((name) => {
    const { how, value } = form.sampling[name];
    return how === 'leave' || value === '' ? [] : [[name, how === 'set' ? { set: value } : { max: value }]];
  });
  return { sampling: Object.fromEntries(bounds) };
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
