import type { PackageListItem } from '../rule.ts';
import type { Ecosystem } from './ecosystems.ts';

/** One package of a rule's list, however it was written there. */
export interface PackageEntry {
  name: string;
  ecosystem?: Ecosystem | undefined;
  /** A range; left out: every version. */
  versions?: string | undefined;
}

export const entryOf = (item: PackageListItem): PackageEntry =>
  typeof item === 'string' ? { name: item } : item;

export const packageNameOf = (item: PackageListItem): string => (typeof item === 'string' ? item : item.name);

/** As people read it: `left-pad`, or `left-pad 1.2.3 (npm)`. */
export function packageWords(item: PackageListItem): string {
  const { name, ecosystem, versions } = entryOf(item);
  return `${name}${versions === undefined ? '' : ` ${versions}`}${ecosystem === undefined ? '' : ` (${ecosystem})`}`;
}
