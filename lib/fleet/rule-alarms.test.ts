import { beforeEach, describe, expect, test } from 'vitest';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { type Report, reportSchema } from '#sdk/report';
import { person, ruleRow } from '../../tests/fixtures.ts';
import { listGaps } from './gaps.ts';
import { recordReports } from './mutations.ts';
import { getInstance, listInstances } from './queries.ts';
import { unnamedWords } from './rule-alarms.ts';

const feed = systemActor('feed');
const said = (instanceId: string, report: Partial<Report>, at = new Date()) => ({
  at,
  report: reportSchema.parse({
    instanceId,
    sdkVersion: '1',
    activeSeq: 0,
    seq: 0,
    state: 'active',
    ...report,
  }),
});
const ago = (ms: number) => new Date(Date.now() - ms);

beforeEach(async () => {
  await db.instance.deleteMany();
});

describe('alarms', () => {
  const events = async (subjectId: string) =>
    (await db.event.findMany({ where: { action: 'fleet.alarm', subjectId }, orderBy: { id: 'asc' } })).map(
      ({ incidentId, body }) => ({ incidentId, ...JSON.parse(body).data }),
    );

  test('are told once, in the history of the rule’s incident, and when they are over; the rule is not demoted', async () => {
    const { id: ruleId, incidentId } = await ruleRow();
    const since = new Date().toISOString();
    const alarms = [
      { ruleId: ruleId.toUpperCase(), reason: 'It hit 90 of about 100 decisions.', since },
      { ruleId, reason: 'It failed on a text.', since },
    ];
    const first = said('busy', { alarms }, ago(3_000));
    await Promise.all([recordReports(feed, [first]), recordReports(feed, [first])]);
    await recordReports(feed, [said('busy', { alarms }, ago(2_000))]);
    expect(await events('busy')).toMatchObject([
      { incidentId, isOpen: true, ruleId, reason: 'It hit 90 of about 100 decisions.' },
    ]);
    const auditor = await person('auditor');
    const [row] = (await listInstances(auditor)).items;
    expect(row).toMatchObject({ id: 'busy', breakers: [], alarms: [{ ruleId }] });
    expect(await getInstance(auditor, 'busy')).toMatchObject({ breakers: [], alarms: [{ ruleId }] });
    expect(await listGaps(auditor)).toContainEqual(
      expect.objectContaining({
        instanceId: 'busy',
        text: expect.stringMatching(
          /^raises an alarm about R-\d+, which goes on: It hit 90 of about 100 decisions\.$/,
        ),
      }),
    );
    // A report that was on its way for longer must not bring it back.
    await recordReports(feed, [said('busy', {}, ago(1_000))]);
    await recordReports(feed, [said('busy', { alarms }, ago(2_500))]);
    expect((await events('busy')).map(({ isOpen }) => isOpen)).toEqual([true, false]);
    expect((await getInstance(auditor, 'busy')).alarms).toEqual([]);
  });
});

describe('decisions that name nothing by which live rules are scoped', () => {
  test('are summed over the fleet for each field, and gone with the next report that has none', async () => {
    const unnamed = (field: 'tenant' | 'model', without: number, decisions: number) => ({
      field,
      decisions,
      without,
    });
    await recordReports(feed, [
      said('pod-1', { unnamed: [unnamed('tenant', 300, 900)] }, ago(2_000)),
      said('pod-2', { unnamed: [unnamed('tenant', 10, 100), unnamed('model', 1, 100)] }, ago(2_000)),
      said('pod-3', {}, ago(2_000)),
    ]);
    const texts = async () => (await listGaps(await person('auditor'))).map(({ text }) => text);
    expect(await texts()).toEqual([
      '31 % of decisions name no tenant (310 of 1,000 in the last five minutes, on 2 instances, most on pod-1). ' +
        'Rules that are scoped by tenant do not hold for them: send `tenant` with each request.',
      '1 % of decisions name no model (1 of 100 in the last five minutes, on pod-2). ' +
        'Rules that are scoped by model do not hold for them: send `model` with each request.',
    ]);
    await recordReports(feed, [said('pod-1', {}), said('pod-2', {})]);
    expect(await texts()).toEqual([]);
  });

  test('a small share is told as what it is', () => {
    const words = unnamedWords({ field: 'tier', decisions: 9_000, without: 3, instances: 1, worst: 'a' });
    expect(words).toMatch(
      /^0\.033 % of decisions name no tier \(3 of 9,000 in the last five minutes, on a\)/,
    );
  });
});
