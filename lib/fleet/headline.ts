import { clockLabel } from '#lib/time';
import type { InstanceKind } from '#sdk/report';
import { type Adoption, speedWords } from './adoption.ts';
import { type Expectation, labelWords } from './expectations.ts';
import type { ShownState } from './instance-state.ts';

type Told = {
  id: string;
  kind: InstanceKind;
  state: ShownState;
  reason: string | null;
  activeSeq: number;
  lastSeenAt: Date;
  staleSince: Date | null;
  breakers: readonly unknown[];
};

const count = (n: number) => n.toLocaleString('en');

/**
 * "4,998 of 5,000 active on ruleset 812, p99 410 ms, 1 stale 94 s (pod-7), 1 failed: pattern rejected". Of what serves: a
 * relay enforces nothing.
 */
export function headline(
  all: Told[],
  seq: number,
  speed: Pick<Adoption, 'p99Ms' | 'lastActiveMs'> | null,
  now: Date,
  expectations: readonly Expectation[] = [],
): string {
  const rows = all.filter(({ kind }) => kind !== 'relay');
  const of = (state: ShownState) => rows.filter((row) => row.state === state);
  const parts = [`${count(of('active').length)} of ${count(rows.length)} active on ruleset ${count(seq)}`];
  for (const { labels, there, expected } of expectations) {
    if (there < expected)
      parts.push(`only ${count(there)} of ${count(expected)} expected for ${labelWords(labels)}`);
  }
  const arrived = speed && speedWords(speed);
  if (arrived) parts.push(arrived);
  const since = (at: Date | null) => (at ? now.getTime() - at.getTime() : 0);
  const aged = (state: ShownState, word: string, at: (row: Told) => Date | null) => {
    const members = of(state).sort((a, b) => since(at(b)) - since(at(a)));
    const [oldest] = members;
    if (!oldest) return;
    const age = since(at(oldest));
    // In seconds below two minutes: that is how long one waits for a pod.
    const told = age <= 0 ? '' : ` ${age < 120_000 ? `${Math.round(age / 1_000)} s` : clockLabel(age)}`;
    const who = members.length === 1 ? oldest.id : `longest ${oldest.id}`;
    parts.push(`${count(members.length)} ${word}${told} (${who})`);
  };
  const adopting = of('adopting').length;
  if (adopting > 0) parts.push(`${count(adopting)} on the way`);
  const ahead = of('ahead');
  if (ahead.length > 0) {
    const highest = Math.max(...ahead.map((row) => row.activeSeq));
    parts.push(`${count(ahead.length)} ahead of this database (up to ruleset ${count(highest)})`);
  }
  const lagging = of('lagging').length;
  if (lagging > 0) parts.push(`${count(lagging)} lagging`);
  aged('stale', 'stale', (row) => row.staleSince);
  aged('gone', 'silent', (row) => row.lastSeenAt);
  const reasons = Map.groupBy(of('failed'), (row) => row.reason ?? 'no reason given');
  for (const [reason, members] of [...reasons].sort(([, a], [, b]) => b.length - a.length).slice(0, 3)) {
    parts.push(`${count(members.length)} failed: ${reason}`);
  }
  const broken = rows.filter((row) => row.breakers.length > 0).length;
  if (broken > 0) parts.push(`${count(broken)} with a breaker open`);
  return parts.join(', ');
}
