'use client';

import { ErrorMessage } from '#components/error-message';

type Props = { error: Error & { digest?: string }; reset: () => void };

export default function ErrorPage({ error, reset }: Props) {
  return (
    <main>
      <ErrorMessage digest={error.digest} reset={reset} />
    </main>
  );
}
