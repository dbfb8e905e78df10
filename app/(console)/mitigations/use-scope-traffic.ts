import { useEffect, useState } from 'react';
import { attempt } from '#components/attempt';
import type { ComposerTraffic } from '#lib/mitigations/scope-names';
import type { RuleScope } from '#sdk/rule';
import { scopeTrafficAction } from './actions.ts';

const DEBOUNCE_MS = 400;

/** What the last day's traffic says of the scope as typed; the last answer stays until the next, null before the first. */
export function useScopeTraffic(scope: RuleScope): ComposerTraffic | null {
  const [traffic, setTraffic] = useState<ComposerTraffic | null>(null);
  const key = JSON.stringify(scope);
  useEffect(() => {
    let over = false;
    const timer = setTimeout(async () => {
      const answer = await attempt(scopeTrafficAction({ scope: JSON.parse(key) }));
      // A scope that is refused is told when it is saved, beside its field.
      if (!over && answer.ok) setTraffic(answer.data);
    }, DEBOUNCE_MS);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [key]);
  return traffic;
}
