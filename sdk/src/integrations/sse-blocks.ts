/** One event of a stream, or what stands between two: comments, `id`, `retry`, a heartbeat. */
export interface SseBlock {
  /** As it came, with the blank line that ends it. */
  raw: string;
  event: string;
  /** Null where it carries no data at all. */
  data: string | null;
}

const LIMIT = 32 * 1024 * 1024;
/** The longest blank line, with the line's end before it. */
const TAIL = 4;

/**
 * Cuts decoded text, in whatever pieces it comes, into blocks of server-sent events as the WHATWG HTML standard has
 * them; put together again, `raw` is what came. `end` answers what came without its blank line. Throws past 32 MiB.
 */
export function createBlockSplitter(): { take(text: string): SseBlock[]; end(): SseBlock[] } {
  /** What has been looked through of a block that goes on, and its last characters, which may begin a blank line. */
  let pieces: string[] = [];
  let size = 0;
  let tail = '';
  const take = (text: string, isLast = false): SseBlock[] => {
    let rest = tail + text;
    const blocks: SseBlock[] = [];
    for (;;) {
      const end = blankLine(rest, pieces.length === 0, isLast);
      if (end === -1) break;
      blocks.push(blockOf([...pieces, rest.slice(0, end)].join('')));
      rest = rest.slice(end);
      pieces = [];
      size = 0;
    }
    const seen = Math.max(0, rest.length - TAIL);
    if (seen > 0) pieces.push(rest.slice(0, seen));
    size += seen;
    tail = rest.slice(seen);
    if (size > LIMIT) throw new Error('The model sent an event that is too long.');
    return blocks;
  };
  return {
    take,
    end: () => {
      const blocks = take('', true);
      const last = [...pieces, tail].join('');
      if (last !== '') blocks.push(blockOf(last));
      pieces = [];
      tail = '';
      return blocks;
    },
  };
}

/** The place behind the first blank line; a `\r` at the very end may be half of a line's end. */
function blankLine(text: string, isBegin: boolean, isLast: boolean): number {
  const ends = /\r\n|\n|\r/g;
  let before = -1;
  for (let end = ends.exec(text); end; end = ends.exec(text)) {
    const isHalf = end[0] === '\r' && ends.lastIndex === text.length && !isLast;
    if (isHalf) return -1;
    const isBlank =
      end.index === before || (isBegin && before === -1 && /^\uFEFF?$/.test(text.slice(0, end.index)));
    before = ends.lastIndex;
    if (isBlank) return before;
  }
  return -1;
}

function blockOf(raw: string): SseBlock {
  let event = '';
  const data: string[] = [];
  for (const line of raw.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)) {
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1));
    if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
  }
  return { raw, event, data: data.length > 0 ? data.join('\n') : null };
}

/** The same block with other data: its other lines stay. */
export function withData({ raw }: SseBlock, data: string): string {
  const lines = raw.split(/\r\n|\n|\r/).filter((line) => line !== '' && !/^\uFEFF?data(:|$)/.test(line));
  return `${[...lines, `data: ${data}`].join('\n')}\n\n`;
}
