import pg from 'pg';
import { expect } from 'vitest';
import { systemActor } from '#lib/actor';
import { incidentTimeline, listEvents } from '#lib/audit/queries';
import { sequenceEvents } from '#lib/audit/sequence';
import { db } from '#lib/db';
import { env } from '#lib/env';
import { exportEvents, exportIncident } from '#lib/exports/mutations';
import type { Export } from '#lib/exports/schema';
import {
  declareIncident,
  linkInteractions,
  noteIncident,
  transitionIncident,
} from '#lib/incidents/mutations';
import { getIncident } from '#lib/incidents/queries';
import { getInteraction } from '#lib/interactions/queries';
import { createKey } from '#lib/keys/mutations';
import { approveMitigation, draftMitigation, publishMitigation } from '#lib/mitigations/mutations';
import { draftMitigationSchema } from '#lib/mitigations/schema';
import { POST as reportFindings } from '../../app/api/v1/findings/[adapter]/route.ts';
import { flagged } from '../fixtures.ts';
import { readCsv } from '../read-csv.ts';
import { ruleDesk } from '../rules.ts';
import { fieldCase } from './cases.ts';

const desk = await ruleDesk();
const { ana, bo, auditor } = desk;

async function textOf({ lines }: Export): Promise<string> {
  let text = '';
  for await (const each of lines) text += each;
  return text;
}
type Line = {
  type: string;
  counts?: { events: number; unordered: number };
  unordered?: string;
  body?: string;
};
const linesOf = async (made: Export): Promise<Line[]> =>
  (await textOf(made))
    .trimEnd()
    .split('\n')
    .map((each) => JSON.parse(each));
const rowsOf = async (made: Export) => readCsv((await textOf(made)).slice(1)).slice(1);

fieldCase('16', 'logs with several answers', async ({ text, row }) => {
  const source = 'field-16';
  const { key } = await createKey(systemActor('test'), { name: source, source, scopes: ['ingest'] });
  const body = text('litellm.ndjson');
  const response = await reportFindings(
    new Request('http://stopgap.test/api/v1/findings/litellm', {
      method: 'POST',
      body,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/x-ndjson' },
    }),
    { params: Promise.resolve({ adapter: 'litellm' }) },
  );
  const records = body.trimEnd().split('\n');
  const { created, results } = (await response.json()) as { created: number; results: { id: string }[] };
  await row('records created', String(records.length), created);
  const stored = await db.interaction.findMany({ where: { source } });
  const { ref } = await declareIncident(ana, { title: 'field', severity: 'sev3' });
  await linkInteractions(ana, { incident: ref, interactionIds: stored.map(({ id }) => id) });
  const exported = await textOf(await exportIncident(auditor, { incident: ref, format: 'ndjson' }));
  for (const record of records) {
    const { id } = JSON.parse(record) as { id: string };
    const found = stored.find(({ externalId }) => externalId === id);
    await row(
      `${id}: answered for`,
      'true',
      results.some((result) => result.id === id),
    );
    const read = found && (await getInteraction(ana, found.id));
    const words = `${read?.prompt}\n${read?.before ?? ''}\n${read?.completion}`;
    for (const [mark] of record.matchAll(/MARK_[A-Z]+/g)) {
      await row(`${id}: ${mark}`, 'read', words.includes(mark) ? 'read' : 'lost');
      await row(`${id}: ${mark} in the export`, 'read', exported.includes(mark) ? 'read' : 'lost');
    }
    await row(`${id}: completion`, 'some', read?.completion ? 'some' : 'empty');
  }
});

