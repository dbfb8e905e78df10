import type { Actor } from '#lib/actor';
import { readBatch } from '#lib/interactions/batch';
import { ingestInteractions } from '#lib/interactions/mutations';
import { ingestRows } from './ingest-rows.ts';

// A server that takes in and is killed in the middle: sends every row in shuffled batches, telling what it
// acknowledged after each, and ends by itself only when all are in.
const { KEY = '', ROWS = '0' } = process.env;
const actor = JSON.parse(KEY) as Extract<Actor, { kind: 'key' }>;
const rows = ingestRows(Number(ROWS)).toSorted(() => Math.random() - 0.5);
process.send?.({ ready: true });
const lane = async () => {
  for (let part = rows.splice(0, 137); part.length > 0; part = rows.splice(0, 137)) {
    const body = new TextEncoder().encode(JSON.stringify(part));
    const { created, duplicates } = await ingestInteractions(actor, readBatch(body, false));
    if (created + duplicates !== part.length) throw new Error('a row was refused');
    process.send?.({ acknowledged: part.map(({ id }) => id) });
  }
};
await Promise.all([lane(), lane(), lane()]);
process.disconnect();
