import pg from 'pg';
import type { Actor } from '#lib/actor';
import { recordEventOn } from '#lib/audit/record';
import { newId } from '#lib/ids';
import { digestOf } from '#lib/interactions/digest';
import { insertInteractions, type NewInteraction } from '#lib/interactions/insert';
import { placeItems, placementRules } from '#lib/interactions/placement';
import { monotonicMs } from './child.ts';
import type { Done, Order } from './ingest-client-process.ts';
import { benchRow } from './ingest-rows.ts';

/**
 * The floor to compare with: the same rows, written by the same statement straight into Postgres: interaction,
 * finding, queue item, analysis task and event, one transaction per batch. No HTTP, no JSON, no checks; keys, digests
 * and places are made before the clock starts.
 */
const OPTIONS = '-c TimeZone=UTC -c plan_cache_mode=force_generic_plan -c enable_nestloop=off';
const actor: Actor = { kind: 'system', name: 'bench' };

async function obey({ run, rows, perCall, connections }: Order): Promise<Done> {
  const clients = await Promise.all(
    Array.from({ length: connections }, async () => {
      const client = new pg.Client({ connectionString: process.env.DATABASE_URL, options: OPTIONS });
      await client.connect();
      return client;
    }),
  );
  const [first] = clients;
  if (!first) throw new Error('no connection');
  const rules = await placementRules(first);
  const receivedAt = new Date();
  const batches = Array.from({ length: Math.ceil(rows / perCall) }, (_, index) => {
    const count = Math.min(perCall, rows - index * perCall);
    const batch: NewInteraction[] = Array.from({ length: count }, (_, n) => {
      const row = benchRow(run, index * perCall + n);
      return { key: newId(), digest: digestOf(row), row };
    });
    return { batch, items: placeItems(rules, receivedAt, batch) };
  });
  const done: Done = { kind: 'done', ms: 0, created: 0, calls: 0, refused: 0, bytes: 0 };
  let next = 0;
  const from = monotonicMs();
  await Promise.all(
    clients.map(async (client) => {
      for (let given = batches[next++]; given; given = batches[next++]) {
        await client.query('BEGIN');
        const created = await insertInteractions(client, 'raw', receivedAt, given.batch, given.items);
        await recordEventOn(client, actor, {
          action: 'interactions.ingest',
          subject: { type: 'source', id: 'raw' },
          data: { created: created.size, ids: given.batch.map(({ key }) => key) },
        });
        await client.query('COMMIT');
        done.created += created.size;
        done.calls += 1;
      }
    }),
  );
  done.ms = monotonicMs() - from;
  await Promise.all(clients.map((client) => client.end()));
  return done;
}

process.on('message', (order: Order) => {
  obey(order).then(
    (done) => process.send?.(done),
    (error) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.once('SIGTERM', () => process.exit(0));
process.once('disconnect', () => process.exit(0));
process.send?.({ kind: 'ready', active: 1 });
