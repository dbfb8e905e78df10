import { print } from '../progress.mjs';

/** What happened to one row or result, under the place it has in its file. */
export type Outcome = {
  /** `line 12`, or `result 3` of a SARIF log. */
  place: string;
  id: string | null;
  status: 'created' | 'added' | 'duplicate' | 'clean' | 'conflict' | 'refused';
  why?: string | undefined;
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
  readonly #first: string[] = [];
  readonly #reasons = new Map<string, number>();

  add({ place, id, status, why }: Outcome): void {
    this.counts[status] += 1;
    this.total += 1;
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

  get anyRefused(): boolean {
    return this.counts.refused + this.counts.conflict > 0;
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
  }
}

// What a file holds may be made to confuse a terminal.
function shown(text: string): string {
  return text.replace(/\p{C}/gu, '�').slice(0, 300);
}
