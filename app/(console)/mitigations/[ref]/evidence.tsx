import Link from 'next/link';
import { z } from 'zod';
import type { MitigationEvent } from '#lib/mitigations/queries';
import classes from '../mitigations.module.css';
import { counted } from '../words.ts';

const ruleset = z.object({ seq: z.number(), sha256: z.string() });

/** What `publishMitigation` wrote down; of an older event nothing is claimed. */
const published = z.object({
  evidenceSha256: z.string(),
  evidence: z.object({
    before: ruleset.nullable(),
    after: ruleset,
    items: z.object({ count: z.number(), sha256: z.string() }),
    backtest: z.object({ id: z.string() }).nullable(),
  }),
});

type Props = {
  events: readonly MitigationEvent[];
  /** The incident whose export holds the event; null for who may not export. */
  exportOf: string | null;
};

/** What was known when the rule went out, by digests that an auditor can check against what is kept. */
export function Evidence({ events, exportOf }: Props) {
  const event = events.find(({ action }) => action === 'mitigation.publish');
  const read = published.safeParse(event?.data);
  if (!read.success) return null;
  const { evidence, evidenceSha256 } = read.data;
  const { before, after, items, backtest } = evidence;
  return (
    <section className={classes.section} aria-labelledby="evidence">
      <h2 id="evidence">Evidence of its publish</h2>
      <dl className={classes.facts}>
        <dt>evidence</dt>
        <dd>
          <Digest sha256={evidenceSha256} />
        </dd>
        <dt>ruleset before</dt>
        <dd>
          {before ? (
            <>
              {before.seq} <Digest sha256={before.sha256} />
            </>
          ) : (
            'none: it was the first'
          )}
        </dd>
        <dt>ruleset after</dt>
        <dd>
          {after.seq} <Digest sha256={after.sha256} />
        </dd>
        <dt>linked then</dt>
        <dd>
          {counted(items.count, 'interaction')} <Digest sha256={items.sha256} />
        </dd>
        <dt>back-test</dt>
        <dd>{backtest ? 'figures included' : 'none at that time'}</dd>
      </dl>
      {exportOf !== null && (
        <p className={classes.hint}>
          Full evidence: export <Link href={`/incidents/${exportOf}#export`}>{exportOf}</Link>.
        </p>
      )}
    </section>
  );
}

function Digest({ sha256 }: { sha256: string }) {
  return <code title={sha256}>{sha256.slice(0, 16)}</code>;
}
