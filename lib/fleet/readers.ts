import type { db, Tx } from '#lib/db';
import { AppError } from '#lib/errors';
import type { Rule } from '#sdk/rule';
import { SERVES } from './members.ts';

type Read = Pick<Rule, 'matcher'>;

/** Forms of a rule that SDKs before a version refuse, with the whole ruleset that it is in. */
const FORMS: { since: string; name: string; isIn: (rule: Read) => boolean }[] = [
  {
    since: '0.2.0',
    name: 'packages with a registry or versions',
    isIn: ({ matcher }) =>
      matcher.kind === 'imports' && matcher.packages.some((entry) => typeof entry !== 'string'),
  },
  {
    since: '0.2.0',
    name: 'packages that are looked for wherever they are mentioned',
    isIn: ({ matcher }) => matcher.kind === 'imports' && matcher.find !== undefined,
  },
  {
    since: '0.2.0',
    name: 'a choice for packages without a version',
    isIn: ({ matcher }) => matcher.kind === 'imports' && matcher.unversioned !== undefined,
  },
];

/** Whether a version says that it is at least another one; what is no version says nothing. */
export function isAtLeast(version: string, least: string): boolean {
  const [own, wanted] = [version, least].map((text) =>
    /^(\d+)\.(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number),
  );
  if (!own || !wanted) return false;
  for (const [place, part] of wanted.entries()) {
    if (own[place] !== part) return (own[place] ?? 0) > part;
  }
  return true;
}

/** Instances that would refuse every ruleset with the rule in it, and go on with the one they have. */
export type Unread = {
  /** What they cannot read. */
  forms: string[];
  /** From which SDK on it is read. */
  since: string;
  instances: number;
  versions: { version: string; instances: number }[];
};

/**
 * Who of the fleet could not read a rule, by what each says of its SDK; null where all can. OPA gets rules as data from
 * the feed, which is as new as the publisher.
 */
export async function whoCannotRead(client: Tx | typeof db, rule: Read): Promise<Unread | null> {
  const forms = FORMS.filter(({ isIn }) => isIn(rule));
  const since = forms.reduce(
    (newest, form) => (isAtLeast(form.since, newest) ? form.since : newest),
    '0.0.0',
  );
  if (forms.length === 0) return null;
  const rows = await client.$queryRaw<{ version: string; instances: number }[]>`
    SELECT i.sdk_version AS version, count(*)::int AS instances FROM instance i
    WHERE ${SERVES} AND i.kind <> 'opa' GROUP BY 1 ORDER BY 2 DESC, 1`;
  const versions = rows.filter(({ version }) => !isAtLeast(version, since));
  if (versions.length === 0) return null;
  const instances = versions.reduce((sum, each) => sum + each.instances, 0);
  return { forms: forms.map(({ name }) => name), since, instances, versions };
}

/** The same as a sentence. */
export function unreadWords({ forms, since, instances, versions }: Unread): string {
  const which = versions
    .slice(0, 3)
    .map(({ version, instances: count }) => `${count} with ${version === '' ? 'no version' : version}`);
  const who = instances === 1 ? '1 instance' : `${instances} instances`;
  return `${who} (${which.join(', ')}${versions.length > 3 ? ', …' : ''}) would refuse the whole ruleset and keep the one before: SDKs before ${since} cannot read ${forms.join(' and ')}. Update them first, or write the rule with plain names.`;
}

/** Throws `conflict` with the field `acceptUnread` where instances could not read the rule and nobody said that this is meant. */
export async function refuseUnread(tx: Tx, rule: Read, accepted: boolean): Promise<void> {
  const unread = accepted ? null : await whoCannotRead(tx, rule);
  if (unread === null) return;
  const words = unreadWords(unread);
  throw new AppError(
    'conflict',
    `Nothing was published. ${words} If the others are to have it at once, say so.`,
    {
      fields: { acceptUnread: words },
    },
  );
}
