import { ADAPTERS } from '#lib/adapters/adapted';
import { applyAdapted } from '#lib/adapters/apply';
import { readAdapted } from '#lib/adapters/read';
import { reportFindingsSchema } from '#lib/adapters/schema';
import { AppError } from '#lib/errors';
import { ingestRoute } from '#lib/ingest-route';

/** Other tools' reports and logs in their own formats; docs/adapters.md says what each becomes. Gzip accepted, 8 MiB. */
export const POST = ingestRoute(
  'finding.report',
  (actor, body, { ndjson, params, query }) => {
    const adapter = ADAPTERS.find((each) => each === params.adapter);
    if (!adapter) {
      throw new AppError('not_found', `There is no adapter of that name. There is: ${ADAPTERS.join(', ')}.`);
    }
    const adapted = readAdapted(adapter, body, ndjson, { receivedAt: new Date() });
    return applyAdapted(actor, adapted, query.source);
  },
  { query: reportFindingsSchema },
);
