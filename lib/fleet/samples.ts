import { createHash } from 'node:crypto';
import { type Actor, systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { AppError } from '#lib/errors';
import { hotTransaction } from '#lib/hot-path';
import { checkRow } from '#lib/interactions/batch';
import { ingestInteractions } from '#lib/interactions/mutations';
import type { Category, Severity } from '#lib/interactions/schema';
import { authorize } from '#lib/permissions';
import { type Sample, sampleSchema } from '#sdk/report';
import { SURFACES } from '#sdk/rule';
import { type HeldRuleset, heldRules } from './held-rules.ts';
import { claimNames, nameRefusal, recordRefusedNames } from './names.ts';

/** What the rule's incident is about, as far as its interactions say. */
type Concern = { id: string; ref: string; category: Category; severity: Severity };

/**
 * Takes interactions that live rules hit back into the review queue, through the ingest verb: the source is
 * `fleet:<the key's source>`, each hit is a finding of the detector `stopgap`, and `meta.cameBack` says from which
 * rule on which instance. A rule's hit is no verdict: they wait for a reviewer like everything flagged. The id is
 * made of instance and sample, so a repeat changes nothing. Throws `forbidden`, also where an instance belongs to another key, or `invalid` when a row can never
 * be stored, in which case nothing was.
 */
export async function takeSamples(actor: Actor, samples: readonly Sample[]): Promise<{ created: number }> {
  authorize(actor, 'fleet.report');
  const ids = [...new Set(samples.flatMap(({ rules }) => rules.map((rule) => rule.ruleId.toLowerCase())))];
  const [concerns, forces] = await Promise.all([
    concernsOf(ids),
    heldRules([...new Set(samples.map((sample) => sample.seq))]),
  ]);
  const rows = samples.map((sample) =>
    checkRow({ value: asRow(cleanSample(sample), concerns, forces.get(sample.seq)?.rules) }),
  );
  const broken = rows.find((row) => 'error' in row);
  if (broken && 'error' in broken) {
    throw new AppError('invalid', `A sample cannot be stored: ${broken.error.message}`, {
      ...(broken.error.fields && { fields: broken.error.fields }),
    });
  }
  await requireNames(actor, samples);
  const source = actor.kind === 'key' ? actor.source : actor.name;
  // The key may follow and report only; what comes back is the fleet's own word, under a source of its own.
  const { created } = await ingestInteractions(systemActor(`fleet:${source}`.slice(0, 200)), rows);
  return { created };
}

/** Who may report for an instance may send its samples, and nobody else. */
async function requireNames(actor: Actor, samples: readonly Sample[]): Promise<void> {
  if (actor.kind !== 'key') return;
  const refused = await hotTransaction(async (client) => {
    const found = await claimNames(
      client,
      actor.id,
      samples.map(({ instanceId }) => clean(instanceId)),
    );
    await recordRefusedNames(client, actor, found);
    return found;
  });
  const [first] = refused;
  if (first) throw nameRefusal(first.why, first.instanceId);
}

function asRow(sample: Sample, concerns: Map<string, Concern>, forces: HeldRuleset['rules'] | undefined) {
  const { id, at, instanceId, seq, rules, completion, prompt, surface } = sample;
  const hits = rules.map((rule) => ({ ...rule, ruleId: rule.ruleId.toLowerCase() }));
  const length = (completion || prompt).length;
  const inside = (offset: number | undefined) =>
    offset === undefined ? undefined : Math.min(offset, length);
  return {
    id: createHash('sha256').update(`${instanceId}\n${id}`).digest('base64url'),
    occurredAt: at,
    model: { name: sample.model || 'unknown', version: sample.version || 'unknown' },
    surface: SURFACES.find((known) => known === surface) ?? 'other',
    language: sample.language || 'unknown',
    actor: { id: sample.actor || 'unknown', tier: sample.tier || null, tenant: sample.tenant || null },
    prompt,
    completion,
    findings: hits.map(({ ruleId, ref, start, end }) => {
      const concern = concerns.get(ruleId);
      const from = inside(start);
      return {
        detector: 'stopgap',
        rule: concern?.ref ?? ref,
        category: concern?.category ?? 'other',
        severity: concern?.severity ?? 'medium',
        message: `Came back from ${concern?.ref ?? ref} on instance ${instanceId} (${forces?.get(ruleId)?.force ?? 'rule no longer known'})`,
        start: from,
        end: from === undefined ? undefined : Math.max(from, inside(end) ?? from),
      };
    }),
    meta: {
      cameBack: {
        instance: instanceId,
        ruleset: seq,
        rules: hits.map(({ ruleId, ref }) => ({
          rule: concerns.get(ruleId)?.ref ?? ref,
          as: forces?.get(ruleId)?.force ?? 'unknown',
        })),
      },
    },
  };
}

/** Category and severity of a rule's incident: what most of its linked interactions were flagged as. */
async function concernsOf(mitigationIds: string[]): Promise<Map<string, Concern>> {
  const rows = await db.$queryRaw<
    { id: string; ref: string; category: Category | null; severity: Severity | null }[]
  >`
    SELECT m.id::text AS id, 'R-' || m.number AS ref, said.category, said.severity
    FROM mitigation m LEFT JOIN LATERAL (
      SELECT mode() WITHIN GROUP (ORDER BY f.category) AS category,
             mode() WITHIN GROUP (ORDER BY f.severity) AS severity
      FROM (SELECT interaction_id FROM incident_interaction WHERE incident_id = m.incident_id LIMIT 200) AS linked
      JOIN finding f ON f.interaction_id = linked.interaction_id
    ) AS said ON true
    WHERE m.id = ANY(${mitigationIds}::uuid[])`;
  return new Map(
    rows.map(({ id, ref, category, severity }) => [
      id,
      { id, ref, category: category ?? 'other', severity: severity ?? 'medium' },
    ]),
  );
}

/** Postgres stores neither NUL nor half a surrogate pair; both become U+FFFD, so that no place moves. */
function cleanSample(sample: Sample): Sample {
  const text = JSON.stringify(sample, (_, value) => (typeof value === 'string' ? clean(value) : value));
  return sampleSchema.parse(JSON.parse(text));
}

const clean = (text: string): string => text.toWellFormed().replaceAll('\0', '\uFFFD');
