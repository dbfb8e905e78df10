import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { PlainBlock } from '#components/diff/plain-block';
import { visibleText } from '#components/diff/visible-text';
import { RelativeTime } from '#components/relative-time';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { AppError } from '#lib/errors';
import { type PolicyVersion, policyHistory } from '#lib/policies/queries';
import classes from '../../settings.module.css';

export const metadata: Metadata = { title: 'Policy' };

export default async function PolicyPage({ params }: { params: Promise<{ key: string }> }) {
  const { key } = await params;
  const actor = await requireActor();
  const versions = await policyHistory(actor, decodeURIComponent(key)).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'not_found') notFound();
    throw error;
  });
  const [newest] = versions;
  if (!newest) notFound();
  return (
    <>
      <PageHeader
        title={newest.title}
        facts={newest.current ? `version ${newest.version} in force` : 'retired'}
      />
      <ol className={classes.list}>
        {versions.map((version) => (
          <li key={version.id} className={classes.item}>
            <Version version={version} />
          </li>
        ))}
      </ol>
    </>
  );
}

function Version({ version }: { version: PolicyVersion }) {
  const { decisions } = version;
  return (
    <article className={classes.words}>
      <h2 className={classes.name}>
        Version {version.version}: {version.title}
      </h2>
      <p className={`${classes.line} quiet`}>
        {version.current ? 'In force since ' : 'From '}
        <RelativeTime at={version.createdAt.toISOString()} />,{' '}
        {decisions === 1 ? '1 decision cites it' : `${decisions.toLocaleString('en')} decisions cite it`}
        {version.reasonRequired && '; a decision under it says why'}
      </p>
      <p className={classes.line}>{version.text}</p>
      {version.examples.map((example) => (
        <figure key={`${example.verdict} ${example.why} ${example.code}`} className={classes.example}>
          <figcaption>
            <strong>{example.verdict}</strong>: {example.why}
          </figcaption>
          <PlainBlock before={null} completion={visibleText(example.code).text} />
        </figure>
      ))}
    </article>
  );
}
