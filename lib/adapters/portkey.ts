import type { Finding } from '#lib/findings/schema';
import type { RawRow } from '#lib/interactions/batch';
import { type Adapted, clip, scalar, storableText } from './adapted.ts';
import { fields, list, parsedJson } from './chat.ts';
import { eachRecord, exchangeItem } from './exchange-row.ts';
import { guardrailMeaning, MAPPING_VERSION } from './guardrail-mapping.ts';
import { readBodies } from './provider-bodies.ts';
import { yesOrNo } from './verdict-words.ts';

/**
 * Portkey's log records, each a whole interaction: its JSONL export (`created_at`, `request.body`, `response.body`,
 * `ai_model`, `metadata`; portkey.ai/docs, "Logs Export"), records with `request` and `response` objects, and what its
 * guardrail webhook is sent (`request.json`, `response.json`; Portkey-AI/gateway, src/middlewares/hooks/types.ts).
 * Guardrail verdicts come from `hook_results` of the answer or of the record. A record's `id`, else its trace, names it.
 */
export function fromPortkey(rows: RawRow[]): Adapted {
  const items = eachRecord(rows, (record, index) => {
    const bodies = readBodies(bodyOf(record, 'request'), bodyOf(record, 'response'));
    const { request, response } = bodies;
    const metadata = fields(parsedJson(record.metadata));
    const hooks = record.hook_results ?? response.hook_results ?? fields(record.response).hook_results;
    const { findings, silent } = hooksOf(parsedJson(hooks));
    return exchangeItem(index, {
      ...bodies.exchange,
      format: 'portkey',
      mapping: MAPPING_VERSION,
      ids: [record.id, record.trace_id, metadata.traceId, metadata._trace_id, response.id],
      times: [record.created_at, metadata.created_at, response.created, response.created_at],
      models: [record.ai_model, request.model, response.model, response.modelVersion],
      versions: [response.model, response.modelVersion],
      // `_user` is Portkey's own name for the person (portkey.ai/docs, "Metadata").
      actors: [metadata._user, metadata.user, metadata.user_id, ...bodies.exchange.actors],
      tenants: [metadata.tenant, metadata.organisation, metadata.organization, metadata.team],
      tiers: [metadata.tier, metadata.plan],
      findings: [...findings, ...bodies.exchange.findings],
      beside: [...bodies.exchange.beside, ['guardrail without an answer', silent]],
    });
  });
  return { mapping: MAPPING_VERSION, items, rows: new Map() };
}

/** `request.body`, `request: { body }`, `request: { json }` or `request` itself; JSON that was written as text is read. */
function bodyOf(record: Record<string, unknown>, part: 'request' | 'response'): unknown {
  const whole = parsedJson(record[part]);
  const { body, json, text } = fields(whole);
  return parsedJson(record[`${part}.body`] ?? body ?? json ?? (json === null ? text : undefined) ?? whole);
}

/** What Portkey's hooks said; `silent`: checks that failed on an error or gave no verdict. */
function hooksOf(results: unknown): { findings: Finding[]; silent: number } {
  const read = Object.entries(fields(results)).flatMap(([when, hooks]) =>
    [hooks ?? []].flat().map((each) => hookOf(each, when.startsWith('after') ? 'answer' : 'request')),
  );
  return {
    findings: read.flatMap(({ findings }) => findings),
    silent: read.reduce((sum, { silent }) => sum + silent, 0),
  };
}

/** What a check's `data` holds may be the text itself, so it is not passed on. */
function hookOf(hook: unknown, of: 'request' | 'answer'): { findings: Finding[]; silent: number } {
  if (fields(hook) !== hook) return { findings: [], silent: 1 };
  const guard = fields(hook);
  const name = scalar(guard.id) ?? 'guardrail';
  const denied = yesOrNo(guard.deny) === 'yes' ? ' and denied it' : '';
  const make = (check: string, what: string, severity?: 'low'): Finding => ({
    detector: storableText(clip(`Portkey ${name}`, 500)),
    rule: storableText(clip(check, 500)),
    ...guardrailMeaning([check, name]),
    ...(severity && { severity }),
    message: storableText(clip(`${check} ${what}`, 4_000)),
  });
  let silent = 0;
  const findings = list(guard.checks).flatMap((each) => {
    const check = fields(each);
    const id = scalar(check.id) ?? 'check';
    const passed = yesOrNo(check.verdict);
    if (passed === null || (check.error && passed !== 'yes')) {
      silent += 1;
      return [];
    }
    if (passed !== 'yes') return [make(id, `failed on the ${of}${denied}`)];
    return yesOrNo(check.transformed) === 'yes' ? [make(id, `changed the ${of}`, 'low')] : [];
  });
  const isAgainst = denied !== '' || ['no', 'unclear'].includes(String(yesOrNo(guard.verdict)));
  // A hook that says no without a check that does: on errors alone it says nothing, unless it denied.
  if (isAgainst && findings.length === 0 && (denied !== '' || silent === 0))
    findings.push(make(name, `failed on the ${of}${denied}`));
  return { findings, silent };
}
