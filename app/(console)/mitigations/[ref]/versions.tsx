import { Visible } from '#components/diff/visible';
import { RelativeTime } from '#components/relative-time';
import { contentChanges, fieldWords } from '#lib/mitigations/version-diff';
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
  const changes = contentChanges(was, now);
  if (changes.length === 0) return <p className={classes.hint}>Same content as the version before.</p>;
  return (
    <dl className={classes.changes}>
      {changes.map((change) => (
        <div key={change.field}>
          <dt>{fieldWords(change.field)}</dt>
          {/* A digest says that it differs, and nothing that a person could read. */}
          {change.field.endsWith('sha256') ? (
            <dd>changed</dd>
          ) : (
            <>
              <Side mark="−" said="Before" text={change.was} />
              <Side mark="+" said="Now" text={change.now} />
            </>
          )}
        </div>
      ))}
    </dl>
  );
}

function Side({ mark, said, text }: { mark: '−' | '+'; said: string; text: string }) {
  if (text === '') return null;
  return (
    <dd data-mark={mark}>
      <span aria-hidden="true">{mark}</span>
      <span className="spoken">{said}: </span>
      <span>
        <Visible text={text} />
      </span>
    </dd>
  );
}
