import { beyondOpa } from '#lib/rulesets/beyond-opa';
import { VERDICTS, whenItFails, wordsOf } from '#sdk/effects';
import { ECOSYSTEMS, LANGUAGE_ECOSYSTEMS } from '#sdk/packages/ecosystems';
import { entryOf } from '#sdk/packages/entry';
import { needlesOf } from '#sdk/phrases';
import type { FailMode, Rule, Snapshot } from '#sdk/rule';
import { classOf, FILLERS, foldTable, INVISIBLE, MARKS, WHITE_SPACE } from '#sdk/text/characters';
import { type ListedNames, listedNames } from './listed.ts';
import { mentionedPattern } from './mentioned.ts';
import { quoted } from './quoted.ts';

// The rules as policy.rego reads them: what Rego would have to compute at every decision is computed here once.

type Matcher =
  | { kind: 're2'; pattern: string }
  | { kind: 'literal'; text: string }
  | { kind: 'phrases'; phrases: string[] }
  | { kind: 'imports'; names: ListedNames; mentioned: string | null }
  | { kind: 'any' }
  | { kind: 'shape' };

/** Where nothing can be removed: in what stands as JSON in a text. */
const STOPPED = { action: 'block', words: wordsOf({ action: 'block', parameters: {} }) };

/** The document under `data.stopgap`. */
export function opaData(snapshot: Snapshot): object {
  return {
    packages: { languages: LANGUAGE_ECOSYSTEMS, registries: ECOSYSTEMS },
    characters: characters(),
    effects: { actions: VERDICTS.map(([action]) => action), verdicts: Object.fromEntries(VERDICTS) },
    ruleset: {
      seq: snapshot.seq,
      issued_at: snapshot.issuedAt,
      expires_at: snapshot.expiresAt,
      expires_ms: Date.parse(snapshot.expiresAt),
      rules: snapshot.rules.map(opaRule),
    },
  };
}

let folding: object | undefined;

/** The table that our own phrases are folded by, with character classes as RE2 writes them. Always the same. */
function characters(): object {
  folding ??= {
    gone: `[${classOf([...INVISIBLE, ...MARKS], 're2')}]`,
    blanks: `[${classOf([...WHITE_SPACE, ...FILLERS], 're2')}]+`,
    folds: foldTable(),
  };
  return folding;
}

function opaRule(rule: Rule): object {
  const { labels = {}, ...lists } = rule.scope;
  const languages = lists.languages?.map((language) => language.toLowerCase());
  // An empty list does not narrow, and Rego's `every` would let nothing through it.
  const scope = Object.entries({ ...lists, languages }).filter(([, values]) => (values ?? []).length > 0);
  return {
    id: rule.id,
    ref: rule.ref,
    version: rule.version,
    title: rule.title,
    scope: Object.fromEntries(scope),
    labels,
    targets: rule.target === 'both' ? ['prompt', 'completion'] : [rule.target],
    matcher: opaMatcher(rule.matcher),
    action: rule.action,
    parameters: rule.parameters,
    mode: rule.mode,
    beyond: beyondOpa(rule) ?? false,
    rollout: rule.rollout,
    words: wordsOf(rule) ?? null,
    in_json: rule.action === 'redact' && rule.mode === 'enforce' ? STOPPED : false,
    fail: { on_error: failure(rule, rule.fail.onError), on_stale: failure(rule, rule.fail.onStale) },
    starts_ms: rule.startsAt === null ? 0 : Date.parse(rule.startsAt),
    expires_ms: Date.parse(rule.expiresAt),
  };
}

/** What the rule does when it fails, false for nothing: Rego has no other word for that. */
function failure(rule: Rule, mode: FailMode): object | false {
  const effect = whenItFails(rule, mode);
  return effect === null ? false : { action: effect.action, words: wordsOf(effect) ?? null };
}

function opaMatcher(matcher: Rule['matcher']): Matcher {
  switch (matcher.kind) {
    case 're2':
      return { kind: 're2', pattern: `${matcher.ignoreCase ? '(?i)' : ''}${matcher.pattern}` };
    case 'literal':
      // RE2 folds case as our own search does; Rego's `lower` does not.
      return matcher.ignoreCase
        ? { kind: 're2', pattern: `(?i)${quoted(matcher.text)}` }
        : { kind: 'literal', text: matcher.text };
    case 'phrases':
      return {
        kind: 'phrases',
        phrases: needlesOf(matcher.phrases),
      };
    case 'imports':
      return opaPackages(matcher);
    case 'any':
    case 'shape':
      return { kind: matcher.kind };
  }
}

/** What is asked of the caller's `imports` and, where the rule says so, of the text. */
function opaPackages({ packages, find }: Extract<Rule['matcher'], { kind: 'imports' }>): Matcher {
  const entries = packages.map(entryOf);
  const mentioned = find === 'mentioned' ? mentionedPattern(entries) : null;
  return { kind: 'imports', names: listedNames(entries), mentioned };
}
