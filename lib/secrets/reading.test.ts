import { beforeAll, expect, it } from 'vitest';
import { systemActor } from '#lib/actor';
import { analyseNext } from '#lib/clusters/analysis';
import { listMembers } from '#lib/clusters/members';
import { getCluster, listClusters } from '#lib/clusters/queries';
import { findSimilar } from '#lib/clusters/similar';
import { db } from '#lib/db';
import { exportIncident } from '#lib/exports/mutations';
import { addFindings } from '#lib/findings/mutations';
import { newId } from '#lib/ids';
import { declareIncident } from '#lib/incidents/mutations';
import { previewInteractions } from '#lib/incidents/queries';
import { getInteraction, listInteractions } from '#lib/interactions/queries';
import { startBacktest } from '#lib/mitigations/backtest';
import { draftMitigation } from '#lib/mitigations/mutations';
import { composerExamples, getMitigation } from '#lib/mitigations/queries';
import type { RuleDraft } from '#lib/mitigations/schema';
import { suggestRule } from '#lib/mitigations/suggest';
import { can } from '#lib/permissions';
import { getOwnWork } from '#lib/quality/own-work';
import { listClash } from '#lib/quality/queries';
import { qualityFiltersSchema } from '#lib/quality/schema';
import { listQueue } from '#lib/reviews/list';
import { getWorkItem } from '#lib/reviews/queries';
import { listQueueSchema } from '#lib/reviews/schema';
import { tried } from '#tests/run-backtest';
import { flagged, machine, person } from '../../tests/fixtures.ts';
import { revealSecrets } from './mutations.ts';
import { scanSecrets } from './scan.ts';

const PASSWORD = 'kestrel-4711-quay';
const TOKEN = `ghp_${'a1B2c3D4'.repeat(4)}e5F6`;
const PLANTED = [PASSWORD, TOKEN];
const draft: RuleDraft = {
  scope: {},
  matcher: { kind: 'literal', text: 'connect(', ignoreCase: false },
  target: 'completion',
  action: 'block',
  mode: 'enforce',
} as never;

let scanned: string;
let waiting: string;
let incident: { id: string; ref: string };
let rule: { id: string };

async function planted(): Promise<string> {
  const id = await flagged({
    prompt: `use password = "${PASSWORD}" here`,
    before: `old = "${TOKEN}"`,
    completion: `db.connect(user, password="${PASSWORD}")\nheaders = {"t": "${TOKEN}"}\n`,
  });
  await db.finding.create({
    data: {
      interactionId: id,
      position: 1,
      detector: 'd',
      category: 'secret',
      severity: 'critical',
      message: `found ${PASSWORD} and ${TOKEN}`,
    },
  });
  return id;
}

beforeAll(async () => {
  scanned = await planted();
  waiting = await planted();
  await db.analysisTask.createMany({ data: [{ interactionId: scanned }] });
  await analyseNext(systemActor('analysis'), 10);
  await db.$transaction((tx) => scanSecrets(tx, [scanned]));
  await db.analysisTask.createMany({ data: [{ interactionId: waiting }], skipDuplicates: true });
  const commander = await person('commander');
  incident = await declareIncident(commander, {
    title: 'Leak',
    severity: 'sev2',
    interactionIds: [scanned, waiting],
  });
  rule = await draftMitigation(commander, {
    ...draft,
    incident: incident.ref,
    title: 'R',
    expiresInMinutes: 60,
  } as never);
});

it('keeps where they stand once scanned, the same again', async () => {
  const rows = await db.secret.findMany({ where: { interactionId: scanned } });
  expect(rows.map(({ field }) => field).sort()).toEqual(['before', 'completion', 'completion', 'prompt']);
  expect(await db.secret.count({ where: { interactionId: waiting } })).toBe(0);
});

it('shows a planted secret nowhere, scanned or still waiting for its scan', async () => {
  const actors = [
    await person('reviewer'),
    await person('lead'),
    await person('commander'),
    await person('admin'),
  ];
  for (const actor of actors) {
    const clusters = await listClusters(actor, {});
    const shown: Record<string, unknown> = {
      list: await listInteractions(actor, { limit: 50 }),
      queue: await listQueue(actor, listQueueSchema.parse({})),
      clusters,
      rule: await getMitigation(actor, rule.id),
      backtest: can(actor, 'mitigation.draft') ? await tried(actor, { draft, incident: incident.id }) : null,
      preview: actor.role === 'admin' ? null : await previewInteractions(actor, [scanned, waiting]),
      similar: await findSimilar(actor, scanned),
    };
    for (const id of [scanned, waiting]) {
      shown[`interaction ${id}`] = await getInteraction(actor, id);
      shown[`work ${id}`] = await getWorkItem(actor, id);
    }
    for (const { ref } of clusters.items) {
      shown[`cluster ${ref}`] = await getCluster(actor, ref);
      shown[`members ${ref}`] = await listMembers(actor, ref);
    }
    const composer = await composerExamples(actor, incident.id);
    shown.composer = { composer, suggestion: suggestRule(composer.examples) };
    for (const [place, value] of Object.entries(shown)) {
      const json = JSON.stringify(value);
      for (const secret of PLANTED) expect(json.includes(secret), `${place} as ${actor.role}`).toBe(false);
    }
    expect(JSON.stringify(shown.composer)).toContain('•');
  }
});

