import { Stack } from '@mantine/core';
import type { Metadata } from 'next';
import { headers } from 'next/headers';
import Link from 'next/link';
import { CopyBlock } from '#components/copy-block';
import { RelativeTime } from '#components/relative-time';
import { LiveRefresh } from '#components/shell/live-refresh';
import { PageHeader } from '#components/shell/page-header';
import { requireActor } from '#lib/auth';
import { env } from '#lib/env';
import { getFirstSteps } from '#lib/live/first-steps';
import { can } from '#lib/permissions';
import { connectSnippet } from '../connect-snippet.ts';
import classes from './start.module.css';

export const metadata: Metadata = { title: 'First steps' };

export default async function StartPage() {
  const actor = await requireActor();
  const { interaction, instance, people } = await getFirstSteps(actor);
  const request = await headers();
  const host = request.get('host') ?? `localhost:${env().PORT}`;
  const scheme = request.get('x-forwarded-proto') ?? 'http';
  const web = `${scheme}://${host}`;
  const feed = env().STOPGAP_FEED_URL ?? `${scheme}://${host.replace(/:\d+$/, '')}:${env().FEED_PORT}`;
  const keys = can(actor, 'key.manage');

  return (
    <>
      <PageHeader title="First steps" facts="Three things, and the loop is closed" />
      <LiveRefresh on="events" />
      <LiveRefresh on="fleet" />
      <Stack gap={16} maw={820}>
        <Step number={1} title="Send a flagged interaction" done={interaction !== null}>
          <p>
            {keys ? (
              <>
                Make a key with the scope <code>ingest</code> under <Link href="/settings/keys">Keys</Link>,
                then:
              </>
            ) : (
              <>
                Ask an admin for a key with the scope <code>ingest</code>, then:
              </>
            )}
          </p>
          <CopyBlock label="The request" text={curlExample(web)} />
          {interaction ? (
            <p role="status">
              Received from {interaction.source} <RelativeTime at={interaction.receivedAt} />:{' '}
              <Link href={`/interactions/${interaction.id}`}>look at it</Link>.
            </p>
          ) : (
            <p role="status" className="quiet">
              Waiting for the first one. It shows here the moment it arrives.
            </p>
          )}
        </Step>
        <Step number={2} title="Connect a serving instance" done={instance !== null}>
          <p>
            In the process that serves completions, with a key of the scope <code>feed</code>:
          </p>
          <CopyBlock label="The serving layer" text={connectSnippet(feed)} />
          {instance ? (
            <p role="status">
              <strong>{instance.id}</strong> reported <RelativeTime at={instance.lastSeenAt} />.{' '}
              <Link href="/fleet">See the fleet</Link>.
            </p>
          ) : (
            <p role="status" className="quiet">
              No instance has reported yet.
            </p>
          )}
        </Step>
        <Step number={3} title="Invite a reviewer and a commander" done={people > 1}>
          <p>
            Two people are needed to publish a rule: one writes it, another approves it.{' '}
            {can(actor, 'user.manage') ? (
              <Link href="/settings/people">Add people</Link>
            ) : (
              'An admin adds people under People.'
            )}
          </p>
        </Step>
      </Stack>
    </>
  );
}

function Step({
  number,
  title,
  done,
  children,
}: {
  number: number;
  title: string;
  done: boolean;
  children: React.ReactNode;
}) {
  return (
    <section className={classes.step} aria-labelledby={`step-${number}`}>
      <h2 id={`step-${number}`} className={classes.title}>
        <span className={classes.number} data-done={done || undefined} aria-hidden="true">
          {done ? '✓' : number}
        </span>
        {title} {done && <span className="quiet">(done)</span>}
      </h2>
      {children}
    </section>
  );
}

function curlExample(web: string): string {
  return `curl ${web}/api/v1/interactions \\
  -H "Authorization: Bearer $STOPGAP_INGEST_KEY" -H "Content-Type: application/json" \\
  -d '{
    "id": "first-1", "occurredAt": "${new Date().toISOString()}",
    "model": { "name": "my-model", "version": "1" }, "surface": "inline", "language": "python",
    "actor": { "id": "user-1" },
    "prompt": "Read the user by name",
    "completion": "db.execute(\\"SELECT * FROM users WHERE name = \\" + name)",
    "findings": [{ "detector": "my-detector", "category": "insecure_code", "severity": "high", "cwe": "CWE-89" }]
  }'`;
}