fieldCase('17', 'a merge with an approved rule', async ({ json, row }) => {
  const draft = json('rule.json');
  const [{ text }] = draft.tests.mustMatch;
  const declare = async (title: string, count: number) =>
    declareIncident(ana, {
      title,
      severity: 'sev2',
      interactionIds: await Promise.all(Array.from({ length: count }, () => flagged({ completion: text }))),
    });
  const [a, b, c] = [await declare('field a', 2), await declare('field b', 1), await declare('field c', 0)];
  const rule = await draftMitigation(ana, draftMitigationSchema.parse({ ...draft, incident: a.ref }));
  await approveMitigation(bo, { mitigation: rule.ref, version: 1 });
  await noteIncident(bo, { incident: a.ref, text: 'the cause is the old snippet' });
  const { cargo } = await getIncident(ana, a.ref);
  await row(
    '4 told before',
    JSON.stringify({ interactions: 2, notes: 1, rules: { approved: 1 } }),
    JSON.stringify(cargo),
  );
  const merge = async (from: string, into: string) => {
    const { version } = await getIncident(ana, from);
    return transitionIncident(ana, { incident: from, to: 'merged', version, mergeInto: into });
  };
  await merge(a.ref, b.ref);
  const at = async (ref: string) => (await getIncident(ana, ref)).mitigations;
  await row('5 the rule is at b', 'approved', async () => (await at(b.ref)).map(({ state }) => state));
  await row('5 published there', rule.ref, async () =>
    publishMitigation(ana, { mitigation: rule.ref }).then(({ ref }) => ref),
  );
  const [manifest, ...lines] = await linesOf(
    await exportIncident(auditor, { incident: b.ref, format: 'ndjson' }),
  );
  await row('6 NDJSON names a', 'true', JSON.stringify(manifest).includes(a.ref));
  await row(
    '6 NDJSON has its note',
    'true',
    lines.some(({ body }) => body?.includes('the old snippet')),
  );
  await row('6 CSV has its events', 'true', async () =>
    (await rowsOf(await exportIncident(auditor, { incident: b.ref, format: 'csv' }))).flat().includes(a.ref),
  );
  const { id: bId, merged } = await getIncident(ana, b.ref);
  const told = await incidentTimeline(ana, [bId, ...merged.map(({ id }) => id)]);
  await row(
    '6 the page tells the note',
    'true',
    told.items.some(({ sentence }) => sentence.includes('the old snippet')),
  );
  await merge(b.ref, c.ref);
  await row('7 the chain at a', `${b.ref} → ${c.ref}`, async () =>
    (await getIncident(ana, a.ref)).mergeChain.join(' → '),
  );
  await row('8 a way back', 'new', async () => {
    const { version } = await getIncident(ana, a.ref);
    const undo = { incident: a.ref, to: 'new', version, reason: 'two different snippets' } as const;
    return (await transitionIncident(ana, undo)).state;
  });
  await row('8 the rule is at a again', 'live', async () => (await at(a.ref)).map(({ state }) => state));
});

fieldCase('18', 'an export behind the order of events', async ({ text, row }) => {
  await row('the steps are those', 'true', /pg_current_xact_id/.test(text('steps.sh')));
  const missing = async () => {
    await sequenceEvents({ full: true });
    return (await db.event.count()) - (await db.eventLeaf.count());
  };
  await expect.poll(missing).toBe(0);
  const idle = new pg.Client({ connectionString: env().DATABASE_URL });
  await idle.connect();
  await idle.query('BEGIN; CREATE TEMP TABLE forgotten(x int); INSERT INTO forgotten VALUES (1)');
  const steps: [string, () => Promise<void>][] = [
    ['an idle transaction', async () => void (await sequenceEvents())],
    ['no worker', async () => undefined],
  ];
  for (const [name, order] of steps) {
    const { ref } = await declareIncident(ana, { title: 'behind', severity: 'sev3' });
    for (const note of ['one', 'two']) await noteIncident(ana, { incident: ref, text: `note ${note}` });
    await order();
    const q = `incident:${ref.slice(4)}`;
    await row(`${name}: search`, '3', async () => (await listEvents(ana, { q })).items.length);
    const made = await linesOf(await exportEvents(auditor, { format: 'ndjson', q }));
    await row(`${name}: NDJSON`, '3', made.filter(({ type }) => type === 'event').length);
    await row(`${name}: NDJSON counts`, '3, 3 without a place', () => {
      const { counts, unordered } = made[0] ?? {};
      return `${counts?.events}, ${unordered && counts?.unordered} without a place`;
    });
    await row(
      `${name}: CSV`,
      '3',
      async () => (await rowsOf(await exportEvents(auditor, { format: 'csv', q }))).length,
    );
    await row(
      `${name}: the incident’s own`,
      '4',
      async () =>
        (await linesOf(await exportIncident(auditor, { incident: ref, format: 'ndjson' }))).filter(
          ({ type }) => type === 'event',
        ).length,
    );
    if (name === 'an idle transaction') {
      await idle.query('ROLLBACK');
      await idle.end();
    }
    await expect.poll(missing).toBe(0);
    const later = await linesOf(await exportEvents(auditor, { format: 'ndjson', q }));
    await row(`${name}: afterwards`, '4, 0 without a place', () => {
      const { counts } = later[0] ?? {};
      return `${counts?.events}, ${counts?.unordered} without a place`;
    });
  }
});
