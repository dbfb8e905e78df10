import { featuresOf } from '#lib/clusters/features';
import { clusteredText } from '#lib/clusters/shape';
import { isProse, tokenise } from '#lib/clusters/tokenise';
import { compileRe2 } from '#sdk/match';
import { normalize } from '#sdk/phrases';
import type { Rule, RuleMatcher } from '#sdk/rule';
import type { LinkedExample } from './linked.ts';
import { findingTexts, longestCommon } from './suggest.ts';
import { maliciousPackages } from './suggest-packages.ts';
import { sharedStretches } from './suggest-window.ts';

/** One thing that members share, and the rule that would look for it. */
export type Candidate = {
  /** What it is, in the words of the page. */
  kind: 'package' | 'host' | 'text' | 'phrase' | 'code';
  feature: string;
  matcher: RuleMatcher;
  target: Rule['target'];
  /** What detectors point at in all of them: it is the harm itself, where longer text is only around it. */
  pointed?: true;
};

/** Members that features are taken from; the others are only counted. */
const READ = 20;
const LINE_MIN = 12;
const LINE_MAX = 200;
const LINES = 12;
const PHRASE_WORDS = 3;
const COVER = '•';

/** What members have in common, the surest first: which of it is rare elsewhere is not known here. */
export function candidatesOf(members: readonly LinkedExample[]): Candidate[] {
  const read = members.filter(({ prompt, completion }) => prompt !== '' || completion !== '').slice(0, READ);
  if (read.length === 0) return [];
  const found: Candidate[] = [];
  const packages = maliciousPackages(read);
  if (packages.length > 0) {
    found.push({
      kind: 'package',
      feature: packages.join(', '),
      matcher: { kind: 'imports', packages },
      target: 'completion',
    });
  }
  const texts = read.map((row) => clusteredText(row));
  const onPrompts = read.every(({ completion }) => completion.trim() === '');
  const target = onPrompts ? 'prompt' : 'completion';
  if (onPrompts || texts.every(({ language }) => isProse(language))) found.push(...phrases(texts, target));
  found.push(...hosts(texts, target), ...literals(read, texts, target));
  if (!onPrompts) found.push(...code(texts));
  return found.filter(({ feature }) => !feature.includes(COVER) && feature.isWellFormed());
}

type Text = { text: string; language: string };

function phrases(texts: readonly Text[], target: Rule['target']): Candidate[] {
  const common = longestCommon(texts.map(({ text }) => normalize(text.slice(0, 4_000)).text));
  // Words that are whole in every text.
  const words = common === null ? [] : common.split(' ');
  const whole = words.length > PHRASE_WORDS + 1 ? words.slice(1, -1) : words;
  const phrase = whole.join(' ').slice(0, 300);
  if (whole.length < PHRASE_WORDS || phrase.includes(COVER)) return [];
  return [{ kind: 'phrase', feature: phrase, matcher: { kind: 'phrases', phrases: [phrase] }, target }];
}

function hosts(texts: readonly Text[], target: Rule['target']): Candidate[] {
  const sets = texts.map(({ text, language }) => featuresOf(text, language, tokenise(text, language)));
  const shared = (sets[0] ?? []).filter((feature) => sets.every((set) => set.includes(feature)));
  return shared
    .filter((feature) => feature.startsWith('host:') && feature.length > 'host:'.length + 5)
    .map((feature) => {
      const host = feature.slice('host:'.length);
      return {
        kind: 'host',
        feature: host,
        matcher: { kind: 'literal', text: host, ignoreCase: true },
        target,
      };
    });
}

function literals(
  members: readonly LinkedExample[],
  texts: readonly Text[],
  target: 'prompt' | 'completion',
): Candidate[] {
  const spans = findingTexts(members).filter((span) => span.target === target);
  const wanted = new Set<string>();
  const add = (text: string | null) => {
    const trimmed = text?.trim() ?? '';
    if (trimmed.length >= 4 && !trimmed.includes(COVER) && trimmed.length <= LINE_MAX) wanted.add(trimmed);
  };
  if (spans.length >= members.length) add(longestCommon(spans.map(({ text }) => text)));
  const [pointed] = wanted;
  add(longestCommon(texts.map(({ text }) => text)));
  const [first, ...others] = texts.map(({ text }) => text.slice(0, 8_000));
  const lines = [...new Set((first ?? '').split('\n').map((line) => line.trim()))]
    .filter((line) => line.length >= LINE_MIN && others.every((other) => other.includes(line)))
    .sort((a, b) => b.length - a.length);
  for (const line of lines.slice(0, LINES)) add(line);
  return [...wanted].map((text) => ({
    kind: 'text',
    feature: text,
    matcher: { kind: 'literal', text, ignoreCase: false },
    target,
    ...(text === pointed && { pointed: true as const }),
  }));
}

function code(texts: readonly Text[]): Candidate[] {
  return sharedStretches(texts).flatMap((pattern): Candidate[] => {
    try {
      compileRe2(pattern, false);
    } catch {
      // A character that RE2 reads otherwise; the next stretch may do.
      return [];
    }
    return [
      {
        kind: 'code',
        feature: pattern,
        matcher: { kind: 're2', pattern, ignoreCase: false },
        target: 'completion',
      },
    ];
  });
}
