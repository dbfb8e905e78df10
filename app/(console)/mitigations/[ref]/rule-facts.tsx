import Link from 'next/link';
import { RelativeTime } from '#components/relative-time';
import { ACTION_WORDS, listWords, scopeWords } from '#lib/mitigations/explain';
import type { MitigationDetail } from '#lib/mitigations/queries';
import { MarkedText } from '../marked-text.tsx';
import classes from '../mitigations.module.css';

function matcherText({ matcher }: MitigationDetail): string {
  switch (matcher.kind) {
    case 're2':
      return `${matcher.ignoreCase ? '(?i)' : ''}${matcher.pattern}`;
    case 'literal':
      return matcher.text;
    case 'imports':
      return matcher.packages.join('\n');
    case 'phrases':
      return matcher.phrases.join('\n');
    case 'shape':
      return matcher.pattern;
    case 'any':
      return 'everything within the scope';
  }
}

/** Everything an approver must have read. */
export function RuleFacts({ rule }: { rule: MitigationDetail }) {
  const counted = rule.approvals.filter((approval) => approval.counts);
  return (
    <>
      <MarkedText text={matcherText(rule)} spans={[]} />
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
          {ACTION_WORDS[rule.action]}, {rule.mode === 'shadow' ? 'in shadow: counted, not done' : 'enforced'}
        </dd>
        <dt>{rule.endedAt ? 'ended' : 'ends'}</dt>
        <dd>
          <RelativeTime at={rule.endedAt ?? rule.expiresAt} />
        </dd>
        <dt>written by</dt>
        <dd>
          {rule.author?.name ?? 'a machine'} (version {rule.version})
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
