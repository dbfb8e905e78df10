import type { UserActor } from '#lib/actor';
import { db } from '#lib/db';
import { newId } from '#lib/ids';
import { declareIncident } from '#lib/incidents/mutations';
import { hashKey, newKeySecret } from '#lib/keys/secret';
import { approveMitigation, draftMitigation, publishMitigation } from '#lib/mitigations/mutations';
import { draftMitigationSchema } from '#lib/mitigations/schema';
import { latestRuleset } from '#lib/rulesets/queries';
import { rememberConfirmed, sessionDigest } from '#lib/users/confirmation';

/** Two commanders, an incident with rules approved and waiting, and a key for the fleet; all by the real verbs. */
export async function setStage({ rounds, rules }: { rounds: number; rules: number }) {
  const author = await commander('author');
  const approver = await commander('approver');
  const incident = await declareIncident(author, {
    title: 'Bench',
    severity: 'sev2',
    commanderId: author.id,
    interactionIds: [],
  });
  const waiting: string[] = [];
  for (let index = 0; index < rules + rounds; index++) {
    const { ref } = await draftMitigation(author, draft(incident.ref, index));
    await approveMitigation(approver, { mitigation: ref });
    waiting.push(ref);
  }
  // The first ones are out before anybody measures; without any there is still a first ruleset.
  const before = waiting.splice(0, Math.max(1, rules));
  for (const mitigation of before) await publishMitigation(author, { mitigation });
  if (rules === 0) waiting.push(...(await spare(author, approver, incident.ref)));

  const apiKey = newKeySecret();
  await db.apiKey.create({
    data: {
      id: newId(),
      name: 'bench',
      source: 'bench',
      scopes: ['feed'],
      hash: hashKey(apiKey),
      prefix: 'sg_bench',
    },
  });
  return {
    apiKey,
    /** The number the next publish will get. */
    nextSeq: async () => {
      // A publish is for who has just proved who they are; a long bench outlives that.
      await confirm(author);
      return ((await latestRuleset())?.seq ?? 0) + 1;
    },
    publish: async (round: number) => {
      const mitigation = waiting[round];
      if (!mitigation) throw new Error(`No rule is left for round ${round}.`);
      return (await publishMitigation(author, { mitigation })).seq;
    },
    /** The newest ruleset exactly as the feed writes it to a stream. */
    newestEvent: async () => {
      const newest = await latestRuleset();
      const envelope = { payload: newest?.payload, signature: newest?.signature, keyId: newest?.keyId };
      const { head } = await db.rulesetHead.findFirstOrThrow();
      return Buffer.from(
        `: keep-alive\nevent: head\ndata: ${head}\n\nevent: snapshot\nid: ${newest?.seq}\ndata: ${JSON.stringify(envelope)}\n\n`,
      );
    },
    /** Milliseconds from the ruleset row to its stream being written to, and to its report, per instance. */
    measured: async (seqs: number[]) => {
      const rows = await db.$queryRaw<{ offered: number | null; acked: number | null }[]>`
        SELECT (extract(epoch FROM a.offered_at - r.published_at) * 1000)::float8 AS offered,
               (extract(epoch FROM a.active_at - r.published_at) * 1000)::float8 AS acked
        FROM adoption a JOIN ruleset r ON r.seq = a.seq WHERE a.seq = ANY(${seqs}::int[])`;
      return {
        offered: rows.flatMap(({ offered }) => offered ?? []),
        acked: rows.flatMap(({ acked }) => acked ?? []),
      };
    },
  };
}

async function spare(author: UserActor, approver: UserActor, incident: string): Promise<string[]> {
  const { ref } = await draftMitigation(author, draft(incident, 9_999));
  await approveMitigation(approver, { mitigation: ref });
  return [ref];
}

async function commander(name: string): Promise<UserActor> {
  const id = newId();
  await db.user.create({ data: { id, email: `${name}@bench.test`, name, role: 'commander' } });
  const person = { kind: 'user', id, name, role: 'commander', session: sessionDigest(id) } as const;
  await confirm(person);
  return person;
}

const confirm = ({ id }: UserActor) => rememberConfirmed(db, sessionDigest(id), id);

/** Every rule has a matcher of its own, so each publish brings something new to compile. */
function draft(incident: string, index: number) {
  return draftMitigationSchema.parse({
    incident,
    title: `Bench rule ${index}`,
    matcher: { kind: 're2', pattern: `execute\\(\\s*["'].*table_${index}\\b.*["']\\s*\\+` },
    target: 'completion',
    action: 'block',
    mode: 'enforce',
    expiresInMinutes: 60,
    tests: {
      mustMatch: [{ text: `db.execute("SELECT * FROM table_${index} WHERE id = " + id)` }],
      mustNotMatch: [{ text: `db.execute("SELECT * FROM table_${index} WHERE id = %s", [id])` }],
    },
  });
}