it('shows none on the page of one’s own work nor among disagreements', async () => {
  const ids = [await planted(), await planted(), await planted()] as const;
  await db.analysisTask.createMany({ data: ids.map((interactionId) => ({ interactionId })) });
  // The title is the first finding's message.
  await db.finding.deleteMany({ where: { interactionId: { in: [...ids] }, position: 0 } });
  const [skipped, held, golden] = ids;
  const [ana, ben, lead] = [await person('reviewer'), await person('reviewer'), await person('lead')];
  const past = new Date(Date.now() - 3_600_000);
  await db.queueSkip.create({ data: { interactionId: skipped, reviewerId: ana.id, reason: 'language' } });
  await db.queueItem.update({
    where: { interactionId: held },
    data: { leaseHolderId: ana.id, leaseToken: newId(), leaseExpiresAt: new Date(Date.now() + 3_600_000) },
  });
  await db.goldenItem.create({ data: { interactionId: golden, verdict: 'harmful', createdById: lead.id } });
  await db.goldenAnswer.create({
    data: { interactionId: golden, reviewerId: ana.id, verdict: 'benign', answeredAt: past, timeSpentMs: 1 },
  });
  for (const [by, verdict] of [
    [ana, 'harmful'],
    [ben, 'benign'],
  ] as const)
    await db.review.create({
      data: { id: newId(), interactionId: skipped, reviewerId: by.id, verdict, timeSpentMs: 1 },
    });
  await db.queueItem.update({
    where: { interactionId: skipped },
    data: { reviewsDone: 2, stage: 'adjudication' },
  });
  const work = await getOwnWork(ana);
  const clash = await listClash(lead, { ...qualityFiltersSchema.parse({}), one: 'harmful', other: 'benign' });
  const shown = [...work.skipped, ...work.held, ...work.wrong, ...clash.items];
  expect(shown).toHaveLength(4);
  for (const { title } of shown) {
    expect(title).toContain('•');
    for (const secret of PLANTED) expect(title).not.toContain(secret);
  }
});

it('exports an incident without them and says so; the stored test of a rule holds none either', async () => {
  const { lines } = await exportIncident(await person('auditor'), {
    incident: incident.ref,
    format: 'ndjson',
  });
  let text = '';
  for await (const line of lines) text += line;
  for (const secret of PLANTED) expect(text.includes(secret)).toBe(false);
  expect(text).toContain('Secrets in texts are covered');
  const stored = JSON.stringify((await db.mitigation.findUniqueOrThrow({ where: { id: rule.id } })).tests);
  expect(stored).toContain('connect(');
  for (const secret of PLANTED) expect(stored.includes(secret)).toBe(false);
});

it('a back-test tells nothing of what is masked, whatever is asked', async () => {
  const commander = await person('commander');
  const hitsOf = async (pattern: string) => {
    const matcher = { kind: 're2' as const, pattern, ignoreCase: false };
    return (await tried(commander, { draft: { ...draft, matcher }, incident: incident.id })).incident.hits;
  };
  const prefix = TOKEN.slice(0, 4);
  for (const [right, wrong] of [
    [TOKEN, TOKEN.replace('a', 'b')],
    [`${prefix}[a-f]`, `${prefix}[g-z]`],
    // Each is also met by what covers the secret, so that only the true text could tell them apart.
    [`"t": "(${prefix}|•)`, `"t": "(xyz_|•)`],
    [`"t": "[^${prefix[0]}]`, '"t": "[^x]'],
    [`password="k[^"]*"`, `password="q[^"]*"`],
    [`password="(k|•)`, `password="(q|•)`],
  ] as const) {
    expect(await hitsOf(right), right).toBe(await hitsOf(wrong));
  }
  expect(await hitsOf('connect\\(')).toBe(2);
});

