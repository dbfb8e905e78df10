'use client';

import { ErrorMessage } from '#components/error-message';

type Props = { error: Error & { digest?: string }; reset: () => void };

/** Inside the shell, so that the way to other pages stays. */
export default function ConsoleError({ error, reset }: Props) {
  return <ErrorMessage digest={error.digest} reset={reset} />;
}
