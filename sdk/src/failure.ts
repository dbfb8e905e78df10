import { type Decision, type Hit, resolve } from './decision.ts';
import { whenItFails } from './effects.ts';
import { type ReadRequest, unreadFields } from './request.ts';
import type { Rule } from './rule.ts';
import { FIELD_NAMES, isInScope, namedIn, shapesOf } from './scope-shape.ts';

interface Here {
  now: Date;
  demoted: ReadonlySet<string>;
}

/** What the rules do of which `isMeant` holds and that may apply to the request, when they could not judge it. */
function failuresOf(
  rules: readonly Rule[],
  read: ReadRequest,
  { now, demoted }: Here,
  isMeant: (rule: Rule) => boolean,
): Hit[] {
  const unread = unreadFields(read);
  const isText = (part: 'prompt' | 'completion') => !!read.request[part] || read.unread.has(part);
  const shapes = shapesOf(read.request).map((shape) => ({
    ...shape,
    prompt: isText('prompt') || !isText('completion'),
    completion: isText('completion'),
    unread,
  }));
  const at = now.getTime();
  return rules.flatMap((rule): Hit[] => {
    const { id, ref, mode, target, startsAt, expiresAt } = rule;
    if (mode !== 'enforce' || demoted.has(id) || !isMeant(rule) || !isInScope(rule, shapes)) return [];
    if (at >= Date.parse(expiresAt) || (startsAt !== null && at < Date.parse(startsAt))) return [];
    const effect = whenItFails(rule, rule.fail.onError);
    const part = target !== 'prompt' && isText('completion') ? 'completion' : 'prompt';
    return effect ? [{ id, ref, mode, ...effect, target: part, spans: [] }] : [];
  });
}

/**
 * The decision when deciding itself has failed: what the enforced rules that may apply to such a request do when they
 * fail. Must not throw.
 */
export function failedDecision(rules: readonly Rule[], read: ReadRequest, seq: number, here: Here): Decision {
  return resolve(
    failuresOf(rules, read, here, () => true),
    read.request,
    seq,
  );
}

/** What rules do that would have had to know a field which could not be read: in their scope, condition or target. */
export function unreadHits(rules: readonly Rule[], read: ReadRequest, here: Here): Hit[] {
  const { unread } = read;
  if (unread.size === 0) return [];
  const fields = unreadFields(read);
  return failuresOf(
    rules,
    read,
    here,
    (rule) =>
      rule.when !== null ||
      FIELD_NAMES.some((field) => fields.has(field) && namedIn(rule, field).length > 0) ||
      (['prompt', 'completion'] as const).some(
        (part) => unread.has(part) && (rule.target === 'both' || rule.target === part),
      ),
  );
}
