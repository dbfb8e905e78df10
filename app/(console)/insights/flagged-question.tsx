import { Bars, type Series } from '#components/chart/bars';
import { ChartTable } from '#components/chart/chart-table';
import { Question } from '#components/chart/question';
import { type Flagged, type Flow, WINDOWS, type Window } from '#lib/insights/schema';
import { CATEGORIES, SEVERITIES } from '#lib/interactions/schema';
import { arrivedIn, bucketLabel, count } from './words.ts';

const SEVERITY_COLOURS = { critical: 7, high: 2, medium: 5, low: 9 };

type Props = { flow: Flow[]; flagged: Flagged[]; bucketHours: number; window: Window };

/** Arrivals by what they were flagged for, and by how bad it is. */
export function FlaggedQuestion(props: Props) {
  const { flagged, window } = props;
  const categories = CATEGORIES.filter((each) => flagged.some(({ category }) => category === each));
  const total = (category: string) =>
    flagged.reduce((sum, each) => sum + (each.category === category ? each.count : 0), 0);
  const [most] = [...categories].sort((a, b) => total(b) - total(a));
  const all = flagged.reduce((sum, each) => sum + each.count, 0);
  if (!most) {
    const none = `Nothing was flagged in the ${WINDOWS[window].label}.`;
    return <Question title="What is being flagged?" answer={none} />;
  }
  const answer = `Mostly ${most.replaceAll('_', ' ')}: ${count(total(most))} of ${count(all)} in the ${WINDOWS[window].label}.`;
  return (
    <>
      <Question title="What is being flagged?" answer={answer}>
        <Stack
          {...props}
          by="category"
          series={categories.map((key) => ({
            key,
            label: key.replaceAll('_', ' '),
            color: `var(--chart-${CATEGORIES.indexOf(key) + 1})`,
          }))}
        />
      </Question>
      <Question title="How bad is it?" answer="Severity is the worst finding’s, as the detector gave it.">
        <Stack
          {...props}
          by="severity"
          series={SEVERITIES.toReversed().map((key) => ({
            key,
            label: key,
            color: `var(--chart-${SEVERITY_COLOURS[key]})`,
          }))}
        />
      </Question>
    </>
  );
}

function Stack(props: Props & { by: 'category' | 'severity'; series: Series[] }) {
  const { flow, flagged, bucketHours, window, by, series } = props;
  const caption = `Flagged items that arrived, by ${by}, UTC`;
  const counts = new Map<string, number>();
  for (const row of flagged) {
    const key = `${row.at} ${row[by]}`;
    counts.set(key, (counts.get(key) ?? 0) + row.count);
  }
  const at = (bucket: string, key: string) => counts.get(`${bucket} ${key}`) ?? 0;
  const total = (key: string) => flow.reduce((sum, bucket) => sum + at(bucket.at, key), 0);
  const first = flow[0];
  return (
    <>
      <Bars
        label={caption}
        stacked
        series={series}
        bars={flow.map((bucket) => ({
          label: bucketLabel(bucket.at, window),
          href: arrivedIn(bucket.at, bucketHours),
          values: Object.fromEntries(series.map(({ key }) => [key, at(bucket.at, key)])),
        }))}
      />
      <ChartTable
        caption={caption}
        heads={[
          by === 'category' ? 'Category' : 'Severity',
          'All',
          ...flow.map((each) => bucketLabel(each.at, window)),
        ]}
        rows={series.map(({ key, label }) => ({
          key,
          href: first && arrivedIn(first.at, bucketHours * flow.length, { [by]: key }),
          cells: [label, count(total(key)), ...flow.map((bucket) => count(at(bucket.at, key)))],
        }))}
      />
    </>
  );
}
