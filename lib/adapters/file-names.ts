/** Where a SARIF log says that a file lies (3.4), and its named places (3.14.14). */
export type ArtifactLocation = { uri?: string | undefined; uriBaseId?: string | undefined };
export type Bases = Readonly<Record<string, ArtifactLocation | undefined>>;

/** One file: its name below the root of what was scanned, or else its whole path, and how others may spell that. */
export type NamedFile = { name: string; spellings: string[] };

/** `root` is empty for a path that starts nowhere; a path that climbs out of its start begins with `..`. */
type Path = { root: string; parts: string[] };

/**
 * Gives a file one name however a tool spells its path: bases of bases, `file:` URLs, drive letters, backslashes, `./`,
 * percent-encoding. A file that lies outside of the root keeps its whole path, so that it is never taken for one inside.
 */
export function fileNames(bases: Bases): (location: ArtifactLocation) => NamedFile | null {
  const roots = rootsOf(bases);
  return ({ uri, uriBaseId }) => {
    if (uri === undefined || uri.trim() === '') return null;
    if (isOpaque(uri)) return { name: decoded(uri), spellings: [...new Set([uri, decoded(uri)])] };
    const own = pathOf(uri);
    const whole =
      own.root === '' && uriBaseId !== undefined ? join(baseOf(bases, roots, uriBaseId), own) : own;
    const inside = roots.map((root) => below(root, whole)).find((path) => path !== null);
    const path = inside ?? whole;
    const [name, full] = [written(path), written(whole)];
    const spellings = new Set([
      // What is written may be the name of another file once its base is known.
      ...(own === whole || (own.root === path.root && own.parts.join('/') === path.parts.join('/'))
        ? [uri, decoded(uri)]
        : []),
      ...[name, full].flatMap(spellingsOf),
    ]);
    return { name, spellings: [...spellings] };
  };
}

/** The places that files are named from: the source root where the log names it, else all that it knows; outermost first. */
function rootsOf(bases: Bases): Path[] {
  const ids = Object.keys(bases);
  const source = ids.filter((id) => SOURCE_ROOT.test(id));
  return (source.length > 0 ? source : ids)
    .map((id) => resolved(bases, id).path)
    .filter(({ root }) => root !== '')
    .sort((a, b) => a.parts.length - b.parts.length);
}

const SOURCE_ROOT = /^%?(src|source|project|repo|repository)_?root%?$/i;

/** Where a named place lies. One that is not the source root, and of which nothing is known, lies somewhere else. */
function baseOf(bases: Bases, roots: readonly Path[], id: string): Path {
  const { path, top } = resolved(bases, id);
  if (path.root !== '') return path;
  if (SOURCE_ROOT.test(top)) return join(roots[0] ?? { root: '', parts: [] }, path);
  const isElsewhere = roots.length > 0 || Object.keys(bases).some((each) => SOURCE_ROOT.test(each));
  return isElsewhere ? { root: `%${top.replaceAll('%', '')}%/`, parts: path.parts } : path;
}

/** Follows a base to its base, up to `top`, of which no more is known. */
function resolved(bases: Bases, id: string): { path: Path; top: string } {
  let path: Path = { root: '', parts: [] };
  let top = id;
  const seen = new Set<string>();
  for (let next: string | undefined = id; next !== undefined && !seen.has(next) && path.root === ''; ) {
    seen.add(next);
    top = next;
    const base: ArtifactLocation | undefined = Object.hasOwn(bases, next) ? bases[next] : undefined;
    if (base?.uri !== undefined) path = join(pathOf(base.uri), path);
    next = base?.uriBaseId;
  }
  return { path, top };
}

function below(root: Path, path: Path): Path | null {
  if (path.root !== root.root || path.parts.length <= root.parts.length) return null;
  // Windows knows no case in names.
  const same = (a: string, b: string | undefined) =>
    /^[A-Z]:/.test(root.root) ? a.toLowerCase() === b?.toLowerCase() : a === b;
  if (!root.parts.every((part, index) => same(part, path.parts[index]))) return null;
  return { root: '', parts: path.parts.slice(root.parts.length) };
}

/** A scheme of two letters or more that is no file's; `C:` is a drive. */
const isOpaque = (uri: string): boolean => /^[a-z][a-z0-9+.-]+:/i.test(uri) && !/^file:/i.test(uri);

function pathOf(uri: string): Path {
  const text = decoded(uri.trim())
    .replace(/^file:\/\/localhost(?=\/)/i, '')
    .replace(/^file:(\/\/(?=\/|[a-z]:))?/i, '')
    .replaceAll('\\', '/')
    .replace(/^\/\/[?.]\//, '');
  const drive = /^\/*([a-z])[:|](?=\/|$)/i.exec(text);
  const server = /^\/\/([^/]+)\//.exec(text);
  if (drive)
    return join({ root: `${drive[1]?.toUpperCase()}:/`, parts: [] }, relative(text.slice(drive[0].length)));
  if (server)
    return join(
      { root: `//${server[1]?.toLowerCase()}/`, parts: [] },
      relative(text.slice(server[0].length)),
    );
  return join({ root: text.startsWith('/') ? '/' : '', parts: [] }, relative(text));
}

const relative = (text: string): Path => ({ root: '', parts: text.split('/') });

function join(base: Path, { root, parts }: Path): Path {
  if (root !== '') return { root, parts };
  const joined = [...base.parts];
  for (const part of parts) {
    if (part === '' || part === '.') continue;
    if (part !== '..') joined.push(part);
    else if (joined.length > 0 && joined.at(-1) !== '..') joined.pop();
    else if (base.root === '') joined.push(part);
  }
  return { root: base.root, parts: joined };
}

const written = ({ root, parts }: Path): string => root + parts.join('/');

/** How the same path may have been written down by whoever sent the interaction. */
function spellingsOf(name: string): string[] {
  const isDrive = /^[A-Z]:/.test(name);
  const url = `file://${isDrive ? '/' : ''}${encoded(name)}`;
  const forms = [name, encoded(name), name.replaceAll('/', '\\')];
  if (isDrive) return [...forms, ...forms.map((form) => form.charAt(0).toLowerCase() + form.slice(1)), url];
  return name.startsWith('/') ? [...forms, url] : [...forms, `./${name}`, `.\\${name.replaceAll('/', '\\')}`];
}

function encoded(name: string): string {
  return name.isWellFormed() ? encodeURI(name) : name;
}

function decoded(uri: string): string {
  try {
    return decodeURIComponent(uri);
  } catch {
    return uri;
  }
}
