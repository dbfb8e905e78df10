import type { GuardEvent } from '@stopgap/sdk';
import { log } from '#lib/log';

/** Tells in one line each when the whole fleet has a ruleset, loses the feed, and has it again. */
export function createRollout(fleetSize: number, say: (line: string) => void) {
  const active = new Map<string, number>();
  const away = new Set<string>();
  let told = 0;
  let first: { seq: number; at: number } | undefined;
  let cutOff = false;

  const onActive = (instance: string, seq: number, rules: number) => {
    active.set(instance, seq);
    if (first?.seq !== seq) first = { seq, at: Date.now() };
    const there = [...active.values()].filter((each) => each === seq).length;
    if (there < fleetSize || seq <= told) return;
    told = seq;
    const within = `the last ${Date.now() - first.at} ms after the first`;
    say(
      `ruleset ${seq} with ${rules} rule${rules === 1 ? '' : 's'} is active on ${there} of ${fleetSize} instances, ${within}`,
    );
  };

  return {
    heard(instance: string, event: GuardEvent): void {
      log(event.type === 'failed' ? 'warn' : 'info', `instance ${event.type}`, { instance, ...event });
      switch (event.type) {
        case 'active':
          onActive(instance, event.seq, event.rules);
          break;
        case 'failed':
          say(`${instance} refused ruleset ${event.seq}: ${event.reason}`);
          break;
        case 'disconnected':
          away.add(instance);
          if (cutOff || away.size < fleetSize) break;
          cutOff = true;
          say(
            `the feed is away; ${fleetSize} instances go on with ruleset ${Math.max(0, ...active.values())}`,
          );
          break;
        case 'connected':
          away.delete(instance);
          if (!cutOff || away.size > 0) break;
          cutOff = false;
          say(`the feed is back on ${fleetSize} of ${fleetSize} instances`);
          break;
        default:
          break;
      }
    },
  };
}
