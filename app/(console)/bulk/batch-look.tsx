import { Visible } from '#components/diff/visible';
import type { BatchPreview } from '#lib/batches/queries';
import classes from './bulk.module.css';
import { VariantList } from './variant-list.tsx';
import { variantsWords } from './words.ts';

const TITLES: Record<keyof BatchPreview['breakdown'], string> = {
  severity: 'Severity',
  category: 'Category',
  language: 'Language',
  model: 'Model',
  tenant: 'Tenant',
  detector: 'Detector',
};

/** How many, what they are, what stays out, and every variant: before anything is decided. */
export function BatchLook({ preview, more }: { preview: BatchPreview; more: string | null }) {
  const { count, total, unseen, excluded, breakdown, variants } = preview;
  return (
    <>
      <p className={classes.figures}>
        <strong>{count.toLocaleString('en')} will be decided, each with a review of its own.</strong>
        {total > count && (
          <span>
            {(total - count).toLocaleString('en')} more wait
            {unseen > 0 ? `: ${variantsWords(unseen)} not looked at yet.` : ' for a second batch.'}
          </span>
        )}
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
      <VariantList variants={variants} more={more} />
    </>
  );
}
