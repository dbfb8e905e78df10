import type { Metadata } from 'next';
import Link from 'next/link';
import { notFound } from 'next/navigation';
import { chartClasses as chart } from '#components/chart/chart-classes';
import { Denied } from '#components/denied';
import { Visible } from '#components/diff/visible';
import { EmptyState } from '#components/empty-state';
import { SeverityBadge } from '#components/severity-badge';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { can } from '#lib/permissions';
import { type ClashItem, listClash } from '#lib/quality/queries';
import { clashSchema } from '#lib/quality/schema';
import { wordText } from '../words.ts';

export const metadata: Metadata = { title: 'Disagreement' };

type Search = Promise<Record<string, string | string[] | undefined>>;

/** The items of one disagreement, to read and to talk about. */
export default async function ClashItemsPage({ searchParams }: { searchParams: Search }) {
  const actor = await requireActor();
  if (!can(actor, 'quality.read')) return <Denied permission="quality.read" />;
  const parsed = clashSchema.safeParse(await searchParams);
  if (!parsed.success) notFound();
  const { items, total } = await listClash(actor, parsed.data);
  const said = (word: string) => word.replace('.', ' under ');
  const back = new URLSearchParams({ days: parsed.data.days });
  if (parsed.data.queue) back.set('queue', parsed.data.queue);
  if (parsed.data.category) back.set('category', parsed.data.category);
  return (
    <>
      <PageHeader
        title={
          <>
            <Visible text={said(parsed.data.one)} /> … <Visible text={said(parsed.data.other)} />
          </>
        }
        facts={
          <>
            {total} {total === 1 ? 'item' : 'items'} in the last {parsed.data.days} days
            {total > items.length && `, the newest ${items.length} shown`} · names are left out ·{' '}
            <Link href={`/quality?${back}`}>all disagreements</Link>
          </>
        }
      />
      {items.length === 0 ? (
        <EmptyState title="No item in this time has this disagreement">
          <Link href={`/quality?${back}`}>Back to what there is</Link>
        </EmptyState>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by key.
        <section className={chart.scroll} tabIndex={0} aria-label="Items of this disagreement">
          <table className={chart.table}>
            <thead>
              <tr>
                <th scope="col">Item</th>
                <th scope="col">Severity</th>
                <th scope="col">Reviewers said</th>
                <th scope="col">In the end</th>
                <th scope="col">Decided, UTC</th>
              </tr>
            </thead>
            <tbody>
              {items.map((item) => (
                <tr key={item.id}>
                  <th scope="row">
                    <Link href={`/interactions/${item.id}`} prefetch={false}>
                      <Visible text={item.title} />
                    </Link>
                    <div className="quiet">
                      {item.category.replaceAll('_', ' ')} · <Visible text={item.language} />
                    </div>
                  </th>
                  <td>
                    <SeverityBadge severity={item.severity} />
                  </td>
                  <td>{item.words.map(wordText).join(' … ')}</td>
                  <td>{endOf(item)}</td>
                  <td>{item.decidedAt?.toISOString().slice(0, 16).replace('T', ' ') ?? '–'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </>
  );
}

function endOf({ ruling, final, state, stage }: ClashItem): string {
  if (ruling) return `${ruling}, by a lead`;
  if (state === 'decided') return final ?? 'decided';
  return stage === 'adjudication' ? 'waits for a lead' : 'waits for another review';
}
