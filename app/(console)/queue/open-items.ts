// Which items the tabs of this browser have open. A lock for each says so: it is gone with its tab, also a killed one.

const PREFIX = 'stopgap-item:';
const open = new Map<string, () => void>();
const leaving = new Set<Promise<unknown>>();

/** Says that this tab has these open, and no others any more. */
export function keepOpen(ids: readonly string[]): void {
  // An address that is not secure has no locks, and so tells nothing about its tabs.
  if (!navigator.locks) return;
  for (const [id, close] of open) if (!ids.includes(id)) close();
  for (const id of ids) if (!open.has(id)) enter(id);
}

function enter(id: string): void {
  const controller = new AbortController();
  const { signal } = controller;
  // Where another tab has it, this one waits for its turn and has it then.
  const held = navigator.locks
    .request(
      PREFIX + id,
      { signal },
      () => new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
    )
    .catch(() => undefined);
  open.set(id, () => {
    open.delete(id);
    leaving.add(held);
    held.finally(() => leaving.delete(held));
    controller.abort();
  });
}

/** The items that any tab of this browser has open; null where the browser does not tell. */
export async function openItems(): Promise<string[] | null> {
  if (!navigator.locks) return null;
  await Promise.all(leaving);
  const { held = [], pending = [] } = await navigator.locks.query();
  return [...held, ...pending].flatMap(({ name }) =>
    name?.startsWith(PREFIX) ? [name.slice(PREFIX.length)] : [],
  );
}
