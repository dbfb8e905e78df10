'use client';

import { useNow } from '#components/relative-time';
import { durationLabel, minuteLabel } from '#lib/time';

type Props = {
  /** Null where the end is a moment of its own. */
  lifeMinutes: number | null;
  expiresAt: Date | string;
};

/** "until 2026-11-23 12:27 UTC if published now, 4 h from then": a life counts from the publish. */
export function EndsIfPublished({ lifeMinutes, expiresAt }: Props) {
  const now = useNow();
  if (lifeMinutes === null) return <>until {minuteLabel(expiresAt)}</>;
  const life = durationLabel(lifeMinutes * 60_000);
  if (now === null) return <>{life} from its publish</>;
  return (
    <>
      until {minuteLabel(new Date(now + lifeMinutes * 60_000))} if published now, {life} from then
    </>
  );
}