it('phrases tell nothing of what is masked either', async () => {
  const commander = await person('commander');
  const hitsOf = async (phrase: string) => {
    const matcher = { kind: 'phrases' as const, phrases: [phrase] };
    return (await tried(commander, { draft: { ...draft, matcher }, incident: incident.id })).incident.hits;
  };
  expect(await hitsOf(PASSWORD)).toBe(0);
  expect(await hitsOf('password="••')).toBe(2);
});

it('a draft without tests tells nothing of them by being refused', async () => {
  const commander = await person('commander');
  const drafted = (text: string) =>
    draftMitigation(commander, {
      ...draft,
      matcher: { kind: 'literal', text, ignoreCase: false },
      incident: incident.ref,
      title: 'R',
      expiresInMinutes: 60,
    } as never).then(
      () => 'taken',
      (error: Error) => error.message.replace(text, '…'),
    );
  expect(await drafted(TOKEN)).toBe(await drafted(`${TOKEN.slice(0, -1)}x`));
});

it('whoever may not draft starts no back-test, and each that is started is in the history', async () => {
  for (const actor of [await person('auditor'), await person('reviewer'), await machine(['export'])]) {
    await expect(startBacktest(actor, { draft })).rejects.toMatchObject({ code: 'forbidden' });
  }
  const key = await machine(['respond']);
  const other = await machine(['respond']);
  const { id } = await startBacktest(key, { draft });
  const event = await db.event.findFirstOrThrow({ where: { subjectId: id } });
  expect(event).toMatchObject({ action: 'backtest.start', actorId: key.id });
  expect(event.body).not.toContain('connect(');
  // Two keys that nobody is known to hold are not one person with one share of the queue.
  for (let n = 1; n < 20; n += 1) await startBacktest(key, { draft });
  await expect(startBacktest(key, { draft })).rejects.toMatchObject({ code: 'rate_limited' });
  await startBacktest(other, { draft });
  await db.backtest.updateMany({ where: { state: 'running' }, data: { state: 'cancelled' } });
});

it('reveals to the person who says why, and the history keeps the reason and no text', async () => {
  const ana = await person('reviewer');
  const reason = 'is this key one of ours?';
  const texts = await revealSecrets(ana, { interactionId: scanned, reason });
  expect(texts.completion).toContain(TOKEN);
  expect(texts.prompt).toContain(PASSWORD);
  const event = await db.event.findFirstOrThrow({ where: { action: 'interaction.reveal', actorId: ana.id } });
  expect(JSON.parse(event.body).data).toEqual({ reason, fields: 3, secrets: 4 });
  const history = JSON.stringify(await db.event.findMany({ select: { body: true } }));
  for (const secret of PLANTED) expect(history.includes(secret)).toBe(false);
  const input = { interactionId: scanned, reason };
  await expect(revealSecrets(await person('auditor'), input)).rejects.toMatchObject({ code: 'forbidden' });
  await expect(revealSecrets(ana, { ...input, interactionId: ana.id })).rejects.toMatchObject({
    code: 'not_found',
  });
  await db.interaction.updateMany({
    where: { id: waiting },
    data: { prompt: '', before: '', completion: '', erasedAt: new Date(), erasedFor: 'retention' },
  });
  await expect(revealSecrets(ana, { ...input, interactionId: waiting })).rejects.toMatchObject({
    code: 'conflict',
  });
});

it('covers what a detector marks as a secret, also one that comes after the scan, and says what it could not', async () => {
  const lead = await person('lead');
  const completion = 'run(rot13("xrfgery"))';
  const [placed, unplaced] = [await flagged({ completion }), await flagged({ completion })];
  for (const id of [placed, unplaced]) await db.$transaction((tx) => scanSecrets(tx, [id]));
  await db.analysisTask.deleteMany({ where: { interactionId: { in: [placed, unplaced] } } });
  const secret = { detector: 'leaks', category: 'secret', severity: 'high' } as const;
  const rows = await db.interaction.findMany({ where: { id: { in: [placed, unplaced] } } });
  const externalId = (id: string) => rows.find((row) => row.id === id)?.externalId ?? '';
  const key = await machine(['ingest']);
  const report = (id: string, place: object) =>
    addFindings(key, {
      source: rows[0]?.source ?? '',
      mapping: 'test',
      findings: [{ targets: [{ by: 'id', value: externalId(id) }], finding: { ...secret, ...place } }],
    });
  const answers = [await report(placed, { start: 11, end: 18 }), await report(unplaced, {})];
  expect(answers.flat().map(({ status }) => status)).toEqual(['added', 'added']);
  expect(await getWorkItem(lead, placed)).toMatchObject({
    completion: 'run(rot13("••••••••"))',
    uncovered: 0,
    secretRules: ['detector'],
  });
  expect(await getWorkItem(lead, unplaced)).toMatchObject({ completion, uncovered: 1, secretRules: [] });
});
