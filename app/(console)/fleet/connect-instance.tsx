import { headers } from 'next/headers';
import { CopyBlock } from '#components/copy-block';
import { EmptyState } from '#components/empty-state';
import { env } from '#lib/env';
import { connectSnippet } from '../connect-snippet.ts';
import classes from './fleet.module.css';

/** Teaches how the first square comes to be. */
export async function ConnectInstance() {
  const request = await headers();
  const host = (request.get('host') ?? 'localhost').replace(/:\d+$/, '');
  const scheme = request.get('x-forwarded-proto') ?? 'http';
  const feedUrl = env().STOPGAP_FEED_URL ?? `${scheme}://${host}:${env().FEED_PORT}`;
  return (
    <EmptyState title="No serving instance has reported yet">
      <p>
        Each process that serves completions becomes a square here, within a second of its start. Give it a
        key with the scope <code>feed</code> and these lines:
      </p>
      <div className={classes.snippet}>
        <CopyBlock label="Connect an instance" text={connectSnippet(feedUrl)} />
      </div>
      <p>It then follows every publish by itself and reports what it enforces.</p>
    </EmptyState>
  );
}
