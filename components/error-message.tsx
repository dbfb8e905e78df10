'use client';

import { Button } from '@mantine/core';

/** What a person sees of a bug: what to do, and the digest that finds it in the log. */
export function ErrorMessage({ digest, reset }: { digest: string | undefined; reset: () => void }) {
  return (
    <section style={{ maxWidth: 520, margin: '15vh auto', padding: 16 }}>
      <h1>This page could not be shown</h1>
      <p>
        What you did last may or may not have been saved: look before you repeat it. It may be enough to try
        again; the database may be starting up.
      </p>
      {digest && (
        <p className="quiet">
          For the log of web: <code>{digest}</code>
        </p>
      )}
      <Button onClick={reset}>Try again</Button>
    </section>
  );
}
