import type { Role } from '#lib/permissions';
import { normalize } from '#sdk/phrases';

type Person = { id: string; name: string; role: Role; createdAt: Date };

type Detail = (person: Person) => string;

const BY_ACCOUNT: Detail = ({ role, id }) => `${role}, account ${id.slice(-8)}`;

/** What stands beside a name, a little more at each step; an e-mail address is not everybody's to see. */
const DETAILS: readonly Detail[] = [
  ({ role }) => role,
  ({ role, createdAt }) => `${role}, here since ${createdAt.toISOString().slice(0, 10)}`,
  ({ role, createdAt }) =>
    `${role}, here since ${createdAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`,
];

/**
 * People as a picker names them: `Ana Silva (lead)`, and namesakes with as much more as tells them apart. Names that
 * only look the same are namesakes too.
 */
export function tellApart(people: readonly Person[]): { id: string; name: string; label: string }[] {
  const namesakes = Map.groupBy(people, ({ name }) => normalize(name).text.trim());
  const labels = new Map<string, string>();
  for (const same of namesakes.values()) {
    const detail = DETAILS.find((each) => new Set(same.map(each)).size === same.length) ?? BY_ACCOUNT;
    for (const person of same) labels.set(person.id, `${person.name} (${detail(person)})`);
  }
  return people.map(({ id, name }) => ({ id, name, label: labels.get(id) ?? name }));
}
