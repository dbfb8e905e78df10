import { counter, gauge } from '#feed/metrics';
import type { Phase } from './evaluator.ts';

const BOUNDS_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];

interface Series {
  counts: number[];
  sum: number;
  count: number;
}

/** One call through one contract, as it was answered. */
export interface Call {
  contract: string;
  phase: Phase;
  outcome: string;
  /** It belonged to a streamed answer, where the contract says so. */
  streamed?: boolean;
  /** Its text never came with the call, so no rule could see it. */
  unseen?: boolean;
  /** Fields of it that nobody could read, such as a picture. */
  unread?: readonly string[] | undefined;
}

/** Counts what goes through each contract; held in memory, starts at 0 with the process. */
export class Metrics {
  readonly #seconds = new Map<string, Series>();
  readonly #calls = new Map<string, number>();
  readonly #unseen = new Map<string, number>();
  readonly #unread = new Map<string, number>();
  readonly #degraded = new Map<string, number>();

  /** From the first byte of the request to the answer being handed to the socket. */
  observe(contract: string, seconds: number): void {
    let series = this.#seconds.get(contract);
    if (!series) {
      series = { counts: BOUNDS_S.map(() => 0), sum: 0, count: 0 };
      this.#seconds.set(contract, series);
    }
    series.sum += seconds;
    series.count++;
    for (let index = BOUNDS_S.length - 1; index >= 0 && seconds <= (BOUNDS_S[index] ?? 0); index--) {
      series.counts[index] = (series.counts[index] ?? 0) + 1;
    }
  }

  call({ contract, phase, outcome, unseen = false, unread = [] }: Call): void {
    add(this.#calls, `{contract="${contract}",phase="${phase}",outcome="${outcome}"}`);
    for (const field of unread)
      add(this.#unread, `{contract="${contract}",phase="${phase}",field="${field}"}`);
    if (unseen) add(this.#unseen, `{contract="${contract}",phase="${phase}"}`);
  }

  degraded(reason: string): void {
    add(this.#degraded, `{reason="${reason}"}`);
  }

  /** In Prometheus' text format. */
  text({ seq, rules }: { seq: number; rules: number }): string {
    const name = 'stopgap_sidecar_request_seconds';
    const lines = [
      `# HELP ${name} Time to answer one call.`,
      `# TYPE ${name} histogram`,
      ...[...this.#seconds].flatMap(([contract, { counts, sum, count }]) => [
        ...BOUNDS_S.map((le, index) => `${name}_bucket{contract="${contract}",le="${le}"} ${counts[index]}`),
        `${name}_bucket{contract="${contract}",le="+Inf"} ${count}`,
        `${name}_sum{contract="${contract}"} ${sum}`,
        `${name}_count{contract="${contract}"} ${count}`,
      ]),
      ...counter('stopgap_sidecar_calls_total', 'Calls by contract, phase and outcome.', values(this.#calls)),
      ...counter(
        'stopgap_sidecar_unseen_total',
        'Calls of streamed answers whose text never came with the call.',
        values(this.#unseen),
      ),
      ...counter(
        'stopgap_sidecar_unread_total',
        'Calls with a field that nobody could read, by field.',
        values(this.#unread),
      ),
      ...counter(
        'stopgap_sidecar_degraded_total',
        'Calls answered without a ruleset, by a stale one, or after an error.',
        values(this.#degraded),
      ),
      ...gauge('stopgap_sidecar_ruleset_seq', 'The ruleset that is enforced; 0 for none.', seq),
      ...gauge('stopgap_sidecar_rules', 'Rules in it.', rules),
    ];
    return `${lines.join('\n')}\n`;
  }
}

const add = (map: Map<string, number>, key: string) => map.set(key, (map.get(key) ?? 0) + 1);
const values = (map: Map<string, number>) => Object.fromEntries(map);
