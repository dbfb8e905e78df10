import Link from 'next/link';
import { CompletionDiff } from '#components/diff/completion-diff';
import { Visible } from '#components/diff/visible';
import { SeverityBadge } from '#components/severity-badge';
import type { BatchPreview } from '#lib/batches/queries';
import classes from './bulk.module.css';

const TITLES: Record<keyof BatchPreview['breakdown'], string> = {
  severity: 'Severity',
  category: 'Category',
  language: 'Language',
  model: 'Model',
  tenant: 'Tenant',
  detector: 'Detector',
};

/** How many, what they are, what stays out, and samples that show how they differ: before anything is decided. */
export function BatchLook({ preview }: { preview: BatchPreview }) {
  const { count, remaining, excluded, breakdown, samples } = preview;
  return (
    <>
      <p className={classes.figures}>
        <strong>{count.toLocaleString('en')} will be decided, each with a review of its own.</strong>
        {remaining > 0 && <span>{remaining.toLocaleString('en')} more wait for a second batch.</span>}
        {excluded.map((each) => (
          <span key={each.reason} className="quiet">
            {each.count.toLocaleString('en')} {each.reason}
          </span>
        ))}
      </p>
      <div className={classes.breakdown}>
        {Object.entries(breakdown).map(([kind, { named, rest }]) => (
          <section key={kind}>
            <h2>{TITLES[kind as keyof typeof TITLES]}</h2>
            <ul>
              {named.map((each) => (
                <li key={each.value ?? ''}>
                  <span>
                    {each.value === null ? 'none' : <Visible text={each.value.replaceAll('_', ' ')} />}
                  </span>
                  <span className="tabular">{each.count.toLocaleString('en')}</span>
                </li>
              ))}
              {rest > 0 && (
                <li>
                  <span className="quiet">others</span>
                  <span className="tabular">{rest.toLocaleString('en')}</span>
                </li>
              )}
            </ul>
          </section>
        ))}
      </div>
      <h2 className={classes.heading}>
        {samples.length === count
          ? 'All of them'
          : `${samples.length} of them, as different as they are, worst first`}
      </h2>
      <ul className={classes.samples}>
        {samples.map((sample, index) => (
          <li key={sample.id} className={classes.sample}>
            <p className={classes.sampleHead}>
              <SeverityBadge severity={sample.severity} />
              <Link href={`/queue/${sample.id}`}>
                <Visible text={sample.title} />
              </Link>
              {sample.alike > 1 && (
                <span className="quiet">stands for {sample.alike.toLocaleString('en')} like it</span>
              )}
            </p>
            <CompletionDiff
              before={sample.completion === '' ? null : sample.before}
              completion={sample.completion || sample.prompt}
              language={sample.completion === '' ? 'text' : sample.language}
              path={sample.path}
              findings={[]}
              active={index === 0}
            />
          </li>
        ))}
      </ul>
    </>
  );
}
