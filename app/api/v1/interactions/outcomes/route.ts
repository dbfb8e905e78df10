import { ingestRoute } from '#lib/ingest-route';
import { readOutcomes } from '#lib/outcomes/check';
import { reportOutcomes } from '#lib/outcomes/mutations';

/** What became of suggestions: one object, an array or NDJSON, gzip accepted, at most 1,000 rows and 8 MiB unpacked. */
export const POST = ingestRoute('outcome.report', (actor, body, { ndjson }) =>
  reportOutcomes(actor, readOutcomes(body, ndjson)),
);
