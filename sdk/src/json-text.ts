/** What stands in a text as JSON, as its reader reads it. */
interface JsonReadings {
  /** Each string with its escapes resolved; a string that is JSON itself is followed by its own strings. */
  texts: string[];
  /** JSON inside JSON inside JSON, deeper than is read. */
  isTooDeep: boolean;
}

/** How often JSON may be encoded inside a string of JSON. And how many strings are judged by themselves. */
const DEPTH = 8;
const MOST = 2_000;

const NEXT = /["{}[\]]/g;
/** Behind a value: another, but JSON that is encoded without a string around it. */
const ANOTHER = /[\s\uFEFF]*(?=[[{](?![[{\s\uFEFF]*\\))/y;
const PLAIN = /[^"\\]*/y;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

/**
 * The strings of JSON in `text`: whole or cut off, one value or several behind each other, encoded again inside of
 * strings. With `anywhere` also of values in the middle of other words; else the text itself must begin as JSON.
 * Never throws, and takes time linear in the text.
 */
export function jsonReadings(text: string, anywhere = false): JsonReadings {
  const found: JsonReadings = { texts: [], isTooDeep: false };
  readDocument(text, anywhere, DEPTH, found);
  const own = [...new Set(found.texts)].filter((each) => each !== text && each.trim() !== '');
  const rest = own.splice(MOST).join('\n\n');
  return { texts: rest === '' ? own : [...own, rest], isTooDeep: found.isTooDeep };
}

function readDocument(text: string, anywhere: boolean, depth: number, found: JsonReadings): void {
  const begin = text.search(/[^\s\uFEFF]/);
  const first = begin === -1 ? '' : text[begin];
  if (first === '"') {
    // A stream cannot tell whether words follow, so it is read whatever does.
    const { value, end } = readString(text, begin + 1);
    keep(value, depth, found);
    if (!anywhere || text.slice(end).trim() === '') return;
  }
  const isJson = first === '{' || first === '[';
  if (!isJson && !anywhere) return;
  let at = isJson ? readValues(text, begin, depth, found) : 0;
  // What has begun as JSON may go on with more of it.
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote === -1) return;
    const slashes = behind(text, quote, at, (sign) => sign === '\\');
    const bracket = behind(text, slashes, at, (sign) => sign.trim() === '');
    if (bracket === at || !'{['.includes(text[bracket - 1] ?? ' ')) at = quote + 1;
    else if (slashes === quote) at = readValues(text, bracket - 1, depth, found);
    else {
      const { value, end } = readString(text, bracket - 1);
      descend(value, depth, found);
      at = end;
    }
  }
}

/** Where the run of such signs before `end` begins, not before `from`. */
function behind(text: string, end: number, from: number, isSuch: (sign: string) => boolean): number {
  let at = end;
  while (at > from && isSuch(text[at - 1] ?? '')) at--;
  return at;
}

/** Reads an object or list and those right behind it; answers the place behind the last. */
function readValues(text: string, from: number, depth: number, found: JsonReadings): number {
  for (let at = from; ; ) {
    const end = readValue(text, at, depth, found);
    ANOTHER.lastIndex = end;
    if (!ANOTHER.test(text)) return end;
    at = ANOTHER.lastIndex;
  }
}

/** Reads one object or list to its end, or to where the text ends; answers the place behind it. */
function readValue(text: string, from: number, depth: number, found: JsonReadings): number {
  let open = 0;
  let at = from;
  for (;;) {
    NEXT.lastIndex = at;
    const next = NEXT.exec(text);
    if (!next) return text.length;
    at = next.index + 1;
    if (next[0] === '{' || next[0] === '[') open++;
    else if (next[0] === '"') {
      const { value, end, isPlain } = readString(text, at);
      at = end;
      // A name is read in the text as it stands, unless it is spelled in escapes.
      if (!isPlain || !/^\s*:/.test(text.slice(end, end + 16))) keep(value, depth, found);
    } else if (--open <= 0) return at;
  }
}

function keep(value: string, depth: number, found: JsonReadings): void {
  found.texts.push(value);
  descend(value, depth, found);
}

function descend(value: string, depth: number, found: JsonReadings): void {
  if (!/^[\s\uFEFF]*["{[]/.test(value)) return;
  if (depth === 0) found.isTooDeep = true;
  else readDocument(value, false, depth - 1, found);
}

/** A string from behind its quote to its end, or to where the text ends; what is no escape stands for itself. */
function readString(text: string, from: number): { value: string; end: number; isPlain: boolean } {
  const pieces: string[] = [];
  let isPlain = true;
  let at = from;
  while (at < text.length) {
    PLAIN.lastIndex = at;
    pieces.push(PLAIN.exec(text)?.[0] ?? '');
    at = PLAIN.lastIndex;
    if (text[at] !== '\\') {
      at++;
      break;
    }
    isPlain = false;
    const sign = text[at + 1] ?? '';
    const unit = sign === 'u' ? text.slice(at + 2, at + 6) : '';
    if (/^[0-9a-fA-F]{4}$/.test(unit)) {
      pieces.push(String.fromCharCode(Number.parseInt(unit, 16)));
      at += 6;
    } else {
      pieces.push(ESCAPES[sign] ?? sign);
      at += 2;
    }
  }
  return { value: pieces.join(''), end: Math.min(at, text.length), isPlain };
}
