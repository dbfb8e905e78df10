import { ADAPTERS } from '#lib/adapters/adapted';
import { applyAdapted } from '#lib/adapters/apply';
import { readAdapted } from '#lib/adapters/read';
import { reportFindingsSchema } from '#lib/adapters/schema';
import { AppError } from '#lib/errors';
import { readBody } from '#lib/interactions/body';
import { parse } from '#lib/parse';
import { authorize } from '#lib/permissions';
import { route } from '#lib/route';

/** Other tools' reports and logs in their own formats; docs/adapters.md says what each becomes. Gzip accepted, 8 MiB. */
export const POST = route({}, async ({ actor, request, params, query }) => {
  // Before eight megabytes are read for somebody who may not send them.
  authorize(actor, 'finding.report');
  const adapter = ADAPTERS.find((each) => each === params.adapter);
  if (!adapter) {
    throw new AppError('not_found', `There is no adapter of that name. There is: ${ADAPTERS.join(', ')}.`);
  }
  const { source } = parse(reportFindingsSchema, Object.fromEntries(query));
  const ndjson = /^application\/(x-)?ndjson\b/i.test(request.headers.get('content-type') ?? '');
  const adapted = readAdapted(adapter, await readBody(request), ndjson, { receivedAt: new Date() });
  return applyAdapted(actor, adapted, source);
});
