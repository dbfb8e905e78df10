import type { UserActor } from '#lib/actor';
import { db } from '#lib/db';
import { declareIncident, noteIncident, transitionIncident } from '#lib/incidents/mutations';
import type { IncidentState } from '#lib/incidents/states';
import {
  approveMitigation,
  draftMitigation,
  publishMitigation,
  withdrawMitigation,
} from '#lib/mitigations/mutations';
import type { Role } from '#lib/permissions';

const LINKED = 12;
const WEEK_MINUTES = 7 * 24 * 60;

const CLOSED = 'Certificate checks turned off in suggested HTTP clients';
const OPEN = 'Access tokens written into generated source';

/** One incident that went all the way, and one that waits for a second commander. */
export async function makeIncidents(crew: readonly UserActor[], source: string): Promise<void> {
  const first = (role: Role, index = 0) => {
    const found = crew.filter((person) => person.role === role)[index];
    if (!found) throw new Error(`The demo has no ${role} ${index}.`);
    return found;
  };
  const cast = { reviewer: first('reviewer'), commander: first('commander'), second: first('commander', 1) };
  if ((await db.incident.count({ where: { title: CLOSED } })) === 0) await closedIncident(cast, source);
  if ((await db.incident.count({ where: { title: OPEN } })) === 0) await openIncident(cast, source);
}

type Cast = { reviewer: UserActor; commander: UserActor; second: UserActor };

async function closedIncident({ reviewer, commander, second }: Cast, source: string): Promise<void> {
  const interactionIds = await evidence(source, [
    'rejectUnauthorized: false',
    'InsecureSkipVerify: true',
    'danger_accept_invalid_certs(true)',
  ]);
  const { ref, version } = await declareIncident(reviewer, {
    title: CLOSED,
    severity: 'sev3',
    commanderId: commander.id,
    interactionIds,
  });
  const move = mover(commander, ref, version);
  await move('triaging');
  await noteIncident(reviewer, {
    incident: ref,
    text: 'Three languages, one habit: when a request fails on a certificate, the answer is to stop checking it.',
  });
  await move('investigating');
  await move('mitigating');
  const rule = await draftMitigation(second, {
    incident: ref,
    title: 'Disabled certificate checks',
    scope: {},
    matcher: {
      kind: 're2',
      pattern: String.raw`rejectUnauthorized:\s*false|InsecureSkipVerify:\s*true|danger_accept_invalid_certs\(true\)`,
      ignoreCase: false,
    },
    target: 'completion',
    action: 'block',
    mode: 'enforce',
    expiresInMinutes: WEEK_MINUTES,
  });
  await approveMitigation(commander, { mitigation: rule.id });
  await publishMitigation(commander, { mitigation: rule.id });
  await move(
    'monitoring',
    'Published; the serving instances of this demo are started after this was written.',
  );
  await withdrawMitigation(commander, {
    mitigation: rule.id,
    reason: 'quill-coder 2.5.0 no longer suggests it.',
  });
  await move('resolved');
  await move('reviewing');
  await move('closed', 'The fine-tuning set held answers from a forum where this was the accepted fix.');
}

async function openIncident({ reviewer, commander, second }: Cast, source: string): Promise<void> {
  const interactionIds = await evidence(source, ['Bearer ']);
  const { ref, version } = await declareIncident(reviewer, {
    title: OPEN,
    severity: 'sev2',
    commanderId: second.id,
    interactionIds,
  });
  const move = mover(second, ref, version);
  await move('triaging');
  await move('investigating');
  await noteIncident(second, {
    incident: ref,
    text: 'The rule below runs in shadow first. It needs the approval of a commander who did not write it.',
  });
  await draftMitigation(second, {
    incident: ref,
    title: 'Bearer tokens in source',
    scope: {},
    matcher: { kind: 're2', pattern: String.raw`Bearer\s+[A-Za-z0-9_.\-]{12,}`, ignoreCase: false },
    // The evidence shows no token: secrets are masked before a rule is tried on it.
    tests: {
      mustMatch: [{ text: 'auth = "Bearer made-up.token.of-nobody"', language: 'python' }],
      mustNotMatch: [],
    },
    target: 'completion',
    action: 'redact',
    mode: 'shadow',
    expiresInMinutes: WEEK_MINUTES,
  });
  await noteIncident(commander, { incident: ref, text: 'Reading it now.' });
}

function mover(actor: UserActor, incident: string, start: number) {
  let version = start;
  return async (to: IncidentState, reason = ''): Promise<void> => {
    ({ version } = await transitionIncident(actor, { incident, to, version, reason }));
  };
}

async function evidence(source: string, snippets: string[]): Promise<string[]> {
  const rows = await db.interaction.findMany({
    where: {
      source,
      OR: snippets.map((snippet) => ({ completion: { contains: snippet } })),
      findings: { some: {} },
    },
    orderBy: { occurredAt: 'asc' },
    select: { id: true },
    take: LINKED,
  });
  if (rows.length === 0) throw new Error(`No made-up interaction holds ${snippets.join(' or ')}.`);
  return rows.map(({ id }) => id);
}
