import { Visible } from '#components/diff/visible';
import { RelativeTime } from '#components/relative-time';
import { contentChanges } from '#lib/mitigations/version-diff';
import type { MitigationVersions } from '#lib/mitigations/versions';
import classes from '../mitigations.module.css';

/** What each version changed, newest first; the first one is the rule as it was written. */
export function Versions({ versions }: { versions: MitigationVersions }) {
  const steps = versions.map((row, index) => ({ ...row, before: versions[index - 1] })).reverse();
  return (
    <ol className={classes.history}>
      {steps.map(({ version, digest, author, writtenAt, content, before }) => (
        <li key={digest + version}>
          {before?.version === version ? `version ${version}, as it went out` : `version ${version}`} by{' '}
          {author?.name ?? 'a key that names no holder'} · <RelativeTime at={writtenAt} /> ·{' '}
          <code title={digest}>{digest.slice(0, 16)}</code>
          {before && <Changes was={before.content} now={content} />}
        </li>
      ))}
    </ol>
  );
}

function Changes({ was, now }: { was: unknown; now: unknown }) {
  return (
    <ul>
      {contentChanges(was, now).map((change) => (
        <li key={change.field}>
          {change.field}: <del>{change.was === '' ? 'nothing' : <Visible text={change.was} />}</del> →{' '}
          <ins>{change.now === '' ? 'nothing' : <Visible text={change.now} />}</ins>
        </li>
      ))}
    </ul>
  );
}
