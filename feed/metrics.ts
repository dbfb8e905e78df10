import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AppError } from '#lib/errors';
import { claimedHead } from '#sdk/head';

/** Throws `unauthenticated` unless the request bears the token that /metrics is guarded by, where it is. */
export function requireMetricsToken(request: IncomingMessage, token: string | undefined): void {
  if (!token) return;
  const [given, expected] = [request.headers.authorization ?? '', `Bearer ${token}`].map((text) =>
    Buffer.from(text),
  ) as [Buffer, Buffer];
  if (given.length === expected.length && timingSafeEqual(given, expected)) return;
  throw new AppError('unauthenticated', 'Send the metrics token as `Authorization: Bearer …`.');
}

/** When the newest head was signed; left out before the first. */
export function headGauge(process: 'feed' | 'relay', head: string | null): string[] {
  const at = head === null ? undefined : claimedHead(head)?.at;
  const help = 'When the head that says which ruleset is the newest was signed, seconds since 1970.';
  return at ? gauge(`stopgap_${process}_head_timestamp_seconds`, help, at.getTime() / 1_000) : [];
}

/** Seconds from publish (database clock) to the last socket being written to. */
export class PublishToOffered {
  static readonly BOUNDS_S = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
  readonly #counts = PublishToOffered.BOUNDS_S.map(() => 0);
  #sum = 0;
  #count = 0;

  observe(seconds: number): void {
    const value = Math.max(0, seconds);
    this.#sum += value;
    this.#count++;
    PublishToOffered.BOUNDS_S.forEach((bound, index) => {
      if (value <= bound) this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    });
  }

  lines(): string[] {
    const name = 'stopgap_feed_publish_to_offered_seconds';
    return [
      `# HELP ${name} From publish to the last stream being written to.`,
      `# TYPE ${name} histogram`,
      ...PublishToOffered.BOUNDS_S.map(
        (bound, index) => `${name}_bucket{le="${bound}"} ${this.#counts[index]}`,
      ),
      `${name}_bucket{le="+Inf"} ${this.#count}`,
      `${name}_sum ${this.#sum}`,
      `${name}_count ${this.#count}`,
    ];
  }
}

export function gauge(name: string, help: string, value: number): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, `${name} ${value}`];
}

export function counter(name: string, help: string, values: Record<string, number>): string[] {
  const series = Object.entries(values).map(([labels, value]) => `${name}${labels} ${value}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} counter`, ...series];
}
