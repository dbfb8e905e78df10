import type { Ecosystem } from './ecosystems.ts';
import { foldAnywhere, foldName } from './fold.ts';
import type { Listed } from './listed.ts';
import { NameTrie } from './trie.ts';
import { VERSION_WINDOW, versionAfter } from './version-after.ts';
import { DASH, isLetterBeyond, isWordUnit, JOINT_MAX, type Words } from './words.ts';

/** Characters behind a name that say whether it ends there. */
const EDGE = 24;
/** Characters before a name that say whether it begins there: a scope of npm has at most 214. */
export const BEFORE = 256;
const SCOPE_MAX = 214;

export interface NameSpan {
  start: number;
  end: number;
  /** How much of the text says so: what stands behind that changes nothing. */
  settledAt: number;
}

/** Where a name that begins with a word begins: at the `@` of its scope, if it has one. */
function signBefore(text: string, start: number): number {
  if (text[start - 1] === '@') return 1;
  return text.slice(Math.max(0, start - 3), start) === '%40' ? 3 : 0;
}

/** Whether what ends before `start` is `@scope/`: then the name is that scope's, not its own. */
function isScoped(text: string, start: number): boolean {
  const sign = /[/+]/.test(text[start - 1] ?? '')
    ? 1
    : /%2f$/i.test(text.slice(Math.max(0, start - 3), start))
      ? 3
      : 0;
  if (sign === 0) return false;
  const least = Math.max(0, start - sign - SCOPE_MAX);
  let at = start - sign;
  while (at > least && /[\w.-]/.test(text[at - 1] as string)) at--;
  // The digits of `%40` are none of its own.
  if (text.slice(at - 1, at + 2) === '%40') at += 2;
  const before = at < start - sign ? signBefore(text, at) : 0;
  return before > 0 && !isWordUnit(text.charCodeAt(at - before - 1));
}

const RUNS_ON = /^[-_.]{1,8}[A-Za-z0-9]/;
const VERSIONED = /^[-_]{1,8}v?\d{1,9}\.\d/;

/** Whether a name ends at `end`: not inside of `left-pad-extra`, but before `left-pad-1.3.0.tgz` and `left_pad.core`. */
function endsAt(text: string, end: number): boolean {
  if (isLetterBeyond(text.charCodeAt(end))) return false;
  const after = text.slice(end, end + EDGE);
  if (!/^[-_]/.test(after) || VERSIONED.test(after)) return true;
  const run = RUNS_ON.exec(after)?.[0];
  return run === undefined || run.includes('.');
}

/** One way to write a name of a list. */
interface Spelled {
  listed: Listed;
  name: string;
  /** What has to follow, for a path says as much of what is no package. */
  behind: RegExp | null;
}

const COORDINATE = /^([\w.-]+):([\w.-]+)$/;
/** Of the folder of one version in a repository. */
export const VERSION_FOLDER = '[/\\\\]v?[0-9]';
const IN_FOLDER = new RegExp(`^${VERSION_FOLDER}`);

/** `org.acme:kite` as a purl or Clojure writes it, and as the path of a repository. */
export function coordinateSpellings(name: string): { slashed: string; path: string } | null {
  const [, group = '', artifact = ''] = COORDINATE.exec(name) ?? [];
  return group === ''
    ? null
    : { slashed: `${group}/${artifact}`, path: `${group.replaceAll('.', '/')}/${artifact}` };
}

function spellings(listed: Listed): Spelled[] {
  const { name } = listed;
  const other = coordinateSpellings(name);
  const own = { listed, name, behind: null };
  if (!other) return [own];
  return [
    own,
    { listed, name: other.slashed, behind: null },
    { listed, name: other.path, behind: IN_FOLDER },
  ];
}

/** Names that stand in a text as tokens, whatever it is: code, a command, a lock file, prose. */
export class MentionedNames {
  readonly #spelled: readonly Spelled[];
  readonly #trie: NameTrie;

