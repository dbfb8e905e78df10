import { z } from 'zod';
import { AppError } from '#lib/errors';
import { fieldErrors } from '#lib/parse';
import type { DecisionRequest, Sampling } from '#sdk/decision';
import { holdsTooDeep } from '#sdk/integrations/exchange';
import { SURFACES } from '#sdk/rule';
import { answerJson, readJson } from './answer.ts';
import type { Contract, Desk } from './contract.ts';
import { identityFromHeaders, merged } from './identity.ts';

const BATCH = 100;

const text = z.string().nullish();
const word = z.string().max(200).nullish();
const sampling: z.ZodType<Sampling> = z.strictObject({
  temperature: z.number().optional(),
  topP: z.number().optional(),
  candidates: z.int().min(0).max(1_000).optional(),
});

/** What is known of an interaction besides its texts; the names are those of a rule's scope. */
export const contextSchema = z.strictObject({
  id: word,
  model: word,
  version: word,
  tenant: word,
  tier: word,
  actor: word,
  language: word,
  surface: z.enum(SURFACES).nullish(),
  feature: word,
  sampling: sampling.nullish(),
});

const requestSchema = contextSchema.extend({ prompt: text, completion: text });
const bodySchema = z.union([requestSchema, z.array(requestSchema).max(BATCH)]);

/** `POST /v1/decide`: one interaction or up to 100, one decision or as many, in their order. */
export function decideContract({ evaluator, count, note }: Desk): Contract {
  return {
    name: 'decide',
    refuse: refuseJson,
    routes: {
      'POST /v1/decide': async (request, response) => {
        const given = parsed(bodySchema, await readJson(request));
        // What the body does not say, headers of the same names may.
        const headers = identityFromHeaders(request.headers);
        const answers = [given].flat().map((each) => {
          const { decision, degraded } = evaluator.decide(merged(known(each), headers) as DecisionRequest);
          note(response, degraded);
          const phase = each.completion ? 'response' : 'request';
          const isTooDeep = holdsTooDeep(each.prompt) || holdsTooDeep(each.completion);
          const unread = isTooDeep ? ['json'] : [];
          count({ contract: 'decide', phase, outcome: decision.verdict, unread });
          return decision;
        });
        answerJson(response, 200, Array.isArray(given) ? answers : answers[0]);
      },
    },
  };
}

/** An empty field says nothing, so it does not hide what a header says. */
const known = (values: object): object =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => (value ?? '') !== ''));

/** Stopgap's own shape of an error. */
export const refuseJson: Contract['refuse'] = (response, status, { code, message }) =>
  answerJson(response, status, { error: { code, message } });

/** Parses, or throws `invalid` with what is wrong where. */
export function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = Object.entries(fieldErrors(result.error)).map(([field, why]) => `${field}: ${why}`);
  throw new AppError('invalid', problems.join('; ').slice(0, 1_000));
}
