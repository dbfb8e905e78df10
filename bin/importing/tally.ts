import type { NotShown } from '#lib/interactions/schema';
import { print } from '../progress.mjs';

/** What happened to one row or result, under the place it has in its file. */
export type Outcome = {
  /** `line 12`, or `result 3` of a SARIF log. */
  place: string;
  id: string | null;
  status: 'created' | 'added' | 'duplicate' | 'clean' | 'conflict' | 'refused';
  why?: string | undefined;
  notShown?: NotShown | undefined;
  unknown?: string[] | undefined;
  /** The id that it came with, where that was taken by other content. */
  cameAs?: string | undefined;
};

const SHOWN = 50;
const WORDS: Record<Outcome['status'], [done: string, wouldBe: string]> = {
  created: ['created', 'would be created'],
  added: ['findings added', 'findings would be added'],
  duplicate: ['here already', 'here already'],
  clean: ['with nothing found', 'with nothing found'],
  conflict: ['refused, the id has other content', 'would be refused, the id has other content'],
  refused: ['refused', 'would be refused'],
};

/** Counts outcomes and keeps the first refusals, so that its memory does not grow with the file. */
export class Tally {
  readonly counts: Record<Outcome['status'], number> = {
    created: 0,
    added: 0,
    duplicate: 0,
    clean: 0,
    conflict: 0,
    refused: 0,
  };
  total = 0;
  /** What scans say of their own failure: what they missed is not clean. */
  readonly failures: string[] = [];
  #renamed = 0;
  readonly #cleanBy = new Map<string, number>();
  readonly #notShown = new Map<string, number>();
  readonly #unknown = new Map<string, number>();
  readonly #first: string[] = [];
  readonly #reasons = new Map<string, number>();

  add({ place, id, status, why, notShown, unknown, cameAs }: Outcome): void {
    this.counts[status] += 1;
    this.total += 1;
    for (const { what, count } of notShown ?? []) countUp(this.#notShown, what, count);
    for (const what of unknown ?? []) countUp(this.#unknown, what, 1);
    if (cameAs !== undefined) this.#renamed += 1;
    if (status === 'clean') countUp(this.#cleanBy, why ?? 'clean', 1);
    if (status !== 'refused' && status !== 'conflict') return;
    const reason = why ?? 'It was refused.';
    if (this.#first.length < SHOWN)
      this.#first.push(`${place}${id === null ? '' : ` (${shown(id)})`}: ${shown(reason)}`);
    // Without numbers and names, so that one kind of fault is one line.
    const kind = shown(reason.replace(/\d+/g, '…').replace(/"[^"]*"/g, '"…"'));
    if (this.#reasons.has(kind) || this.#reasons.size < 1_000) {
      this.#reasons.set(kind, (this.#reasons.get(kind) ?? 0) + 1);
    }
  }

  /** Whether something is not in, or was not looked at. */
  get anyLost(): boolean {
    return this.counts.refused + this.counts.conflict + this.failures.length > 0;
  }

  /** The report, on standard output: refusals first, the counts last. */
  report(dryRun: boolean): void {
    for (const line of this.#first) print(line);
    const refused = this.counts.refused + this.counts.conflict;
    if (refused > this.#first.length) print(`and ${refused - this.#first.length} more`);
    if (refused > 0) print('By reason:');
    const reasons = [...this.#reasons].sort(([, a], [, b]) => b - a);
    for (const [reason, count] of reasons.slice(0, SHOWN)) print(`  ${count} × ${reason}`);
    const entries = Object.entries(this.counts) as [Outcome['status'], number][];
    const counts = entries
      .filter(([, count]) => count > 0)
      .map(([status, count]) => `${count} ${WORDS[status][dryRun ? 1 : 0]}`);
    print(
      `${dryRun ? 'Nothing was changed. ' : ''}${this.total} read: ${counts.join(', ') || 'nothing in it'}.`,
    );
    if (this.#cleanBy.size > 0) print(`Nothing found, in the tool's own words: ${named(this.#cleanBy)}.`);
    if (this.#notShown.size > 0) print(`Not shown, and marked where they stood: ${named(this.#notShown)}.`);
    if (this.#unknown.size > 0) print(`Not told by the records, so unknown: ${named(this.#unknown)}.`);
    if (this.#renamed > 0)
      print(`Under an id of their own, since theirs has other content: ${this.#renamed}.`);
    for (const failure of this.failures) print(shown(`Not clean. ${failure}`));
  }
}

function countUp(counts: Map<string, number>, name: string, count: number): void {
  const kept = counts.has(name) || counts.size < 100 ? name : 'others';
  counts.set(kept, (counts.get(kept) ?? 0) + count);
}

function named(counts: Map<string, number>): string {
  return [...counts].map(([name, count]) => `${count} ${shown(name)}`).join(', ');
}

// What a file holds may be made to confuse a terminal.
function shown(text: string): string {
  return text.replace(/\p{C}/gu, '�').slice(0, 300);
}
