import { ingestRoute } from '#lib/ingest-route';
import { readBatch } from '#lib/interactions/batch';
import { ingestInteractions } from '#lib/interactions/mutations';
import { listInteractions } from '#lib/interactions/queries';
import { listInteractionsSchema } from '#lib/interactions/schema';
import { route } from '#lib/route';

/** One object, an array or NDJSON (by content type or by sight), gzip accepted, at most 1,000 rows and 8 MiB unpacked. */
export const POST = ingestRoute('interaction.ingest', (actor, body, { ndjson }) =>
  ingestInteractions(actor, readBatch(body, ndjson)),
);

/** Search, newest first: filters state, language, category, severity, source. */
export const GET = route({ query: listInteractionsSchema }, ({ actor, query }) =>
  listInteractions(actor, query),
);
