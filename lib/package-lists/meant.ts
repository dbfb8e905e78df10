import { type JsonObject, textOf } from './json-shape.ts';

// Lists of what was looked at say of each package what came out: those that were found harmless are no bad packages.

const VERDICT =
  /^(?:status|verdict|state|result|classification|assessment|disposition|malicious|compromised|infected|affected|vulnerable|is[ _-]?(?:malicious|compromised|affected|vulnerable))$/i;
const HARMLESS =
  /^(?:clean|safe|benign|harmless|ok|good|trusted|allowed|passed|pass|legit(?:imate)?|not[ _-](?:affected|malicious|vulnerable|compromised|infected)|unaffected|false[ _-]?positive|no|none|false)$/i;
const HARMLESS_LIST =
  /^(?:(?:known[_-]?)?(?:safe|clean|good|benign|trusted|allowed|unaffected|not[_-]?affected|false[_-]?positives?)(?:[_-]?(?:packages?|names?|list|items|modules|components|dependencies))?|(?:allow|white)[_-]?list(?:ed)?)$/i;

export const isVerdictColumn = (head: string): boolean => VERDICT.test(head);
export const isHarmlessList = (key: string): boolean => HARMLESS_LIST.test(key);

/** Why an entry with this verdict is not taken; null where it is. */
export const harmless = (verdict: string): string | null =>
  HARMLESS.test(verdict.trim()) ? `listed as “${verdict.trim()}”` : null;

/** Why an entry in JSON is not taken, by its verdict or by a list of findings that is empty. */
export function notMeant(value: JsonObject): string | null {
  for (const [key, each] of Object.entries(value)) {
    const why = VERDICT.test(key)
      ? harmless(typeof each === 'boolean' ? String(each) : (textOf(each) ?? ''))
      : null;
    if (why !== null) return why;
    if (
      /^(?:vulns|vulnerabilities|findings|advisories)$/.test(key) &&
      Array.isArray(each) &&
      each.length === 0
    )
      return `listed without ${key}`;
  }
  return null;
}
