/** Lines with something in them, each once, in order. */
export function linesIn(text: string): string[] {
  return distinct(text.split(/\r\n|\r|\n/).map((line) => line.trim()));
}

/**
 * Package names in what was typed or pasted: a list, a column, JSON, a package.json, a table with a column of names or a
 * requirements file. Quotes, brackets, comments, markers and version bounds around a name are not part of it.
 */
export function namesIn(text: string): string[] {
  if (last.text !== text) last = { text, names: readNames(text) };
  return last.names;
}

// A page asks several times for the same text, and a hundred thousand names take a tenth of a second.
let last: { text: string; names: string[] } = { text: '', names: [] };

function readNames(text: string): string[] {
  const known = namesOfJson(text);
  if (known) return distinct(known.map((name) => name.trim()));
  const lines = text.split(/\r\n|\r|\n/);
  return distinct(namesOfTable(lines) ?? lines.flatMap(namesOfLine));
}

const DEPENDENCIES = /dependencies$|^packages$/i;

/** A list, a list of things that have a name, a `package.json`, or an object by name; null for what is no JSON. */
function namesOfJson(text: string): string[] | null {
  if (!/^\s*[[{]/.test(text)) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (Array.isArray(value)) {
    return value.flatMap((each) => (isObject(each) ? (each.name ?? []) : each)).filter(isText);
  }
  if (!isObject(value)) return null;
  const parts = Object.entries(value).filter(([key, part]) => DEPENDENCIES.test(key) && isObject(part));
  return parts.length > 0
    ? parts.flatMap(([, part]) => Object.keys(part as object).map(withoutFolder))
    : Object.keys(value);
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** A lock file names places: `node_modules/a/node_modules/@b/c`. */
const withoutFolder = (name: string) => name.replace(/^.*node_modules\//, '');

const NAME_COLUMN = /^["']?(?:package|module|library|name)(?:[ _-]?name)?["']?$/i;

/** The column of names of a table that has a head; null for anything else. */
function namesOfTable(lines: readonly string[]): string[] | null {
  const cells = (line: string) => line.split(/[,;\t]/).map((cell) => cell.trim());
  const [head = '', ...rows] = lines;
  const column = cells(head).findIndex((cell) => NAME_COLUMN.test(cell));
  if (column === -1 || cells(head).length < 2) return null;
  return rows.flatMap((row) => namesOfLine(cells(row)[column] ?? ''));
}

/** `; python_version < "3"`: where a requirement applies. */
const MARKER = /;\s*\(?\s*(?:python_|sys_|platform_|os_name|implementation_|extra\b).*$/;

function namesOfLine(line: string): string[] {
  const bare = line.replace(/(^|\s)(#|\/\/).*$/, '').replace(MARKER, '');
  return bare.split(/[\s,;]+/).map((word) => {
    const name = word.replace(/^["'`[({<]+|["'`\])}>]+$/g, '');
    // `requests==2.0`, `left-pad@1.3.0`, `@scope/name@^2`; an @ in front belongs to the name.
    return name.replace(/(?:[=<>~!^]=?.*|(?<=.)@.*)$/, '').replace(/\[.*\]?$/, '');
  });
}

function distinct(words: readonly string[]): string[] {
  return [...new Set(words.filter((word) => word !== ''))];
}
