import { OTHER, type Program } from './program.ts';

/**
 * How far a match can go from any place inside of it, so that a pattern is run where its strings are and not over
 * the whole of a long text.
 */
export interface Reach {
  /** A match has at most so many UTF-16 units, those that `loops` has not counted. */
  most: number;
  /** What loops of the pattern may read, without end; null where it has none. By ASCII character, `OTHER` for the rest. */
  loops: Uint8Array | null;
  /** Units from the beginning of a match to any place of its string at most, where it begins with that. */
  before: number | null;
}

/** Ways looked at before giving up. */
const WAYS = 500;

/** Whether every match begins with one of the strings, which are case-folded. */
function beginsWith({ start, end, next, width, few }: Program, strings: readonly string[]): boolean {
  const ways: [node: number, read: string][] = [[start, '']];
  const seen = new Set<string>();
  for (let way = ways.pop(); way; way = ways.pop()) {
    const [node, read] = way;
    const key = `${node} ${read}`;
    if (seen.has(key)) continue;
    seen.add(key);
    if (strings.some((text) => read.startsWith(text))) continue;
    if (node === end || seen.size > WAYS || !strings.some((text) => text.startsWith(read))) return false;
    const characters = width[node] ? few[node] : [''];
    if (!characters) return false;
    for (const to of next[node] ?? []) for (const each of characters) ways.push([to, read + each]);
  }
  return true;
}

/** For each node the number of its strongly connected component; what comes later in the program has lower numbers. */
function componentsOf(next: Program['next'], start: number): { of: Int32Array; sizes: number[] } {
  const of = new Int32Array(next.length).fill(-1);
  const index = new Int32Array(next.length).fill(-1);
  const low = new Int32Array(next.length);
  const sizes: number[] = [];
  const open: number[] = [];
  const way: { node: number; on: number }[] = [{ node: start, on: 0 }];
  let count = 0;
  index[start] = low[start] = count++;
  open.push(start);
  for (let top = way.at(-1); top; top = way.at(-1)) {
    const { node } = top;
    const to = next[node]?.[top.on++];
    if (to !== undefined) {
      if (index[to] === -1) {
        index[to] = low[to] = count++;
        open.push(to);
        way.push({ node: to, on: 0 });
      } else if (of[to] === -1) low[node] = Math.min(low[node] as number, index[to] as number);
      continue;
    }
    way.pop();
    const before = way.at(-1)?.node;
    if (before !== undefined) low[before] = Math.min(low[before] as number, low[node] as number);
    if (low[node] !== index[node]) continue;
    let size = 0;
    for (let member = -1; member !== node; size++) {
      member = open.pop() as number;
      of[member] = sizes.length;
    }
    sizes.push(size);
  }
  return { of, sizes };
}

/**
 * `strings` are those that the pattern is found by. Null where loops may read anything at all, so that a match can go
 * from one end of any text to the other, and does not begin with a string.
 */
export function reachOf(program: Program, strings: readonly string[] = []): Reach | null {
  const { next, start, end, width, mark } = program;
  const begins = strings.length > 0 && beginsWith(program, strings);
  const before = begins ? Math.max(...strings.map((text) => text.length)) : null;
  const { of, sizes } = componentsOf(next, start);
  const isLoop = (node: number) =>
    (sizes[of[node] as number] as number) > 1 || (next[node] ?? []).includes(node);
  const loops = new Uint8Array(OTHER + 1);
  // Components come in an order in which what follows is known first.
  const nodes = [...of.keys()].filter((node) => of[node] !== -1);
  nodes.sort((a, b) => (of[a] as number) - (of[b] as number));
  const longest = new Float64Array(sizes.length);
  for (const node of nodes) {
    const own = of[node] as number;
    const loop = isLoop(node);
    if (loop && width[node]) mark(node, loops);
    const reads = loop ? 0 : (width[node] ?? 0);
    for (const to of next[node] ?? []) {
      const beyond = of[to] === own ? 0 : (longest[of[to] as number] as number);
      longest[own] = Math.max(longest[own] as number, reads + beyond);
    }
  }
  const most = longest[of[start] as number] as number;
  if (of[end] === -1 || (before === null && loops.every((marked) => marked === 1))) return null;
  return { most, loops: loops.some((marked) => marked === 1) ? loops : null, before };
}
