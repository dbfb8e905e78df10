import { expect, test } from 'vitest';
import { forecastOf } from './forecast.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const quiet = { low: 0, medium: 0, high: 0, critical: 0 };
const of = (severity: 'low' | 'medium' | 'high' | 'critical', dueInMs: number, count: number) => ({
  severity,
  dueInMs,
  count,
});

test('an empty queue misses nothing and is clear', () => {
  expect(forecastOf([], { decidedPerHour: 0, arrivedPerHour: quiet })).toMatchObject({
    late: 0,
    firstMissMs: null,
    clearedMs: 0,
  });
});

test('60 items due in the step after 55 minutes at 30 an hour: 30 are late, from the hour on, and two hours clear it', () => {
  const found = forecastOf([of('high', 55 * MINUTE, 60)], { decidedPerHour: 30, arrivedPerHour: quiet });
  expect(found).toMatchObject({ late: 30, firstMissMs: HOUR, clearedMs: 2 * HOUR });
  expect(found.bySeverity.find(({ severity }) => severity === 'high')).toEqual({
    severity: 'high',
    pending: 60,
    overdue: 0,
    late: 30,
    firstMissMs: HOUR,
  });
});

test('nobody decides: everything that is due within the horizon is late, and nothing clears', () => {
  const groups = [of('critical', 0, 5), of('low', 80 * HOUR, 7)];
  const found = forecastOf(groups, { decidedPerHour: 0, arrivedPerHour: quiet });
  expect(found).toMatchObject({ late: 5, firstMissMs: 5 * MINUTE, clearedMs: null });
});

test('what is overdue comes first and is not counted as late again', () => {
  const groups = [of('medium', -1, 60), of('high', 55 * MINUTE, 10)];
  const found = forecastOf(groups, { decidedPerHour: 60, arrivedPerHour: quiet });
  expect(found).toMatchObject({ late: 10, clearedMs: 70 * MINUTE });
  expect(found.bySeverity.find(({ severity }) => severity === 'medium')).toMatchObject({
    overdue: 60,
    late: 0,
  });
});

test('critical arrivals overtake: 60 decisions an hour, 40 of them for what arrives and is due sooner', () => {
  const found = forecastOf([of('low', 115 * MINUTE, 60)], {
    decidedPerHour: 60,
    arrivedPerHour: { ...quiet, critical: 40 },
  });
  // By hand: 120 decisions in two hours; the arrivals of the first 100 minutes, 66.7, are due sooner; 53.3 are left for
  // the step with our 60 and the 3.3 that arrive for it, so 10 of 63.3 stay, of which ours are 9.5 (a hair less).
  expect(found).toMatchObject({ late: 9, firstMissMs: 2 * HOUR });
});

test('arrivals that are due later take nothing away', () => {
  const found = forecastOf([of('high', 55 * MINUTE, 60)], {
    decidedPerHour: 60,
    arrivedPerHour: { ...quiet, low: 1_000 },
  });
  expect(found).toMatchObject({ late: 0, clearedMs: HOUR });
});