  constructor(listed: readonly Listed[]) {
    this.#spelled = listed.flatMap(spellings);
    this.#trie = new NameTrie(
      this.#spelled.map(({ name }) => name),
      JOINT_MAX,
    );
  }

  /** How far from its beginning the last character may be that says whether a name is there. */
  get reach(): number {
    return this.#trie.reach + VERSION_WINDOW + EDGE;
  }

  get bytes(): number {
    return this.#trie.bytes;
  }

  /** Null where it is not; a version counts where the entry names some. */
  #at({ listed, name, behind }: Spelled, { text }: Words, first: number, end: number): NameSpan | null {
    if (behind && !behind.test(text.slice(end, end + EDGE))) return null;
    const sign = signBefore(text, first);
    const isOwnScope = sign > 0 && !isWordUnit(text.charCodeAt(first - sign - 1));
    if (name.startsWith('@')) {
      if (!isOwnScope) return null;
    } else if (isScoped(text, first) || (isOwnScope && /^(?:[/+]|%2f)/i.test(text.slice(end, end + 3)))) {
      return null;
    }
    const start = name.startsWith('@') ? first - sign : first;
    if (isLetterBeyond(text.charCodeAt(start - 1)) || !endsAt(text, end)) return null;
    const written = name.startsWith('@')
      ? `@${text.slice(first, end).replace(/%2f|\+/i, '/')}`
      : text.slice(first, end).replace(/%2f/gi, '/');
    if (foldAnywhere(written) !== foldAnywhere(name)) return null;
    const { ecosystem } = listed;
    if (ecosystem !== undefined && !isSpelled(written, name, ecosystem)) return null;
    const edge = behind || /^[-_%]/.test(text.slice(end, end + 1)) ? EDGE : 1;
    if (!listed.hasVersions) return { start, end, settledAt: end + edge };
    const version = versionAfter(text, end);
    if (!listed.means(version?.text ?? null, ecosystem, version?.role ?? 'required')) return null;
    return { start, end, settledAt: end + VERSION_WINDOW };
  }

  /**
   * Calls `found` for every name that begins at `from` or behind it, in the order of their beginnings. Unless the text is
   * `final` only what no further text can undo is told. Gives the offset before which nothing else can begin.
   */
  scan(words: Words, from: number, final: boolean, found: (listed: Listed, span: NameSpan) => void): number {
    const { text, count, starts, ends, joints } = words;
    const length = text.length;
    const trie = this.#trie;
    let open = final ? length : openTail(text);
    for (let first = 0; first < count; first++) {
      const start = starts[first] as number;
      // `left-pad` is not in `my-left-pad`.
      if (start < from || joints[first] === DASH) continue;
      const wait = () => {
        // No name is so long: what goes on without an end is none.
        if (length - start <= this.reach) open = Math.min(open, start - signBefore(text, start));
      };
      let state = 0;
      for (let at = first; at < count; at++) {
        const end = ends[at] as number;
        const isLast = !final && at === count - 1;
        if (isLast && end === length) {
          if (trie.goesOn(state)) wait();
          break;
        }
        state = trie.step(state, words, at);
        if (state < 0) break;
        if (isLast && trie.goesOn(state) && length - end <= JOINT_MAX) wait();
        if (!trie.hasEnd(state)) continue;
        for (const id of trie.endingAt(state)) {
          const spelled = this.#spelled[id] as Spelled;
          const { listed } = spelled;
          const span = this.#at(spelled, words, start, end);
          if (!span) {
            if (!final && end + (listed.hasVersions ? VERSION_WINDOW : EDGE) > length) wait();
          } else if (final || span.settledAt <= length) found(listed, span);
          else wait();
        }
      }
    }
    return open;
  }
}

/** What may yet be the sign before a name. */
function openTail(text: string): number {
  const tail = /(?:@|%(?:40?)?)$/.exec(text.slice(-3))?.[0].length ?? 0;
  return text.length - tail;
}

/** As the entry's own registry spells it: npm tells `left_pad` and `left-pad` apart. */
function isSpelled(written: string, name: string, ecosystem: Ecosystem): boolean {
  return foldName(written.replace(/\\+/g, '/'), ecosystem) === foldName(name.replace(/\\+/g, '/'), ecosystem);
}
