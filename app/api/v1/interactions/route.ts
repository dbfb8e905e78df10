import { ingestRoute } from '#lib/ingest-route';
import { readBatch } from '#lib/interactions/batch';
import { ingestInteractions } from '#lib/interactions/mutations';
import { listInteractionsSchema } from '#lib/interactions/schema';
import { route } from '#lib/route';
import { searchInteractions } from '#lib/search/mutations';

/** One object, an array or NDJSON (by content type or by sight), gzip accepted, at most 1,000 rows and 8 MiB unpacked. */
export const POST = ingestRoute('interaction.ingest', (actor, body, { ndjson }) =>
  ingestInteractions(actor, readBatch(body, ndjson)),
);

/** Search, newest first, by a query line and single filters. */
export const GET = route({ query: listInteractionsSchema }, ({ actor, query }) =>
  searchInteractions(actor, query),
);
