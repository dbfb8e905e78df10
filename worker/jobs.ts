import type { TaskList } from 'graphile-worker';
import { systemActor } from '#lib/actor';
import { db } from '#lib/db';
import { forgetInstances } from '#lib/fleet/mutations';
import { forgetKeys } from '#lib/idempotency/sweep';
import { log } from '#lib/log';
import { reroutePending } from '#lib/queues/mutations';
import { dropOldTexts } from '#lib/retention/mutations';
import { renewSnapshot } from '#lib/rulesets/mutations';

/** Jobs by name, as `add_job` and the crontab call them. Each may run twice and do its work once. */
export const jobs: TaskList = {
  async renew_snapshot() {
    const seq = await renewSnapshot();
    if (seq !== null) log('info', 'ruleset renewed', { seq });
  },
  async drop_old_texts() {
    const dropped = await dropOldTexts(systemActor('retention'));
    if (dropped.erased > 0) log('info', 'old texts dropped', dropped);
  },
  async forget_throttles() {
    const { count } = await db.signInThrottle.deleteMany({ where: { expiresAt: { lt: new Date() } } });
    if (count > 0) log('info', 'old sign-in failures forgotten', { count });
  },
  async forget_idempotency_keys() {
    const count = await forgetKeys();
    if (count > 0) log('info', 'old idempotency keys forgotten', { count });
  },
  async forget_instances() {
    const forgotten = await forgetInstances(systemActor('fleet housekeeping'));
    if (forgotten.instances + forgotten.adoptions > 0) log('info', 'silent instances forgotten', forgotten);
  },
  async reroute_queue() {
    const moved = await reroutePending(systemActor('routing'));
    if (moved !== null) log('info', 'pending items routed again', { moved });
  },
};

/** UTC. The job key keeps one waiting copy of each, however long the worker was away. */
export const crontab = `
* * * * * renew_snapshot ?jobKey=renew_snapshot
* * * * * reroute_queue ?jobKey=reroute_queue
23 * * * * drop_old_texts ?jobKey=drop_old_texts
7 * * * * forget_throttles ?jobKey=forget_throttles
11 * * * * forget_idempotency_keys ?jobKey=forget_idempotency_keys
41 * * * * forget_instances ?jobKey=forget_instances
`;
