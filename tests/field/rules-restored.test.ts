import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect } from 'vitest';
import { db } from '#lib/db';
import { getAdoption, listInstances } from '#lib/fleet/queries';
import { getIncident } from '#lib/incidents/queries';
import { approveMitigation, draftMitigation, publishMitigation } from '#lib/mitigations/mutations';
import { draftMitigationSchema } from '#lib/mitigations/schema';
import { publicKeyPem } from '#lib/rulesets/signing';
import { type Feed, startFeed } from '../../feed/server.ts';
import { ask, feedKey, publish, seqIn } from '../../feed/testing/client.ts';
import { type Sidecar, startSidecar } from '../../sidecar/server.ts';
import { postJson } from '../../sidecar/testing/sidecar.ts';
import { restoredTo } from '../restored.ts';
import { ruleDesk } from '../rules.ts';
import { fieldCase } from './cases.ts';

const desk = await ruleDesk();
const scratch = await mkdtemp(path.join(tmpdir(), 'stopgap-field-20-'));
let feed: Feed | undefined;
const sidecars = new Set<Sidecar>();
afterAll(async () => {
  for (const each of sidecars) await each.close();
  await feed?.close();
  await rm(scratch, { recursive: true, force: true });
});

fieldCase('20', 'restored from a backup', async ({ json, row }) => {
  const key = await feedKey();
  feed = await startFeed({ port: 0, host: '127.0.0.1' });
  const { port } = feed;
  const side = async (instanceId: string) => {
    const made = await startSidecar({
      port: 0,
      host: '127.0.0.1',
      guard: {
        feedUrl: `http://127.0.0.1:${port}`,
        apiKey: key,
        instanceId,
        publicKey: publicKeyPem(),
        dir: path.join(scratch, instanceId),
      },
    });
    sidecars.add(made);
    return made;
  };
  const decide = async (sidecar: Sidecar, completion: string) =>
    (await postJson(`http://127.0.0.1:${sidecar.port}/v1/decide`, { completion })).body.verdict;
  const publishFile = async (file: string) => {
    const rule = await draftMitigation(
      desk.ana,
      draftMitigationSchema.parse({ ...json(file), incident: desk.incident.ref }),
    );
    await approveMitigation(desk.bo, { mitigation: rule.ref, version: 1 });
    return publishMitigation(desk.ana, { mitigation: rule.ref });
  };
  const text = (file: string): string => json(file).tests.mustMatch[0].text;
  const stateOf = async (id: string) =>
    (await listInstances(desk.ana)).items.find((each) => each.id === id)?.state;

  const kept = await publishFile('rule-before.json');
  const running = await side('side20');
  const lost = [];
  for (const n of [1, 2, 3]) lost.push(await publishFile(`rule-lost-${n}.json`));
  const last = lost.at(-1)?.seq ?? 0;
  await row('3 the sidecar has them', 'true', running.guard.waitForSeq(last, 60_000));
  const poll = async (etag?: string) => {
    const headers = { ...(etag && { 'if-none-match': etag }) };
    const response = await ask(port, key, '/bundles/stopgap.tar.gz?instance=o', { headers });
    const bytes = Buffer.from(await response.arrayBuffer()).toString('base64');
    return { status: response.status, etag: response.headers.get('etag') ?? '', bytes };
  };
  await expect.poll(async () => seqIn((await poll()).etag)).toBe(last);
  const held = await poll();

  // The rules that the backup does not know are gone with it.
  await feed.close();
  await db.mitigation.updateMany({
    where: { id: { in: lost.map(({ id }) => id) } },
    data: { state: 'withdrawn' },
  });
  await restoredTo(kept.seq);
  feed = await startFeed({ port, host: '127.0.0.1' });
  await row('7 before publishing', '304', async () => (await poll(held.etag)).status);
  await expect.poll(() => stateOf('side20')).toBe('ahead');
  await row('5 before: on the fleet page', 'ahead', stateOf('side20'));
  await row('5 before: lost rules go on', 'block', () => decide(running, text('rule-lost-2.json')));

  const emergency = await publishFile('rule-emergency.json');
  const marker = text('rule-emergency.json');
  await row('5 above every number reported', 'true', emergency.seq > last);
  await row('5 the emergency rule acts', 'block', async () => {
    await running.guard.waitForSeq(emergency.seq, 60_000);
    return decide(running, marker);
  });
  await row('5 readyz', '200', async () => (await fetch(`http://127.0.0.1:${running.port}/readyz`)).status);
  await expect.poll(() => stateOf('side20')).toBe('active');
  await row('5 on the fleet page', 'active', stateOf('side20'));
  await row('5 adoption', '1', async () => (await getAdoption(desk.ana, emergency.seq)).active);
  await row(
    '5 the incident: enforced rules',
    '2',
    async () => (await getIncident(desk.ana, desk.incident.ref)).facts.enforcedRules,
  );

  sidecars.delete(running);
  await running.close();
  const [again, fresh] = [await side('side20'), await side('fresh20')];
  for (const [name, each] of [
    ['restarted', again],
    ['fresh', fresh],
  ] as const) {
    await each.guard.waitForSeq(emergency.seq, 60_000);
    await row(`6 ${name}: the emergency rule`, 'block', () => decide(each, marker));
    await row(`6 ${name}: a lost rule`, 'allow', () => decide(each, text('rule-lost-1.json')));
  }

  const seen = new Map([[held.etag, held.bytes]]);
  for (let step = 0; step < 3; step++) {
    const seq = step === 0 ? emergency.seq : await publish();
    await expect.poll(async () => seqIn((await poll()).etag)).toBe(seq);
    const next = await poll(held.etag);
    await row(`7 publish ${step + 1}: OPA with the old ETag`, '200, new', () => {
      const isNew = !seen.has(next.etag) && next.bytes !== held.bytes;
      seen.set(next.etag, next.bytes);
      return `${next.status}, ${isNew ? 'new' : 'used twice'}`;
    });
  }
});
