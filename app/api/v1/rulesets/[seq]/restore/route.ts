import { parse } from '#lib/parse';
import { route } from '#lib/route';
import { rollBackRuleset } from '#lib/rulesets/mutations';
import { restoreBodySchema, restoreRulesetSchema } from '#lib/rulesets/schema';

export const POST = route({ body: restoreBodySchema }, ({ actor, params, body }) =>
  rollBackRuleset(actor, parse(restoreRulesetSchema, { seq: params.seq, reason: body.reason })),
);
