import Link from 'next/link';
import { MarkedText } from '#components/diff/marked-text';
import { Visible } from '#components/diff/visible';
import { RelativeTime } from '#components/relative-time';
import { ACTION_WORDS, listWords, scopeWords } from '#lib/mitigations/explain';
import type { MitigationDetail } from '#lib/mitigations/queries';
import { packageWords } from '#sdk/packages/entry';
import type { RuleParameters } from '#sdk/rule';
import { EndsIfPublished } from '../ends-if-published.tsx';
import classes from '../mitigations.module.css';
import { failWords, planWords, sharePercent } from '../words.ts';

function matcherText({ matcher }: MitigationDetail): string {
  switch (matcher.kind) {
    case 're2':
      return `${matcher.ignoreCase ? '(?i)' : ''}${matcher.pattern}`;
    case 'literal':
      return matcher.text;
    case 'imports':
      return listed(matcher.packages.map(packageWords));
    case 'phrases':
      return listed(matcher.phrases);
    case 'shape':
      return matcher.pattern;
    case 'any':
      return 'everything within the scope';
  }
}

const LISTED = 200;

/** A list may hold a hundred thousand names; the rest is in the export and over the API. */
function listed(names: readonly string[]): string {
  const more = names.length - LISTED;
  return [...names.slice(0, LISTED), ...(more > 0 ? [`… and ${more.toLocaleString('en')} more`] : [])].join(
    '\n',
  );
}

/** Everything an approver must have read. */
export function RuleFacts({ rule }: { rule: MitigationDetail }) {
  const counted = rule.approvals.filter((approval) => approval.counts);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by key. */}
      <section className={classes.matcher} tabIndex={0} aria-label="What it looks for">
        <MarkedText text={matcherText(rule)} spans={[]} />
      </section>
      <dl className={classes.facts}>
        <dt>incident</dt>
        <dd>
          <Link href={`/incidents/${rule.incident.ref}`} prefetch={false}>
            {rule.incident.ref}
          </Link>{' '}
          {rule.incident.title}
        </dd>
        <dt>where</dt>
        <dd>
          {rule.target === 'both' ? 'prompt or completion' : rule.target}, {scopeWords(rule.scope)}
        </dd>
        <dt>does</dt>
        <dd>
          {ACTION_WORDS[rule.action]}
          {rule.mode === 'shadow' && ', in shadow only: counted, not done'}
        </dd>
        {parameterWords(rule.parameters).map(([name, words]) => (
          <Fact key={name} name={name} words={words} />
        ))}
        {rule.when !== null && (
          <>
            <dt>only when</dt>
            <dd>
              <code>{rule.when}</code>
            </dd>
          </>
        )}
        {rule.mode === 'enforce' && <Fact name="rollout" words={planWords(rule.plan)} />}
        <Fact name="if it fails or is cut off" words={failWords(rule.fail)} />
        <Fact name="back for review" words={`${sharePercent(rule.sample)} of the hits`} />
        {rule.startsAt && (
          <>
            <dt>begins</dt>
            <dd>
              <RelativeTime at={rule.startsAt} />
            </dd>
          </>
        )}
        <dt>{rule.endedAt ? 'ended' : 'ends'}</dt>
        <dd>
          {rule.publishedAt === null && rule.endedAt === null ? (
            <EndsIfPublished lifeMinutes={rule.lifeMinutes} expiresAt={rule.expiresAt} />
          ) : (
            <RelativeTime at={rule.endedAt ?? rule.expiresAt} />
          )}
        </dd>
        <dt>written by</dt>
        <dd>
          {rule.author?.name ?? 'a key that names no holder'} (version {rule.version})
        </dd>
        <dt>approved by</dt>
        <dd>
          {rule.breakGlassReason
            ? `nobody: break-glass, “${rule.breakGlassReason}”`
            : listWords(counted.map(({ approver }) => approver)) || 'nobody yet'}
        </dd>
        <dt>hits</dt>
        <dd className="tabular">
          {rule.hits.toLocaleString('en')}, of which {rule.enforced.toLocaleString('en')} enforced
        </dd>
        <dt>digest</dt>
        <dd>
          <code title={rule.digest}>{rule.digest.slice(0, 16)}</code>
        </dd>
      </dl>
    </>
  );
}

function Fact({ name, words }: { name: string; words: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>
        <Visible text={words} />
      </dd>
    </>
  );
}

function parameterWords({ text, sampling }: RuleParameters): [string, string][] {
  const names = { temperature: 'temperature', topP: 'top_p', candidates: 'candidates' } as const;
  const bounds = (['temperature', 'topP', 'candidates'] as const).flatMap((name) => {
    const bound = sampling?.[name];
    if (!bound) return [];
    return [`${names[name]} ${'set' in bound ? bound.set : `at most ${bound.max}`}`];
  });
  return [
    ...(text === undefined ? [] : [['says', text] as [string, string]]),
    ...(bounds.length === 0 ? [] : [['sampling', bounds.join(', ')] as [string, string]]),
  ];
}
