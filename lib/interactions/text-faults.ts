/** A character that Postgres text cannot hold, or that is no character at all. */
type TextFault = { path: string; offset: number; what: string };

const NUL = '\u0000';

/**
 * Finds the first NUL character or unpaired surrogate in any text or key of a parsed JSON value.
 * Postgres can store neither, and storing a replacement would change what the reviewer judges, so such a row is
 * refused as `invalid` with the field's path and the UTF-16 offset; the sender decides how to escape it.
 */
export function findTextFault(value: unknown, path = ''): TextFault | null {
  if (typeof value === 'string') return faultIn(value, path);
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, inner] of Object.entries(value)) {
    const inside = path === '' ? key : `${path}.${key}`;
    const fault = faultIn(key, `${path || '(body)'} (a key)`) ?? findTextFault(inner, inside);
    if (fault) return fault;
  }
  return null;
}

function faultIn(text: string, path: string): TextFault | null {
  const nul = text.indexOf(NUL);
  if (nul !== -1) return { path, offset: nul, what: 'a NUL character' };
  if (text.isWellFormed()) return null;
  const offset = text.search(/\p{Surrogate}/u);
  return { path, offset, what: 'an unpaired surrogate' };
}
