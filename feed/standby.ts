import { systemActor } from '#lib/actor';
import { errorFields, log } from '#lib/log';
import { HEAD_EVERY_MS, HEAD_STANDBY_MS, signHead } from '#lib/rulesets/head';

/**
 * Signs which ruleset is the newest while no worker does: without one, instances that start would soon be refused every
 * ruleset, for want of a head that is young enough.
 */
export function keepHeadSigned(everyMs = HEAD_EVERY_MS): { close(): Promise<void> } {
  let running: Promise<void> | undefined;
  const look = () => {
    running ??= signHead(systemActor('feed'), { olderThanMs: HEAD_STANDBY_MS })
      .then((isSigned) => {
        if (isSigned) log('warn', 'feed: signed the head of the rulesets, as no worker did');
      })
      .catch((error: unknown) => {
        log('warn', 'feed: the head of the rulesets was not signed', { error: errorFields(error).error });
      })
      .finally(() => {
        running = undefined;
      });
  };
  look();
  const timer = setInterval(look, everyMs);
  return {
    close: async () => {
      clearInterval(timer);
      await running;
    },
  };
}
