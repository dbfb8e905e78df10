import { beforeEach, expect, it } from 'vitest';
import { db } from '#lib/db';
import { listQueue } from '#lib/reviews/list';
import { listQueueSchema } from '#lib/reviews/schema';
import { indexNext } from '#lib/search/build';
import { clusterOf, flagged, person } from '../../tests/fixtures.ts';
import { claimNext } from './mutations.ts';

const found = async (q: string, given: Record<string, unknown> = {}) =>
  (await listQueue(await person('lead'), listQueueSchema.parse({ q, ...given }))).items.map(({ id }) => id);

const finding = (interactionId: string, given: { detector?: string; rule?: string; message?: string }) =>
  db.finding.create({
    data: { interactionId, position: 1, detector: 'x', category: 'other', severity: 'low', ...given },
  });

beforeEach(async () => {
  await db.queueItem.deleteMany();
});

it('finds what waits by text, id, cluster, detector and what a detector said, in whatever case', async () => {
  const [text, asked, named, ruled, said, clustered] = [
    await flagged({ completion: 'value = pickle.Loads(Blob_7)' }),
    await flagged({ prompt: 'Undo the 100%_plan "now"\nplease' }),
    await flagged(),
    await flagged(),
    await flagged(),
    await flagged(),
  ];
  await finding(named, { detector: 'Acme-Scanner/7' });
  await finding(ruled, { rule: 'CRYPTO-weak' });
  await finding(said, { message: 'The hash is old; use another' });
  const { ref } = await clusterOf([clustered]);
  const cases: [string, string[]][] = [
    ['PICKLE.loads(blob', [text]],
    ['100%_PLAN', [asked]],
    ['100__plan', []],
    ['"now"', [asked]],
    ["' OR true --", []],
    ['\\', []],
    ['me-scan', [named]],
    ['crypto-w', [ruled]],
    ['hash is OLD', [said]],
    [ref, [clustered]],
    [ref.toLowerCase(), [clustered]],
    ['C-999999999', []],
    [text, [text]],
    [text.toUpperCase(), [text]],
    [text.slice(0, 35), [text]],
    [text.slice(-9), [text]],
    ['zz no such words', []],
  ];
  for (const indexed of [false, true]) {
    if (indexed) while ((await indexNext()).documents > 0);
    for (const [q, expected] of cases.filter(([q]) => q.length > 1))
      expect([q, indexed, await found(q)]).toEqual([q, indexed, expected]);
  }
});

it('is narrowed by the other filters, and finds nothing that is decided or at another stage', async () => {
  const [go, python, raised, decided] = [
    await flagged({ completion: 'quagga_call()', language: 'go' }),
    await flagged({ completion: 'quagga_call()' }),
    await flagged({ completion: 'quagga_call()' }),
    await flagged({ completion: 'quagga_call()' }),
  ];
  await db.queueItem.update({ where: { interactionId: raised }, data: { stage: 'lead' } });
  await db.queueItem.update({
    where: { interactionId: decided },
    data: { state: 'decided', verdict: 'benign', decidedAt: new Date() },
  });
  expect(await found('quagga')).toEqual([go, python]);
  expect(await found('quagga', { language: 'go' })).toEqual([go]);
  expect(await found('quagga', { detector: 'none such' })).toEqual([]);
  expect(await found('quagga', { stage: 'lead' })).toEqual([raised]);
  expect(await found(decided)).toEqual([]);
});

it('does not find a covered secret by what it is, neither in a text nor in what a detector quotes', async () => {
  const completion = 'connect(user="ana", key="plum-orchard-nine")';
  const id = await flagged({ completion });
  const start = completion.indexOf('plum');
  await db.secret.create({
    data: { interactionId: id, field: 'completion', start, end: start + 17, rule: 'x' },
  });
  await finding(id, { message: 'found plum-orchard-nine in a call' });
  for (const q of ['plum', 'orchard-n', 'key="plum', 'found plum-orchard-nine'])
    expect([q, await found(q)]).toEqual([q, []]);
  for (const q of ['connect(user', 'in a call']) expect([q, await found(q)]).toEqual([q, [id]]);
  // The same before the analysis has come to it, when a scan on the way covers it.
  const token = `ghp_${'a1B2'.repeat(9)}`;
  const fresh = await flagged({ completion: `token = "${token}"  # of the wallaroo` });
  await db.analysisTask.create({ data: { interactionId: fresh } });
  expect([await found(token.slice(0, 20)), await found('wallaroo')]).toEqual([[], [fresh]]);
});

it('gives the next item from among what was found', async () => {
  const ana = await person('reviewer');
  const [, wanted] = [await flagged(), await flagged({ completion: 'numbat_call()' })];
  const claim = () => claimNext(ana, { filters: { q: 'numbat' }, pastBreak: false }, 1);
  expect(await claim()).toMatchObject({ kind: 'claim', claim: { interactionId: wanted } });
  expect(await claim()).toEqual({ kind: 'none' });
});
