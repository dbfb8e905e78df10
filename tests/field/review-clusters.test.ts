import { systemActor } from '#lib/actor';
import { decideCluster, reverseBatch } from '#lib/batches/mutations';
import { previewBatch } from '#lib/batches/queries';
import { analyseNext } from '#lib/clusters/analysis';
import { automateCluster, stopAutomation } from '#lib/clusters/mutations';
import { db } from '#lib/db';
import { readBatch } from '#lib/interactions/batch';
import { ingestInteractions } from '#lib/interactions/mutations';
import { person } from '../fixtures.ts';
import { type FieldCase, reviewCase } from './cases.ts';

// Decisions reach only as far as eyes: a standing one, and one for a whole cluster.

async function desk({ text }: FieldCase) {
  const source = `field-${crypto.randomUUID()}`;
  const actor = systemActor(source);
  const send = async (file: string) => {
    await ingestInteractions(actor, readBatch(Buffer.from(text(file)), true));
    for (;;) if ((await analyseNext(systemActor('analysis'), 200)).taken === 0) return;
  };
  const item = async (name: string) =>
    db.interaction.findFirstOrThrow({
      where: { source, externalId: { endsWith: name } },
      include: { queueItem: true, clusterMember: true },
    });
  const state = async (name: string) => (await item(name)).queueItem?.state;
  return { send, item, state };
}

const commandsOf = (rows: { completion: string }[]) =>
  new Set(rows.map(({ completion }) => /run\((f?".*?")/.exec(completion)?.[1]));

const ARRIVALS = ['wipe', 'fetch', 'inject', 'same'];

reviewCase('17', 'differs in a literal', async (given) => {
  const { row } = given;
  const lead = await person('lead');
  const { send, item, state } = await desk(given);
  await send('seeds.ndjson');
  const { clusterMember } = await item('seed-1');
  const clusterId = clusterMember?.clusterId ?? '';
  const { shown } = await previewBatch(lead, { clusterId });
  await row('variants of the seeds on the screen', '3', shown.length);
  const until = new Date(Date.now() + 4 * 3_600_000);
  const { batchId } = await automateCluster(lead, { clusterId, shown, verdict: 'benign', until });
  await send('arrivals.ndjson');
  for (const name of ARRIVALS) {
    await row(`${name}: state`, name === 'same' ? 'decided' : 'pending', state(name));
  }
  await row('same: in the cluster', 'true', (await item('same')).clusterMember?.clusterId === clusterId);
  await row('reversed', '1', (await reverseBatch(lead, { batchId })).reversed);
  await stopAutomation(lead, { clusterId });

  const seen = await previewBatch(lead, { clusterId });
  // A host of its own may keep an arrival out of the cluster.
  const members = await db.interaction.findMany({ where: { clusterMember: { clusterId } } });
  const distinct = String(commandsOf(members).size);
  await row('distinct commands on the screen', distinct, commandsOf(seen.variants.items).size);
  const word = { clusterId, verdict: 'benign' as const, timeSpentMs: 1 };
  const alone = decideCluster(lead, { ...word, shown: [], expected: 7 });
  await row(
    'a count alone decides',
    'refused',
    alone.then(String, () => 'refused'),
  );
  const few = await decideCluster(lead, { ...word, shown, expected: 4 });
  await row(
    'decided with the seeds on the screen',
    `4 decided, ${members.length - 4} unseen`,
    `${few.decided} decided, ${few.unseen} unseen`,
  );
  for (const name of ARRIVALS) {
    await row(`${name}: state`, name === 'same' ? 'decided' : 'pending', state(name));
  }
  await row('all come back', '4', (await reverseBatch(lead, { batchId: few.batchId })).reversed);
});
