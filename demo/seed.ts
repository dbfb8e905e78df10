import { writeFile } from 'node:fs/promises';
import { endWith, say } from '#bin/child';
import { systemActor, type UserActor } from '#lib/actor';
import { db } from '#lib/db';
import { env } from '#lib/env';
import { createKey } from '#lib/keys/mutations';
import { verifyKey } from '#lib/keys/verify';
import { renewSnapshot } from '#lib/rulesets/mutations';
import { rememberConfirmed, sessionDigest } from '#lib/users/confirmation';
import { createUser } from '#lib/users/mutations';
import { decidePast, restAfterPast } from './decisions.ts';
import { type DemoKeys, keysFile, readDemoKeys } from './keys.ts';
import { ingestPast } from './past.ts';
import { makeIncidents } from './past-incidents.ts';
import { PEOPLE } from './people.ts';
import { setUpDesk } from './review-desk.ts';
import { decideAgain } from './second-opinions.ts';

// People, keys and a past for the demo, all through the product's own verbs. May run any number of times: each
// step looks at what is there already.

const SOURCE = 'demo-assistant';
const DONE = 'demo-seed';
const actor = systemActor('demo');

async function people(): Promise<UserActor[]> {
  for (const { email, name, role } of PEOPLE) {
    const known = await db.user.count({ where: { email } });
    if (known === 0) await createUser(actor, { email, name, role });
  }
  const emails = PEOPLE.map(({ email }) => email);
  await db.user.updateMany({ where: { email: { in: emails } }, data: { demo: true } });
  const rows = await db.user.findMany({ where: { email: { in: emails } } });
  return Promise.all(
    PEOPLE.map(async ({ email, role, name }) => {
      const row = rows.find((each) => each.email === email);
      if (!row) throw new Error(`${name} is missing.`);
      // As if they had just signed in: what they publish asks for it.
      const session = sessionDigest(`demo seed ${row.id}`);
      await rememberConfirmed(db, session, row.id);
      return { kind: 'user', id: row.id, name: row.name, role, session } as const;
    }),
  );
}

async function keys(): Promise<DemoKeys> {
  const dataDir = env().STOPGAP_DATA_DIR;
  const kept = await readDemoKeys(dataDir);
  if (kept && (await verifyKey(kept.ingest)) && (await verifyKey(kept.feed))) return kept;
  const [ingest, feed] = await Promise.all([
    createKey(actor, { name: 'Demo assistant', source: SOURCE, scopes: ['ingest'] }),
    createKey(actor, { name: 'Demo serving instances', source: 'demo-serving', scopes: ['feed'] }),
  ]);
  const made = { ingest: ingest.key, feed: feed.key };
  await writeFile(keysFile(dataDir), JSON.stringify(made), { mode: 0o600 });
  return made;
}

endWith(async () => undefined);
await renewSnapshot(actor);
const crew = await people();
const { ingest } = await keys();
if (!(await db.setting.findUnique({ where: { key: DONE } }))) {
  const machine = await verifyKey(ingest);
  if (!machine) throw new Error('The demo key is not valid.');
  const lead = crew.find(({ role }) => role === 'lead');
  if (!lead) throw new Error('The demo has no lead.');
  await setUpDesk(lead);
  say('Filling in a past: interactions');
  await ingestPast(machine);
  say('Filling in a past: decisions');
  await decidePast(crew, SOURCE);
  say('Filling in a past: second opinions');
  await decideAgain(crew, SOURCE);
  await restAfterPast(SOURCE);
  say('Filling in a past: incidents');
  await makeIncidents(crew, SOURCE);
  await db.setting.create({ data: { key: DONE, value: { at: new Date().toISOString() } } });
}
await db.$disconnect();
// The channel to the supervisor would keep this process alive.
process.disconnect?.();
