import Link from 'next/link';
import { Bars } from '#components/chart/bars';
import { ChartTable } from '#components/chart/chart-table';
import { Question } from '#components/chart/question';
import type { UserActor } from '#lib/actor';
import { AppError } from '#lib/errors';
import { investigateHref } from '#lib/search/address';
import type { CountSeries, Counts } from '#lib/search/counts';
import { countInteractions } from '#lib/search/queries';
import { type Term, withTerm } from '#lib/search/query';
import { FIELDS, type Field } from '#lib/search/schema';
import { minuteLabel } from '#lib/time';
import classes from './investigate.module.css';
import { SplitBy } from './split-by.tsx';

type OverTimeProps = { actor: UserActor; terms: readonly Term[]; by: readonly Field[] };

const DAY_MS = 86_400_000;
const number = (value: number) => value.toLocaleString('en');

/** What the query finds, counted over time; every bar leads to what it counts. */
export async function OverTime({ actor, terms, by }: OverTimeProps) {
  const counts = await countInteractions(actor, terms, by).catch((error: unknown) => {
    if (error instanceof AppError) return error;
    throw error;
  });
  if (counts instanceof AppError) return <Question title="Over time" answer={counts.message} />;
  return (
    <div className={classes.chart}>
      <Question title="Over time" answer={answerOf(counts)}>
        <SplitBy fields={FIELDS} by={by} q={terms} />
        {counts.buckets.length > 0 && <Chart {...{ counts, terms, by }} />}
      </Question>
    </div>
  );
}

function answerOf({ total, searchedTo, series }: Counts): string {
  const found = `${number(total)} ${total === 1 ? 'interaction' : 'interactions'}`;
  const sum = series.reduce((all, each) => all + each.total, 0);
  return [
    searchedTo
      ? `${found} received since ${minuteLabel(searchedTo)}; older ones were not counted.`
      : `${found}.`,
    ...(sum > total ? ['One with several findings counts in each of its series.'] : []),
  ].join(' ');
}

function Chart({ counts, terms, by }: { counts: Counts; terms: readonly Term[]; by: readonly Field[] }) {
  const { series, buckets, bucketMs } = counts;
  const named = series.map((each, index) => ({
    key: `s${index}`,
    label: labelOf(each),
    color: `var(--chart-${each.rest ? 9 : (index % 8) + 1})`,
  }));
  const rangeOf = (at: Date) => {
    const after = withTerm(terms, 'after', minute(at));
    return withTerm(after, 'before', minute(new Date(at.getTime() + bucketMs)));
  };
  const hrefOf = (at: Date, each: CountSeries) =>
    each.rest || each.values.includes(null)
      ? undefined
      : investigateHref(
          by.reduce((kept, field, index) => withTerm(kept, field, each.values[index] ?? null), rangeOf(at)),
          by,
        );
  const caption = `Interactions found, by ${by.join(' and ')}, from the time given, UTC`;
  const label = (at: Date) =>
    at
      .toISOString()
      .slice(0, bucketMs >= DAY_MS ? 10 : 16)
      .replace('T', ' ');
  return (
    <>
      <Bars
        label={caption}
        stacked
        series={named}
        bars={buckets.map(({ at, counts: values }) => ({
          label: label(at),
          href: investigateHref(rangeOf(at), by),
          hrefs: Object.fromEntries(
            series.flatMap((each, index) => [[`s${index}`, hrefOf(at, each)]].filter(([, href]) => href)),
          ),
          values: Object.fromEntries(values.map((value, index) => [`s${index}`, value])),
        }))}
      />
      <ChartTable
        caption={caption}
        heads={['From, UTC', ...named.map((each) => each.label)]}
        rows={buckets.toReversed().map(({ at, counts: values }) => ({
          key: at.toISOString(),
          href: investigateHref(rangeOf(at), by),
          hrefs: Object.fromEntries(
            series.flatMap((each, index) => {
              const href = hrefOf(at, each);
              return href && values[index] ? [[index + 1, href]] : [];
            }),
          ),
          cells: [label(at), ...values.map(number)],
        }))}
      />
      {terms.some(({ key }) => key === 'after' || key === 'before') && (
        <Link
          href={investigateHref(withTerm(withTerm(terms, 'after', null), 'before', null), by)}
          prefetch={false}
        >
          Any time
        </Link>
      )}
    </>
  );
}

const minute = (at: Date) => `${at.toISOString().slice(0, 16)}Z`;

function labelOf({ values, rest }: CountSeries): string {
  return rest ? 'all others' : values.map((value) => value?.replaceAll('_', ' ') ?? 'none').join(' · ');
}
