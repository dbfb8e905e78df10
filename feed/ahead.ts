import { systemActor } from '#lib/actor';
import { errorFields, log } from '#lib/log';
import { markClaims, overtakeFleet } from '#lib/rulesets/mutations';
import type { Claim } from '#lib/rulesets/schema';
import type { Report } from '#sdk/report';

/** The first of a burst waits so long for the others: a fleet comes back at once. */
const GATHER_MS = 100;
const KEPT_MAX = 1_000;

/**
 * Gathers who says to have a higher ruleset than the newest, which is so after the database was restored from an older
 * copy: their numbers are never given out again, and what somebody has decided since reaches them.
 */
export class AheadWatch {
  readonly #newestSeq: () => number;
  readonly #claims = new Map<string, Claim>();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(newestSeq: () => number) {
    this.#newestSeq = newestSeq;
  }

  /** One that names what it has when it connects or polls. */
  connected(instanceId: string | null, seq: number): void {
    this.#keep({ instanceId: instanceId ?? 'without a name', seq, issuedAt: null, refusedSeq: null });
  }

  reported({ instanceId, activeSeq, activeIssuedAt, seq, state }: Report): void {
    const refusedSeq = state === 'failed' && seq < activeSeq ? seq : null;
    this.#keep({ instanceId, seq: Math.max(activeSeq, seq), issuedAt: activeIssuedAt ?? null, refusedSeq });
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#running;
  }

  #keep(claim: Claim): void {
    if (claim.seq <= this.#newestSeq() || this.#claims.size >= KEPT_MAX) return;
    const before = this.#claims.get(claim.instanceId);
    // A connect says less than the report beside it.
    if (before?.seq === claim.seq && claim.issuedAt === null) return;
    this.#claims.set(claim.instanceId, claim);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#running = this.#running.then(() => this.#tell());
    }, GATHER_MS);
  }

  async #tell(): Promise<void> {
    const claims = [...this.#claims.values()];
    this.#claims.clear();
    const feed = systemActor('feed');
    try {
      if (await markClaims(feed, claims)) {
        const highest = Math.max(...claims.map(({ seq }) => seq));
        log('error', 'feed: instances are ahead of this database, which was restored from an older copy', {
          newest: this.#newestSeq(),
          highest,
        });
      }
      const seq = await overtakeFleet(feed, claims);
      if (seq !== null) log('warn', 'feed: published the live rules again, above the fleet', { seq });
    } catch (error) {
      // They say it again with their next report.
      log('warn', 'feed: instances that are ahead could not be recorded', {
        error: errorFields(error).error,
      });
    }
  }
}
